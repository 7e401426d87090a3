#include "core/way_back.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>

namespace headway::core {

namespace {

/// Replays events, oldest first.
class Replay {
public:
    void apply(const LedgerTip& tip) {
        const Event& event = tip.event;
        if (event.commit.is_null()) {
            return;
        }
        if (event.kind == EventKind::rolled_back) {
            go_back_to(event.commit, tip.when);
        } else {
            arrive_at(event.commit, tip.when);
        }
        Station& present = m_stack.back();
        if (event.kind == EventKind::verified && !present.verified) {
            present.verified = true;
            present.failed = false;
            present.verified_since = tip.when;
        } else if (event.kind == EventKind::unhealthy) {
            present.verified = false;
            present.failed = true;
            present.verified_since = 0;
        }
        m_last[present.commit] = present;
    }

    /// Oldest first.
    [[nodiscard]] const std::vector<Station>& stack() const noexcept { return m_stack; }
    [[nodiscard]] const std::map<ObjectId, Station>& last() const noexcept { return m_last; }

private:
    void arrive_at(const ObjectId& commit, std::int64_t when) {
        if (m_stack.empty() || m_stack.back().commit != commit) {
            Station station;
            station.commit = commit;
            station.since = when;
            m_stack.push_back(station);
        }
    }

    void go_back_to(const ObjectId& commit, std::int64_t when) {
        const auto there = std::find_if(m_stack.rbegin(), m_stack.rend(),
                                        [&](const auto& one) { return one.commit == commit; });
        if (there == m_stack.rend()) {
            // Between two deployments, or older than what was read.
            if (!m_stack.empty()) {
                m_stack.pop_back();
            }
            for (Station& station : m_stack) {
                station.doubtful = true;
            }
            arrive_at(commit, when);
            return;
        }
        m_stack.erase(there.base(), m_stack.end());
    }

    std::vector<Station> m_stack;
    std::map<ObjectId, Station> m_last;
};

Replay replay(const Chronicle& chronicle) {
    Replay replay;
    std::for_each(chronicle.events.rbegin(), chronicle.events.rend(),
                  [&](const LedgerTip& tip) { replay.apply(tip); });
    return replay;
}

}  // namespace

std::vector<Station> stations(const Chronicle& chronicle) {
    const Replay replayed = replay(chronicle);
    return {replayed.stack().rbegin(), replayed.stack().rend()};
}

std::optional<Station> last_verified(const std::vector<Station>& stations,
                                     const ObjectId& deployed) {
    const auto found = std::find_if(stations.begin(), stations.end(), [&](const Station& station) {
        return station.verified && station.commit != deployed;
    });
    return found == stations.end() ? std::nullopt : std::optional(*found);
}

std::optional<Station> steps_back(const std::vector<Station>& stations, const ObjectId& deployed,
                                  unsigned steps) {
    const bool drifted = stations.empty() || stations.front().commit != deployed;
    const std::size_t index = drifted ? steps - 1 : steps;
    return index < stations.size() ? std::optional(stations[index]) : std::nullopt;
}

Chronicle before_rollbacks(const Chronicle& chronicle) {
    Chronicle before = chronicle;
    const auto promoted =
        std::find_if(before.events.begin(), before.events.end(),
                     [](const LedgerTip& tip) { return tip.event.kind == EventKind::promoted; });
    const auto first_rollback =
        std::find_if(std::make_reverse_iterator(promoted), before.events.rend(),
                     [](const LedgerTip& tip) { return tip.event.kind == EventKind::rolled_back; });
    before.events.erase(before.events.begin(), first_rollback.base());
    return before;
}

std::optional<Station> ever_deployed(const Chronicle& chronicle, const ObjectId& commit) {
    const Replay replayed = replay(chronicle);
    const auto found = replayed.last().find(commit);
    return found == replayed.last().end() ? std::nullopt : std::optional(found->second);
}

}  // namespace headway::core
