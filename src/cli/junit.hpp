#pragma once

#include <span>
#include <string>

#include "cli/verified.hpp"
#include "headway/clock.hpp"

namespace headway::cli {

/// A JUnit report as GitLab and Jenkins read it: a suite for each environment, a case for each
/// origin. Always valid XML 1.0, whatever servers said; the text of a failure has at most 4 KiB.
[[nodiscard]] std::string junit_of(std::span<const Verified> verified, Clock::System now);

}  // namespace headway::cli
