#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace headway {

struct Trailer {
    std::string key;    ///< As written; keys are compared without regard to case.
    std::string value;  ///< Without white space at its ends; may be empty. Hostile text.

    friend bool operator==(const Trailer&, const Trailer&) = default;
};

inline constexpr std::size_t k_most_trailers = 256;

/// The trailers of a commit message, in their order: the last paragraph, never the first, by the
/// rules of git-interpret-trailers(1): every line is "key: value", or a quarter of them when one
/// is "Signed-off-by: " or "(cherry picked from commit ". Folded lines are joined by one space,
/// other lines are left out. At most the first k_most_trailers.
[[nodiscard]] std::vector<Trailer> parse_trailers(std::string_view message);

}  // namespace headway
