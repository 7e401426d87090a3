#include "core/status.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/commit_graph.hpp"
#include "headway/text.hpp"

namespace headway::core {

namespace {

constexpr std::size_t k_person_bytes = 60;
constexpr std::size_t k_reason_bytes = 200;

/// How far commits are behind the source's tip, each worked out once.
class Distances {
public:
    struct Answer {
        std::optional<bool> on_source;
        std::optional<Distance> behind;
    };

    explicit Distances(const StatusFacts& facts)
        : m_facts(facts), m_graph(facts.between), m_on_source(m_graph.no_marks()) {
        if (!facts.source_tip || !facts.base) {
            return;
        }
        for (const std::size_t place : m_graph.reach(*facts.source_tip, m_on_source)) {
            ++m_source_commits;
            for (const ObjectId& parent : m_graph.at(place).parents) {
                if (!m_graph.find(parent)) {
                    m_edge.insert(parent);
                }
            }
        }
    }

    [[nodiscard]] const Answer& of(const ObjectId& commit) {
        const auto [known, first] = m_answers.try_emplace(commit);
        if (first) {
            known->second = work_out(commit);
        }
        return known->second;
    }

private:
    [[nodiscard]] Answer work_out(const ObjectId& commit) const {
        if (!m_facts.source_tip) {
            return {};
        }
        if (commit == m_facts.source_tip) {
            return {.on_source = true, .behind = Distance{}};
        }
        if (!m_facts.base) {
            return {};
        }
        const bool cut = m_facts.between.cut;
        const auto off_source = cut ? std::nullopt : std::optional(false);
        if (const auto place = m_graph.find(commit)) {
            const bool on_source = m_on_source[*place];
            return {.on_source = on_source ? std::optional(true) : off_source,
                    .behind = Distance{.commits = m_source_commits - shared_with(commit),
                                       .at_least = cut && !on_source}};
        }
        if (m_edge.contains(commit)) {
            // A parent beside the base: the base's other ancestors are behind it, uncounted.
            return {.on_source = true,
                    .behind = Distance{.commits = m_source_commits,
                                       .at_least = cut || commit != m_facts.base}};
        }
        if (commit == m_facts.base) {
            return {.on_source = off_source,
                    .behind = Distance{.commits = m_source_commits, .at_least = cut}};
        }
        // What is not in the list is an ancestor of the base.
        return {.on_source = m_edge.contains(*m_facts.base) ? std::optional(true) : std::nullopt,
                .behind = Distance{.commits = m_source_commits, .at_least = true}};
    }

    /// How many of the source's commits `commit` has as well.
    [[nodiscard]] std::size_t shared_with(const ObjectId& commit) const {
        auto marks = m_graph.no_marks();
        const auto reached = m_graph.reach(commit, marks);
        return static_cast<std::size_t>(
            std::count_if(reached.begin(), reached.end(),
                          [&](const std::size_t place) { return m_on_source[place]; }));
    }

    const StatusFacts& m_facts;
    CommitGraph m_graph;
    CommitGraph::Marks m_on_source;
    std::set<ObjectId> m_edge;  ///< Parents of the source's commits that are not in the list.
    std::size_t m_source_commits = 0;
    std::map<ObjectId, Answer> m_answers;
};

void settle_ledger(const std::map<ObjectId, const Commit*>& commits,
                   const std::map<ObjectId, std::string>& unreadable,
                   const StatusFacts::Environment& facts, EnvironmentStatus& status) {
    if (!facts.ledger_id) {
        return;
    }
    const auto commit = commits.find(*facts.ledger_id);
    if (commit == commits.end()) {
        const auto why = unreadable.find(*facts.ledger_id);
        status.ledger_damage = why == unreadable.end() ? "it is no commit" : why->second;
        return;
    }
    auto event = read_event(*commit->second, status.name);
    if (auto* const newest = std::get_if<LedgerTip>(&event)) {
        status.newest = std::move(*newest);
    } else {
        status.ledger_damage = std::get<NotAnEvent>(event).because;
    }
}

void settle_commit(EnvironmentStatus& status) {
    status.commit = status.tip;
    if (!status.newest) {
        return;
    }
    const Event& event = status.newest->event;
    if (status.tip && *status.tip == event.branch_tip()) {
        status.commit = event.commit;
        status.joined = event.tip.has_value();
    } else {
        status.drifted = status.tip || !event.branch_tip().is_null();
    }
}

Standing standing_of(const EnvironmentStatus& status) {
    if (!status.commit || status.ledger_ref.empty() || !status.ledger_damage.empty()) {
        return Standing::unknown;
    }
    if (!status.newest) {
        return Standing::unverified;
    }
    const Event& event = status.newest->event;
    if (event.kind == EventKind::unhealthy && event.commit == *status.commit) {
        return Standing::unhealthy;
    }
    return event.verified == status.commit ? Standing::verified : Standing::unverified;
}

std::string rollback_to(const std::string& environment, const ObjectId& commit) {
    return fmt::format("headway rollback {} --to {}", environment, commit.hex());
}

/// Back to the version that is proven to run, where another one is.
void add_way_back(const EnvironmentStatus& status, Attention& attention) {
    const auto verified = status.newest ? status.newest->event.verified : std::nullopt;
    if (verified && verified != status.commit) {
        attention.hints.push_back(rollback_to(status.name, *verified));
    }
}

Attention drift_of(const EnvironmentStatus& status) {
    const Event& event = status.newest->event;
    const bool expected = !event.branch_tip().is_null();
    Attention attention{
        .concern = Concern::drifted,
        .what = fmt::format("moved by something else: the ledger expects {}, the branch {}",
                            expected ? event.branch_tip().short_hex() : "no branch",
                            status.tip ? "is at " + status.tip->short_hex() : "is missing"),
        .hints = {}};
    if (!status.tip) {
        attention.hints.push_back(
            fmt::format("headway promote {} --commit {}", status.name, event.commit.hex()));
        return attention;
    }
    if (status.on_source.value_or(true)) {
        attention.hints.push_back(fmt::format("put it on record: headway promote {} --commit {}",
                                              status.name, status.tip->hex()));
    }
    if (expected) {
        attention.hints.push_back("undo it: " + rollback_to(status.name, event.commit));
    }
    return attention;
}

Attention not_on_source(const EnvironmentStatus& status, const StatusFacts& facts) {
    const std::string commit = status.commit->short_hex();
    Attention attention{.concern = Concern::not_on_source,
                        .what = fmt::format("{} is not on {}", commit, facts.source),
                        .hints = {fmt::format("merge {} into {}, then: headway promote {}", commit,
                                              facts.source, status.name)}};
    add_way_back(status, attention);
    return attention;
}

Attention damage_of(const EnvironmentStatus& status) {
    EnvironmentFacts facts;
    facts.name = status.name;
    facts.ledger_ref = status.ledger_ref;
    facts.ledger_damage = status.ledger_damage;
    Refusal refusal = damaged_ledger(facts);
    return {.concern = Concern::damaged,
            .what = std::move(refusal.because),
            .hints = std::move(refusal.hints)};
}

Attention verdict_of(const EnvironmentStatus& status, bool verifiable) {
    const std::string commit = status.commit->short_hex();
    const std::string verify = "headway verify " + status.name;
    if (status.standing == Standing::unhealthy) {
        const std::string& reason = status.newest->event.reason;
        Attention attention{
            .concern = Concern::unhealthy,
            .what = fmt::format("{} does not run healthily{}{}", commit, reason.empty() ? "" : ": ",
                                printable(reason, k_reason_bytes)),
            .hints = {}};
        add_way_back(status, attention);
        attention.hints.push_back(verify);
        return attention;
    }
    Attention attention{.concern = Concern::unverified,
                        .what = fmt::format("{} is not proven to run", commit),
                        .hints = {verify}};
    if (!verifiable) {
        attention.hints = {
            fmt::format("say where it runs, url: below environments: {}: in .headway.yml, then: {}",
                        status.name, verify)};
    }
    return attention;
}

Attention hold_of(const EnvironmentStatus& status) {
    const Hold& hold = *status.newest->event.hold;
    const std::string by = printable(hold.by, k_person_bytes);
    const std::string reason = printable(hold.reason, k_reason_bytes);
    Attention attention{
        .concern = Concern::held,
        .what = fmt::format("held since {}{}{}{}{}", timestamp(hold.since),
                            by.empty() ? "" : " by ", by, reason.empty() ? "" : ": ", reason),
        .hints = {"headway resume " + status.name,
                  fmt::format("headway promote {} --release-hold", status.name)}};
    if (hold.range) {
        // What was rolled back is mended by a promotion; an emergency stop is just ended.
        std::swap(attention.hints.front(), attention.hints.back());
    }
    return attention;
}

std::vector<Attention> attention_of(const EnvironmentStatus& status, const StatusFacts& facts,
                                    bool verifiable) {
    std::vector<Attention> list;
    if (!status.tip && !status.drifted) {
        list.push_back(
            {.concern = Concern::never_deployed,
             .what = fmt::format("the remote has no branch {}", short_ref(status.branch_ref)),
             .hints = {"headway promote " + status.name}});
    }
    if (!status.ledger_damage.empty()) {
        list.push_back(damage_of(status));
    }
    if (status.drifted) {
        list.push_back(drift_of(status));
    }
    if (status.commit && status.on_source == false) {
        list.push_back(not_on_source(status, facts));
    }
    if (status.standing == Standing::unhealthy || status.standing == Standing::unverified) {
        list.push_back(verdict_of(status, verifiable));
    }
    if (status.newest && status.newest->event.hold) {
        list.push_back(hold_of(status));
    }
    return list;
}

}  // namespace

std::string word_of(Concern concern, std::string_view source) {
    switch (concern) {
        case Concern::never_deployed:
            return "never deployed";
        case Concern::damaged:
            return "ledger damaged";
        case Concern::drifted:
            return "drifted";
        case Concern::not_on_source:
            return fmt::format("not on {}", source);
        case Concern::unhealthy:
            return "unhealthy";
        case Concern::unverified:
            return "unverified";
        case Concern::held:
            break;
    }
    return "held";
}

std::string_view word_of(Standing standing) noexcept {
    switch (standing) {
        case Standing::verified:
            return "verified";
        case Standing::unhealthy:
            return "unhealthy";
        case Standing::unverified:
            return "unverified";
        case Standing::unknown:
            break;
    }
    return "unknown";
}

bool EnvironmentStatus::concerned(Concern concern) const noexcept {
    return std::any_of(attention.begin(), attention.end(),
                       [&](const Attention& entry) { return entry.concern == concern; });
}

std::vector<EnvironmentStatus> status_of(const StatusFacts& facts) {
    std::map<ObjectId, const Commit*> commits;
    for (const Commit& commit : facts.tips.commits.commits) {
        commits.emplace(commit.id, &commit);
    }
    Distances distances(facts);
    std::vector<EnvironmentStatus> list;
    list.reserve(facts.environments.size());
    for (const StatusFacts::Environment& environment : facts.environments) {
        EnvironmentStatus status;
        status.name = environment.target.refs.name;
        status.branch_ref = environment.target.refs.branch_ref;
        status.ledger_ref = environment.target.refs.ledger_ref;
        status.tip = environment.tip;
        settle_ledger(commits, facts.tips.unreadable, environment, status);
        settle_commit(status);
        status.standing = standing_of(status);
        if (status.commit) {
            const Distances::Answer& answer = distances.of(*status.commit);
            status.on_source = answer.on_source;
            status.behind = answer.behind;
        }
        status.attention = attention_of(status, facts, environment.target.verifiable);
        list.push_back(std::move(status));
    }
    return list;
}

}  // namespace headway::core
