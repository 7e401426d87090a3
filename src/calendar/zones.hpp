#pragma once

#include <string_view>

#include <cctz/time_zone.h>

namespace headway::calendar {

/// The zone of that name, UTC if there is none. Reads nothing but the program's own data.
[[nodiscard]] cctz::time_zone zone_of(std::string_view name);

}  // namespace headway::calendar
