#pragma once

#include <vector>

#include "config/fields.hpp"
#include "config/gates.hpp"

namespace headway::config {

/// The value of `after`: one name or a list. Whether they are there is for `check_order`.
[[nodiscard]] After read_after(const Document& document, const Entry& entry);

/// The value of `freeze`: one window or a list.
[[nodiscard]] Setting<std::vector<FreezeWindow>> read_freeze(const Document& document,
                                                             const Entry& entry);

}  // namespace headway::config
