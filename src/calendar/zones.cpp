#include "calendar/zones.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <cctz/zone_info_source.h>

#include "calendar/zone_data.hpp"
#include "headway/calendar.hpp"
#include "headway/text.hpp"

namespace headway {

namespace calendar {

namespace {

/// Null: there is no such zone.
const ZoneData* find_zone(std::string_view name) {
    const std::span<const ZoneData> zones = zone_data();
    const auto found = std::lower_bound(
        zones.begin(), zones.end(), name,
        [](const ZoneData& zone, std::string_view key) { return zone.name < key; });
    return found != zones.end() && found->name == name ? &*found : nullptr;
}

/// Reads a zone's data as cctz reads a file.
class EmbeddedZone : public cctz::ZoneInfoSource {
public:
    explicit EmbeddedZone(std::string_view tzif) : m_rest(tzif) {}

    std::size_t Read(void* target, std::size_t size) override {
        const std::size_t count = std::min(size, m_rest.size());
        std::memcpy(target, m_rest.data(), count);
        m_rest.remove_prefix(count);
        return count;
    }

    int Skip(std::size_t offset) override {
        if (offset > m_rest.size()) {
            return -1;
        }
        m_rest.remove_prefix(offset);
        return 0;
    }

private:
    std::string_view m_rest;
};

using Fallback = std::function<std::unique_ptr<cctz::ZoneInfoSource>(const std::string&)>;

/// Never the machine's files: every runner has to give the same answer.
std::unique_ptr<cctz::ZoneInfoSource> embedded_zone(const std::string& name, const Fallback&) {
    const ZoneData* const zone = find_zone(name);
    return zone == nullptr ? nullptr : std::make_unique<EmbeddedZone>(zone->tzif);
}

}  // namespace

cctz::time_zone zone_of(std::string_view name) {
    cctz::time_zone zone = cctz::utc_time_zone();
    // cctz knows names of its own ("libc:…", "Fixed/UTC+…"), which are not IANA's.
    if (find_zone(name) != nullptr) {
        cctz::load_time_zone(std::string(name), &zone);
    }
    return zone;
}

}  // namespace calendar

bool is_time_zone(std::string_view name) {
    return calendar::find_zone(name) != nullptr;
}

std::string nearest_time_zone(std::string_view name) {
    std::vector<std::string> names;
    for (const calendar::ZoneData& zone : calendar::zone_data()) {
        names.emplace_back(zone.name);
    }
    return nearest(name, names);
}

}  // namespace headway

namespace cctz_extension {

// cctz's extension point: this definition replaces the weak one of its archive. It stands in the
// file that everything here needs, so that the linker cannot miss it.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
ZoneInfoSourceFactory zone_info_source_factory = headway::calendar::embedded_zone;

}  // namespace cctz_extension
