#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/ledger.hpp"
#include "headway/git_remote.hpp"

/// DORA's metrics of software delivery (https://dora.dev/guides/dora-metrics/) of one environment,
/// from its ledger. All times are seconds since the epoch, all durations seconds.
namespace headway::core {

/// One deployment: a `promoted` event whose commit is not what was deployed before.
struct Rollout {
    ObjectId commit;
    std::optional<ObjectId> before;  ///< What was deployed; nothing: this is the first ever.
    std::int64_t when = 0;
    /// The first sign of failure while it was deployed: an `unhealthy` event, else the rollback.
    std::optional<std::int64_t> failed;
    /// After a failure: the next `verified` event of another commit; where the ledger has no
    /// `verified` event at all, the rollback, if that was not the first sign too.
    std::optional<std::int64_t> restored;
};

/// The median is the mean of the middle two, the 90th percentile by nearest rank.
struct Spread {
    std::size_t count = 0;  ///< At least 1.
    double median = 0;
    double percentile_90 = 0;
};

struct DoraMetrics {
    std::int64_t from = 0;
    std::int64_t to = 0;
    std::size_t deployments = 0;
    std::size_t failed = 0;      ///< Of the deployments.
    std::size_t unrestored = 0;  ///< Of the failed: those for which no restoration is known.
    double per_day = 0;
    std::optional<double> failure_rate;  ///< 0 to 1; nothing: there was no deployment.
    std::optional<Spread> lead_time;     ///< Of each commit; nothing: none was brought.
    std::optional<Spread> restore_time;  ///< Nothing: no failure has ended.
};

/// The deployments from `from` on, oldest first. `events`: newest first, as a Chronicle has them;
/// those before `from` tell what was deployed before.
[[nodiscard]] std::vector<Rollout> rollouts_of(const std::vector<LedgerTip>& events,
                                               std::int64_t from);

/// The question for the commits that the deployments brought; none where they brought none that
/// can be told (an environment's first deployment brings the whole history and is left out).
struct ChangesWanted {
    std::vector<ObjectId> wants;
    std::vector<ObjectId> haves;
};
[[nodiscard]] std::optional<ChangesWanted> changes_wanted(const std::vector<Rollout>& rollouts);

/// `changes`: the answer to `changes_wanted`. Each commit, merges included, counts for the first
/// deployment that contains it. `to` > `from`. Pure.
[[nodiscard]] DoraMetrics dora_of(const std::vector<Rollout>& rollouts, const CommitList& changes,
                                  std::int64_t from, std::int64_t to);

/// Nothing for an empty list.
[[nodiscard]] std::optional<Spread> spread_of(std::vector<std::int64_t> values);

}  // namespace headway::core
