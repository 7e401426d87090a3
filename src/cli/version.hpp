#pragma once

#include <string>

namespace headway::cli {

/// "headway 0.1.0 (commit …)" and the versions of the libraries inside.
[[nodiscard]] std::string version_text();

}  // namespace headway::cli
