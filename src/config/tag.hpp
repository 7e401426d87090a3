#pragma once

#include "config/config.hpp"

namespace headway::config {

/// --tag, HEADWAY_TAG, CI_COMMIT_TAG, or empty.
[[nodiscard]] Setting<std::string> resolve_tag(const Flags& flags, const Variables& variables);

}  // namespace headway::config
