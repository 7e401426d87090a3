#pragma once

#include <cstddef>
#include <string_view>

namespace headway::git {

inline constexpr std::size_t k_max_ref_name = 4096;

/// A name that git accepts for a ref (git-check-ref-format(1), one level allowed, as "HEAD" has),
/// at most k_max_ref_name bytes long.
[[nodiscard]] bool is_ref_name(std::string_view name) noexcept;

}  // namespace headway::git
