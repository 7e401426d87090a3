#pragma once

#include <span>
#include <string_view>

namespace headway::calendar {

/// A time zone as the program carries it.
struct ZoneData {
    std::string_view name;  ///< IANA's: "Europe/Berlin".
    std::string_view tzif;  ///< RFC 8536.
};

/// All zones and links, sorted by name. The build makes this (cmake/zone_data.py).
[[nodiscard]] std::span<const ZoneData> zone_data();

}  // namespace headway::calendar
