#pragma once

#include <string>
#include <vector>

#include "config/ci.hpp"

namespace headway::config {

/// Why a variable that holds a secret is not there, and where to set it.
struct UnsetVariable {
    std::string because;
    std::vector<std::string> hints;
};

/// By the CI system's own rules of who gets to see a secret; GitLab's where there is none. Pure.
[[nodiscard]] UnsetVariable explain_unset(const std::string& name, CiSystem system);

}  // namespace headway::config
