#pragma once

#include "config/ci.hpp"
#include "config/config.hpp"

namespace headway::config {

/// --tag, HEADWAY_TAG, the tag of CI's pipeline, or empty.
[[nodiscard]] Setting<std::string> resolve_tag(const Flags& flags, const Variables& variables,
                                               const CiFacts& ci);

}  // namespace headway::config
