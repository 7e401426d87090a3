#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace headway::cli {

/// The text as it stands in a line of roff (man(7)): nothing in it is a request or an escape, a
/// hyphen can be copied, and what is not ASCII is named (\[u2026]).
[[nodiscard]] std::string roff_escaped(std::string_view text);

/// headway(1) in roff: commands, options and examples from the app, exit codes from their table.
/// `version`: "0.1.0".
[[nodiscard]] std::string man_page(const CLI::App& app, std::string_view version);

}  // namespace headway::cli
