#pragma once

#include <span>
#include <string>

#include "cli/verified.hpp"

namespace headway::cli {

/// GitLab's `artifacts:reports:annotations`: a section of links on the job's page, to what was
/// verified, to its commit where that is known, and to each origin that failed.
[[nodiscard]] std::string annotations_of(std::span<const Verified> verified);

}  // namespace headway::cli
