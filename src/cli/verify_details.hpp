#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/verify.hpp"
#include "headway/clock.hpp"

namespace headway::cli {

/// "health", or "health at 127.0.0.2" where the probe's URL does not say the address. Printable.
[[nodiscard]] std::string label_of(const core::OriginReport& origin);

/// The last answer of an origin, for a person, in printable lines: status, timings by phase, the
/// certificate's expiry, and the beginning of the body.
[[nodiscard]] std::vector<std::string> details_of(const core::OriginReport& origin,
                                                  Clock::System now);

/// The same, and all the rest of it, for programs.
[[nodiscard]] nlohmann::ordered_json json_of(const core::VerifyReport& report);

}  // namespace headway::cli
