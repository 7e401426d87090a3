#pragma once

#include <cstdint>
#include <string>

namespace headway::cli {

/// The moment that --since names, in seconds since the epoch: a duration before `now` ("30d",
/// "1d12h", "90m"; at most 100 years), a day ("2026-11-01", from its start in UTC), or an RFC 3339
/// time ("2026-11-01T12:00:00+01:00", without fractions). Throws Error(usage) for anything else,
/// and for a moment that is not before `now`.
[[nodiscard]] std::int64_t since_of(const std::string& text, std::int64_t now);

}  // namespace headway::cli
