#include "core/dora.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/commit_graph.hpp"

namespace headway::core {

namespace {

constexpr double k_seconds_a_day = 86'400;

/// Follows a deployment through the events after it; newest first, so later is a smaller index.
void find_failure(const std::vector<LedgerTip>& events, std::size_t index, bool any_verified,
                  Rollout& rollout) {
    for (std::size_t later = index; later-- > 0;) {
        const LedgerTip& tip = events[later];
        const bool deployed = tip.event.commit == rollout.commit;
        const bool rolled_back = tip.event.kind == EventKind::rolled_back && !deployed;
        if (!rollout.failed) {
            if (rolled_back || (deployed && tip.event.kind == EventKind::unhealthy)) {
                rollout.failed = tip.when;
            } else if (!deployed) {
                return;
            }
            continue;
        }
        const bool verified = tip.event.kind == EventKind::verified && !deployed;
        if (any_verified ? verified : rolled_back) {
            rollout.restored = tip.when;
            return;
        }
    }
}

std::vector<std::int64_t> lead_times(const std::vector<Rollout>& rollouts,
                                     const CommitList& changes) {
    const CommitGraph graph(changes);
    auto brought = graph.no_marks();
    std::vector<std::int64_t> times;
    for (const Rollout& rollout : rollouts) {
        if (!rollout.before) {
            (void)graph.reach(rollout.commit, brought);
            continue;
        }
        // What was moved past the ledger before is nobody's change.
        (void)graph.reach(*rollout.before, brought);
        for (const std::size_t place : graph.reach(rollout.commit, brought)) {
            // A clock that is ahead makes no negative time.
            times.push_back(
                std::max<std::int64_t>(0, rollout.when - graph.at(place).committer.when));
        }
    }
    return times;
}

}  // namespace

std::vector<Rollout> rollouts_of(const std::vector<LedgerTip>& events, std::int64_t from) {
    const bool any_verified = std::any_of(events.begin(), events.end(), [](const LedgerTip& tip) {
        return tip.event.kind == EventKind::verified;
    });
    std::vector<Rollout> rollouts;
    std::optional<ObjectId> deployed;
    for (std::size_t index = events.size(); index-- > 0;) {
        const LedgerTip& tip = events[index];
        // Of the oldest event that was read, and of a branch that had drifted, the event tells.
        const bool oldest = index + 1 == events.size();
        const auto before = oldest || tip.event.drift ? tip.event.previous : deployed;
        if (tip.event.kind == EventKind::promoted && before != tip.event.commit &&
            tip.when >= from) {
            Rollout rollout{.commit = tip.event.commit,
                            .before = before,
                            .when = tip.when,
                            .failed = {},
                            .restored = {}};
            find_failure(events, index, any_verified, rollout);
            rollouts.push_back(rollout);
        }
        if (!tip.event.commit.is_null()) {
            deployed = tip.event.commit;
        }
    }
    return rollouts;
}

std::optional<ChangesWanted> changes_wanted(const std::vector<Rollout>& rollouts) {
    if (rollouts.empty()) {
        return std::nullopt;
    }
    const Rollout& first = rollouts.front();
    const ObjectId base = first.before.value_or(first.commit);
    std::set<ObjectId> wanted;
    for (const Rollout& rollout : rollouts) {
        if (rollout.commit != base) {
            wanted.insert(rollout.commit);
        }
    }
    if (wanted.empty()) {
        return std::nullopt;
    }
    return ChangesWanted{.wants = {wanted.begin(), wanted.end()}, .haves = {base}};
}

std::optional<Spread> spread_of(std::vector<std::int64_t> values) {
    if (values.empty()) {
        return std::nullopt;
    }
    std::sort(values.begin(), values.end());
    const std::size_t count = values.size();
    const auto at = [&](std::size_t index) { return static_cast<double>(values[index]); };
    return Spread{.count = count,
                  .median = (at((count - 1) / 2) + at(count / 2)) / 2,
                  .percentile_90 = at((count * 9 + 9) / 10 - 1)};
}

DoraMetrics dora_of(const std::vector<Rollout>& rollouts, const CommitList& changes,
                    std::int64_t from, std::int64_t to) {
    DoraMetrics metrics;
    metrics.from = from;
    metrics.to = to;
    metrics.deployments = rollouts.size();
    std::vector<std::int64_t> restores;
    for (const Rollout& rollout : rollouts) {
        if (!rollout.failed) {
            continue;
        }
        ++metrics.failed;
        if (rollout.restored) {
            restores.push_back(std::max<std::int64_t>(0, *rollout.restored - *rollout.failed));
        } else {
            ++metrics.unrestored;
        }
    }
    const auto count = static_cast<double>(rollouts.size());
    metrics.per_day = count * k_seconds_a_day / static_cast<double>(to - from);
    if (!rollouts.empty()) {
        metrics.failure_rate = static_cast<double>(metrics.failed) / count;
    }
    metrics.lead_time = spread_of(lead_times(rollouts, changes));
    metrics.restore_time = spread_of(std::move(restores));
    return metrics;
}

}  // namespace headway::core
