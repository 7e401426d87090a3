#include "core/dora.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace headway::core {

namespace {

/// What follows a deployment, up to and with the event that ends it.
void find_failure(const std::vector<LedgerTip>& events, std::size_t index, bool any_verified,
                  Deployment& deployment) {
    // Newest first: what comes later has a smaller index.
    for (std::size_t later = index; later-- > 0;) {
        const LedgerTip& tip = events[later];
        const bool still_deployed = tip.event.commit == deployment.commit;
        if (!deployment.failed) {
            if (still_deployed ? tip.event.kind == EventKind::unhealthy
                               : tip.event.kind == EventKind::rolled_back) {
                deployment.failed = tip.when;
            } else if (!still_deployed) {
                return;
            }
        } else if (tip.event.kind ==
                   (any_verified ? EventKind::verified : EventKind::rolled_back)) {
            deployment.restored = tip.when;
            return;
        }
    }
}

constexpr std::int64_t k_day = 86'400;

/// The lead times of the commits that each deployment brought.
std::vector<std::int64_t> lead_times(const std::vector<Deployment>& deployments,
                                     const std::vector<Commit>& changes) {
    std::map<ObjectId, const Commit*> waiting;
    for (const Commit& commit : changes) {
        waiting.emplace(commit.id, &commit);
    }
    std::vector<std::int64_t> times;
    for (const Deployment& deployment : deployments) {
        std::vector<ObjectId> open{deployment.commit};
        while (!open.empty()) {
            const auto node = waiting.extract(open.back());
            open.pop_back();
            if (node.empty()) {
                continue;
            }
            const Commit& commit = *node.mapped();
            if (deployment.before) {
                // A clock ahead of the server's makes no negative time.
                times.push_back(std::max<std::int64_t>(0, deployment.when - commit.committer.when));
            }
            open.insert(open.end(), commit.parents.begin(), commit.parents.end());
        }
    }
    return times;
}

}  // namespace

std::vector<Deployment> deployments_of(const std::vector<LedgerTip>& events, std::int64_t from) {
    const bool any_verified = std::any_of(events.begin(), events.end(), [](const LedgerTip& tip) {
        return tip.event.kind == EventKind::verified;
    });
    std::vector<Deployment> deployments;
    std::optional<ObjectId> current;
    for (std::size_t index = events.size(); index-- > 0;) {
        const LedgerTip& tip = events[index];
        if (index + 1 == events.size()) {
            current = tip.event.previous;
        }
        if (tip.event.kind == EventKind::promoted && current != tip.event.commit &&
            tip.when >= from) {
            Deployment deployment{.commit = tip.event.commit,
                                  .before = current,
                                  .when = tip.when,
                                  .failed = {},
                                  .restored = {}};
            find_failure(events, index, any_verified, deployment);
            deployments.push_back(deployment);
        }
        if (!tip.event.commit.is_null()) {
            current = tip.event.commit;
        }
    }
    return deployments;
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

DoraMetrics dora_of(const std::vector<Deployment>& deployments, const std::vector<Commit>& changes,
                    std::int64_t from, std::int64_t to) {
    DoraMetrics metrics;
    metrics.from = from;
    metrics.to = to;
    metrics.deployments = deployments.size();
    std::vector<std::int64_t> restores;
    for (const Deployment& deployment : deployments) {
        if (deployment.failed) {
            ++metrics.failed;
            if (deployment.restored) {
                restores.push_back(
                    std::max<std::int64_t>(0, *deployment.restored - *deployment.failed));
            }
        }
    }
    if (!deployments.empty() && to > from) {
        const auto count = static_cast<double>(deployments.size());
        metrics.per_day = count * k_day / static_cast<double>(to - from);
        metrics.failure_rate = static_cast<double>(metrics.failed) / count;
    }
    metrics.lead_time = spread_of(lead_times(deployments, changes));
    metrics.restore_time = spread_of(std::move(restores));
    return metrics;
}

}  // namespace headway::core
