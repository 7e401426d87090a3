#pragma once

#include <string>

namespace headway::cli {

/// What --licenses prints: what the program consists of, with versions, and the licence and
/// copyright texts of it all. UTF-8, ends with a newline. Throws Error(failed) if the program's own
/// data is damaged.
[[nodiscard]] std::string licences_text();

}  // namespace headway::cli
