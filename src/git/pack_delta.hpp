#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace headway::git {

/// The object that `delta` makes of `base` (gitformat-pack, "Deltified representation"). Throws
/// ProtocolError for a delta that is malformed or belongs to a base of another size, PackTooLarge
/// for one that makes more than `max_size` bytes.
[[nodiscard]] std::string apply_delta(std::string_view base, std::string_view delta,
                                      std::size_t max_size);

}  // namespace headway::git
