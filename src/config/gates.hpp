#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/values.hpp"
#include "headway/configuration.hpp"

/// What must be given before a promotion, and what follows a failed one: the checks of single
/// values, the same for file, flags and variables. Each throws Error(usage) as those of values.hpp.
namespace headway::config {

inline constexpr DurationBounds k_soak_bounds{std::chrono::seconds(1), std::chrono::hours(90 * 24)};
inline constexpr std::size_t k_max_windows = 50;

/// A freeze as it is written, each part with its place.
struct WindowText {
    Setting<std::string> from;
    Setting<std::string> to;
    Setting<std::string> zone{"UTC", {}};
    std::string reason;
    Origin origin;
};

/// Both ends are "Fri 16:00", "18:00", or "2026-12-24 18:00" (or "2026-12-24", its beginning);
/// `to` may be the 24:00 of a day. What happens once ends after it begins, and no end is its own
/// beginning: that could mean always or never.
[[nodiscard]] FreezeWindow checked_window(const WindowText& text);

/// "FROM to TO [ZONE]" of --freeze: "Fri 16:00 to Mon 08:00 Europe/Berlin".
[[nodiscard]] FreezeWindow checked_freeze(std::string_view text, const Origin& origin);

/// Refuses more than k_max_windows.
void check_window_count(std::size_t count, const Origin& origin);

/// "fail", "hold" or "rollback".
[[nodiscard]] OnUnhealthy checked_on_unhealthy(std::string_view text, const Origin& origin);
[[nodiscard]] std::string_view word_of(OnUnhealthy value) noexcept;

/// "refuse" or "rollback".
[[nodiscard]] OnRetry checked_on_retry(std::string_view text, const Origin& origin);
[[nodiscard]] std::string_view word_of(OnRetry value) noexcept;

/// One of `after`'s names and where it stands.
using After = std::vector<Setting<std::string>>;

/// An environment and what it comes after; for `check_order`. Refers to what lives elsewhere.
struct Ordered {
    std::string_view name;
    const After* after = nullptr;  ///< Never null.
};

/// The order that a file gives its environments; it refers to them.
[[nodiscard]] std::vector<Ordered> order_of(const FileConfiguration& file);

/// Refuses what is after an environment that is not there, after itself, or in a circle.
void check_order(const std::vector<Ordered>& environments);

/// Refuses an environment after itself, the one thing that can be told without a file.
void refuse_after_itself(std::string_view environment, const After& after);

/// The names alone, none twice, with the origin of the first one.
[[nodiscard]] Setting<std::vector<std::string>> names_of(const After& after);

}  // namespace headway::config
