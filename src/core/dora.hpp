#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/ledger.hpp"
#include "headway/git_remote.hpp"

/// DORA's software delivery performance metrics (https://dora.dev/guides/dora-metrics/), of one
/// environment, from its ledger. Pure; all times in seconds since the epoch, all durations in
/// seconds.
namespace headway::core {

/// A `promoted` event whose commit is not the one that was deployed before it.
struct Deployment {
    ObjectId commit;
    std::optional<ObjectId> before;  ///< Deployed before it; nothing: the first one ever.
    std::int64_t when = 0;
    /// First sign of failure while it was deployed: an unhealthy event, else the rollback.
    std::optional<std::int64_t> failed;
    /// The next verified event after the failure; where nothing was ever verified, the rollback,
    /// unless that was the first sign too.
    std::optional<std::int64_t> restored;
};

/// Median (mean of the middle two) and 90th percentile (nearest rank).
struct Spread {
    std::size_t count = 0;  ///< At least 1.
    double median = 0;
    double percentile_90 = 0;
};

struct DoraMetrics {
    std::int64_t from = 0;
    std::int64_t to = 0;
    std::size_t deployments = 0;
    std::size_t failed = 0;
    /// Nothing: there were no deployments.
    std::optional<double> per_day;
    std::optional<double> failure_rate;  ///< 0 to 1.
    std::optional<Spread> lead_time;     ///< Of each commit; nothing: no change was deployed.
    std::optional<Spread> restore_time;  ///< Nothing: no failure that has ended.
};

/// The deployments from `from` on, oldest first. `events`: newest first, as a Chronicle has them;
/// those before `from` tell what was deployed before.
[[nodiscard]] std::vector<Deployment> deployments_of(const std::vector<LedgerTip>& events,
                                                     std::int64_t from);

/// `changes`: the commits of all deployments that the commit before the first one does not
/// contain. Each counts once, for the first deployment that contains it; those of an
/// environment's first deployment ever, and merges' times, count as they are listed.
/// `to` > `from`.
[[nodiscard]] DoraMetrics dora_of(const std::vector<Deployment>& deployments,
                                  const std::vector<Commit>& changes, std::int64_t from,
                                  std::int64_t to);

/// Nothing for an empty list.
[[nodiscard]] std::optional<Spread> spread_of(std::vector<std::int64_t> values);

}  // namespace headway::core
