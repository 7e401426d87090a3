#include "core/plan.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "headway/text.hpp"

namespace headway::core {

namespace {

Refusal not_on_source(const PromotionFacts& facts, const std::string& environment) {
    Refusal refusal{
        fmt::format("{} is not on {}", facts.commit.short_hex(), facts.source),
        fmt::format("deployment branches hold only commits of {}, and the remote's {} "
                    "({}) does not contain this one",
                    facts.source, facts.source, facts.source_tip.short_hex()),
        {fmt::format("merge it into {}, then: headway promote {}", facts.source, environment),
         "or name another source branch: --source BRANCH"}};
    if (!facts.unmerged.because.empty()) {
        constexpr std::string_view k_source = "{source}";
        std::string hint = facts.unmerged.hint;
        if (const auto at = hint.find(k_source); at != std::string::npos) {
            hint.replace(at, k_source.size(), facts.source);
        }
        refusal.because = fmt::format("{}; {}", facts.unmerged.because, refusal.because);
        refusal.hints = {std::move(hint),
                         fmt::format("or name a commit of {}: --commit SHA", facts.source)};
    }
    return refusal;
}

std::string listed(const std::vector<Commit>& commits, bool cut) {
    constexpr std::size_t k_most = 5;
    std::string text;
    for (std::size_t index = 0; index < std::min(commits.size(), k_most); ++index) {
        const Commit& commit = commits[index];
        text += fmt::format("{}{} {} ({})", index == 0 ? "" : "; ", commit.id.short_hex(),
                            commit.subject(), printable(commit.author.name, 60));
    }
    if (commits.size() > k_most) {
        text += fmt::format("; and {}{} more", cut ? "at least " : "", commits.size() - k_most);
    } else if (cut) {
        text += "; and more";
    }
    return text;
}

/// Where the branch left the source branch: the one parent of the commits in the way that is not
/// itself in the way. Nothing when the list was cut off or has several such parents.
std::optional<ObjectId> fork_point(const EnvironmentFacts& environment) {
    std::optional<ObjectId> fork;
    const auto& commits = environment.in_the_way;
    for (const Commit& commit : commits) {
        for (const ObjectId& parent : commit.parents) {
            const bool inside = std::any_of(commits.begin(), commits.end(),
                                            [&](const auto& other) { return other.id == parent; });
            if (!inside && fork && *fork != parent) {
                return std::nullopt;
            }
            if (!inside) {
                fork = parent;
            }
        }
    }
    return environment.in_the_way_cut ? std::nullopt : fork;
}

std::string way_to_drop(const PromotionFacts& facts, const EnvironmentFacts& environment) {
    if (const auto fork = fork_point(environment)) {
        return fmt::format(
            "drop them: headway rollback {0} --to {1} --reason \"drop commits that are not on {2}\""
            ", then: headway promote {0} --release-hold",
            environment.name, fork->hex(), facts.source);
    }
    return fmt::format("drop them: git push --force-with-lease={0}:{1} <remote> {2}:{0}",
                       environment.branch_ref, environment.tip->hex(), facts.commit.hex());
}

Refusal diverged(const PromotionFacts& facts, const EnvironmentFacts& environment) {
    const std::string branch = short_ref(environment.branch_ref);
    return {
        fmt::format("{} has diverged from {}", branch, facts.source),
        fmt::format("{} has {} that {} does not contain: {}", branch,
                    environment.in_the_way.size() == 1 && !environment.in_the_way_cut ? "a commit"
                                                                                      : "commits",
                    facts.commit.short_hex(),
                    listed(environment.in_the_way, environment.in_the_way_cut)),
        {fmt::format("keep them: merge {} into {}, then promote again",
                     environment.tip->short_hex(), facts.source),
         way_to_drop(facts, environment)}};
}

Refusal held(const EnvironmentFacts& environment) {
    const Hold& hold = *environment.ledger->event.hold;
    Refusal refusal{fmt::format("{} is held", environment.name), text_of(hold), {}};
    if (hold.range) {
        refusal.hints.push_back(fmt::format(
            "promote a commit that mends it: a revert of one of {}..{}, or a trailer "
            "\"Fixes-Deployment: {}\"",
            hold.range->good.short_hex(), hold.range->bad.short_hex(), hold.range->bad.hex()));
    }
    refusal.hints.push_back(fmt::format(
        "when the cause is mended: headway promote {} --release-hold", environment.name));
    refusal.hints.push_back(
        fmt::format("or end the hold alone: headway resume {}", environment.name));
    return refusal;
}

Refusal deployed_before(const PromotionFacts& facts, const EnvironmentFacts& environment) {
    const LedgerTip& earlier = *environment.earlier;
    const std::string by = earlier.event.actor.empty() ? "" : " by " + earlier.event.actor;
    return {fmt::format("{} was deployed to {} before", facts.commit.short_hex(), environment.name),
            fmt::format("it was deployed at {}{}, {} is deployed now: this job has been run again",
                        timestamp(earlier.when), by, environment.deployed()->short_hex()),
            {fmt::format("to go back to it: headway rollback {} --to {}", environment.name,
                         facts.commit.hex()),
             fmt::format("or let such a job roll back: on_retry: rollback below {} in "
                         ".headway.yml",
                         environment.name)}};
}

/// The ledger knows that the branch holds the commit (or there is no ledger to know it).
bool recorded(const EnvironmentFacts& environment, const ObjectId& commit) {
    return environment.ledger_ref.empty() ||
           (environment.ledger && environment.ledger->event.commit == commit);
}

/// What the ledger expects on the branch, where that is not there.
std::optional<ObjectId> drift_of(const EnvironmentFacts& environment) {
    if (!environment.ledger || environment.ledger->event.commit.is_null()) {
        return std::nullopt;
    }
    const Event& event = environment.ledger->event;
    return environment.tip == event.branch_tip() ? std::nullopt : std::optional(event.commit);
}

/// What keeps a branch from moving that could: a hold, a gate.
std::optional<Refusal> judge_move(const PromotionFacts& facts, const EnvironmentFacts& environment,
                                  const Rules& rules, Move& move) {
    if (environment.ledger && environment.ledger->event.hold) {
        if (rules.holds == HoldPolicy::respect && !environment.mend) {
            return held(environment);
        }
        move.released_hold = environment.ledger->event.hold;
        move.mend = rules.holds == HoldPolicy::respect ? environment.mend : std::nullopt;
    }
    GateVerdict verdict =
        judge_gates(environment.gates, environment.name, facts.commit, rules.now, rules.freeze);
    move.overridden = std::move(verdict.overridden);
    return std::move(verdict.refusal);
}

/// What the relation alone makes of a commit that is deployed already, in some way.
Action settled_action(const PromotionFacts& facts, const EnvironmentFacts& environment) {
    if (environment.relation == Relation::equal) {
        return recorded(environment, facts.commit) ? Action::done_already : Action::record;
    }
    return environment.earlier && environment.on_retry == OnRetry::rollback ? Action::go_back
                                                                            : Action::superseded;
}

void decide(const PromotionFacts& facts, const EnvironmentFacts& environment, const Rules& rules,
            Move& move) {
    const auto refuse = [&](Refusal refusal) {
        move.action = Action::refuse;
        move.refusal = std::move(refusal);
    };
    if (!environment.ledger_damage.empty()) {
        return refuse(damaged_ledger(environment));
    }
    if (!facts.commit_on_source) {
        return refuse(not_on_source(facts, environment.name));
    }
    switch (environment.relation) {
        case Relation::ahead:
            if (environment.earlier && environment.on_retry == OnRetry::refuse) {
                return refuse(deployed_before(facts, environment));
            }
            [[fallthrough]];
        case Relation::equal:
            move.action = settled_action(facts, environment);
            return;
        case Relation::diverged:
            return refuse(diverged(facts, environment));
        case Relation::missing:
            move.action = Action::create;
            break;
        case Relation::behind:
            move.action = environment.joined ? Action::join : Action::fast_forward;
            break;
    }
    if (auto refusal = judge_move(facts, environment, rules, move)) {
        refuse(std::move(*refusal));
    }
}

}  // namespace

bool Plan::refused() const noexcept {
    return std::any_of(moves.begin(), moves.end(),
                       [](const Move& move) { return move.action == Action::refuse; });
}

bool Plan::writes() const noexcept {
    return !refused() &&
           std::any_of(moves.begin(), moves.end(), [](const Move& move) { return move.writes(); });
}

Plan make_plan(const PromotionFacts& facts, const Rules& rules) {
    Plan plan{.source = facts.source,
              .source_tip = facts.source_tip,
              .commit = facts.commit,
              .moves = {}};
    for (const EnvironmentFacts& environment : facts.environments) {
        Move move;
        move.environment = environment.name;
        move.branch_ref = environment.branch_ref;
        move.ledger_ref = environment.ledger_ref;
        move.from = environment.deployed();
        move.tip = environment.tip;
        move.to = facts.commit;
        move.to_tree = facts.commit_tree;
        move.ledger_parent = environment.ledger_id;
        move.ledger = environment.ledger;
        move.in_the_way = environment.in_the_way;
        move.in_the_way_cut = environment.in_the_way_cut;
        move.drift = drift_of(environment);
        decide(facts, environment, rules, move);
        plan.moves.push_back(std::move(move));
    }
    return plan;
}

std::string_view word_of(Action action) noexcept {
    switch (action) {
        case Action::create:
            return "create";
        case Action::fast_forward:
            return "fast-forward";
        case Action::join:
            return "join";
        case Action::go_back:
            return "go-back";
        case Action::record:
            return "record";
        case Action::done_already:
            return "done-already";
        case Action::superseded:
            return "superseded";
        case Action::refuse:
            break;
    }
    return "refused";
}

std::string text_of(const Hold& hold) {
    const std::string by = hold.by.empty() ? "" : " by " + hold.by;
    return fmt::format("held since {}{}{}", timestamp(hold.since), by,
                       hold.reason.empty() ? "" : ": " + hold.reason);
}

Refusal damaged_ledger(const EnvironmentFacts& environment) {
    return {fmt::format("the ledger of {} is damaged", environment.name),
            fmt::format("the newest commit of {} is no event of this ledger: {}",
                        environment.ledger_ref, environment.ledger_damage),
            {fmt::format("look at it: git fetch <remote> {} && git log FETCH_HEAD",
                         environment.ledger_ref),
             fmt::format("start a new ledger: git push <remote> :{}", environment.ledger_ref)}};
}

std::string short_ref(std::string_view ref) {
    constexpr std::string_view k_heads = "refs/heads/";
    return std::string(ref.starts_with(k_heads) ? ref.substr(k_heads.size()) : ref);
}

}  // namespace headway::core
