#pragma once

#include <string_view>

namespace headway::git {

/// Removes the first word of `rest` and the space behind it, and tells the word; empty for two
/// spaces in a row and when nothing is left.
[[nodiscard]] inline std::string_view take_word(std::string_view& rest) noexcept {
    const auto space = rest.find(' ');
    const auto word = rest.substr(0, space);
    rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
    return word;
}

}  // namespace headway::git
