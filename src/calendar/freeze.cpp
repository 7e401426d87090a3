#include <algorithm>
#include <vector>

#include "calendar/occurrences.hpp"
#include "headway/calendar.hpp"

namespace headway {

namespace {

using calendar::Occurrences;

/// Ten years, three of them leap years.
constexpr std::int64_t k_horizon = 315'619'200;
/// The years 1 to 9999, so that no sum overflows.
constexpr std::int64_t k_earliest = -62'135'596'800;
constexpr std::int64_t k_latest = 253'402'300'799;

/// The first moment from `now` on in which none holds. Every round but the last goes on by at
/// least the rest of one occurrence, and each occurrence is looked at once.
std::optional<std::int64_t> first_open(std::vector<Occurrences>& all, std::int64_t now) {
    std::int64_t open = now;
    bool moved = true;
    while (moved) {
        moved = false;
        for (Occurrences& occurrences : all) {
            const std::int64_t end = occurrences.end_at(open);
            if (end - now > k_horizon) {
                return std::nullopt;
            }
            moved = moved || end != open;
            open = end;
        }
    }
    return open;
}

}  // namespace

std::optional<Freeze> frozen_at(std::span<const FreezeWindow> windows, std::int64_t now) {
    const std::int64_t moment = std::clamp(now, k_earliest, k_latest);
    std::vector<Occurrences> all;
    const FreezeWindow* held = nullptr;
    for (const FreezeWindow& window : windows) {
        Occurrences& occurrences = all.emplace_back(window, moment);
        if (occurrences.end_at(moment) != moment && held == nullptr) {
            held = &window;
        }
    }
    if (held == nullptr) {
        return std::nullopt;
    }
    return Freeze{.window = text_of(*held), .zone = held->zone, .until = first_open(all, moment)};
}

}  // namespace headway
