#include "core/rollback.hpp"

#include <utility>

#include <fmt/format.h>

namespace headway::core {

namespace {

constexpr std::size_t k_shown_generations = 20;

/// What was read for one rollback.
struct Facts {
    EnvironmentFacts environment;
    ObjectId from;
    ObjectId to;
};

/// Which of the target and the ledger's newest event the branch's history does not contain.
CommitList not_on_branch(GitRemote& remote, const Facts& facts, const std::string& branch) {
    std::vector<ObjectId> wants;
    if (facts.to != facts.from) {
        wants.push_back(facts.to);
    }
    if (facts.environment.ledger_id) {
        wants.push_back(*facts.environment.ledger_id);
    }
    if (wants.empty()) {
        return {};
    }
    try {
        const std::vector<ObjectId> haves{facts.from};
        return remote.commits_between(wants, haves, Reach{.generations = 1});
    } catch (const UnknownObject& unknown) {
        if (unknown.id() != facts.to) {
            throw;
        }
        throw Error(ExitCode::refused,
                    fmt::format("{} was never on {}", facts.to.short_hex(), branch),
                    unknown.because(),
                    {fmt::format("choose a commit from: git log {}", facts.from.short_hex())});
    }
}

Facts read_facts(GitRemote& remote, const RollbackRequest& request) {
    std::vector<std::string> names;
    add_refs(request.target, names);
    Facts facts;
    facts.environment = facts_of(request.target, remote.list_refs(names));
    const std::string branch = short_ref(request.target.branch_ref);
    if (!facts.environment.tip) {
        throw Error(ExitCode::refused,
                    fmt::format("{} has nothing to roll back", request.target.name),
                    fmt::format("the remote has no branch {}", branch),
                    {"deploy first: headway promote " + request.target.name});
    }
    facts.from = *facts.environment.tip;
    CommitSearch search{.known = {facts.from},
                        .checkout = request.checkout,
                        .branch_tip = facts.from,
                        .branch = branch};
    facts.to = find_commit(remote, request.to, search);

    const CommitList absent = not_on_branch(remote, facts, branch);
    read_ledger(absent, facts.environment);
    if (facts.to != facts.from && absent.find(facts.to) != nullptr) {
        throw Error(ExitCode::refused,
                    fmt::format("{} was never on {}", facts.to.short_hex(), branch),
                    fmt::format("the history of {} ({}) does not contain it", branch,
                                facts.from.short_hex()),
                    {fmt::format("choose a commit from: git log {}", facts.from.short_hex()),
                     fmt::format("or go forward: headway promote {} --commit {}",
                                 request.target.name, facts.to.hex())});
    }
    return facts;
}

Event event_of(const Actors& actors, const RollbackRequest& request, const Facts& facts) {
    Event event;
    event.kind = EventKind::rolled_back;
    event.environment = request.target.name;
    event.commit = facts.to;
    event.previous = facts.from;
    event.actor = actors.author.actor;
    event.run_url = actors.author.run_url;
    event.reason = request.reason;
    event.hold = Hold{.since = actors.clock.now().time_since_epoch().count(),
                      .by = actors.author.actor,
                      .reason = request.reason.empty()
                                    ? fmt::format("rolled back from {}", facts.from.short_hex())
                                    : request.reason};
    if (const auto& ledger = facts.environment.ledger) {
        event.verified = ledger->event.verified;
        event.manner = ledger->event.manner;
        if (ledger->event.commit != facts.from) {
            event.drift = ledger->event.commit;
        }
    }
    return event;
}

RollbackAction action_of(const RollbackRequest& request, const Facts& facts) {
    if (facts.to != facts.from) {
        return RollbackAction::reset;
    }
    const auto& ledger = facts.environment.ledger;
    const bool recorded =
        request.target.ledger_ref.empty() || (ledger && ledger->event.commit == facts.to);
    return recorded ? RollbackAction::done_already : RollbackAction::record;
}

/// Which commits the rollback takes away; only read when somebody will see them.
void read_taken_back(GitRemote& remote, RollbackOutcome& outcome) {
    const std::vector<ObjectId> wants{outcome.from};
    const std::vector<ObjectId> haves{outcome.to};
    CommitList list =
        remote.commits_between(wants, haves, Reach{.generations = k_shown_generations});
    outcome.taken_back = std::move(list.commits);
    outcome.taken_back_cut = list.cut;
}

RefChange change_of(const Actors& actors, const RollbackRequest& request, const Facts& facts) {
    RefChange change;
    change.environment = request.target.name;
    change.branch_ref = request.target.branch_ref;
    change.from = facts.from;
    change.to = facts.to;
    change.ledger_ref = request.target.ledger_ref;
    // A damaged ledger is built upon: a rollback always works, and the chain stays whole.
    change.ledger_from = facts.environment.ledger_id.value_or(ObjectId{});
    change.event = event_of(actors, request, facts);
    return change;
}

RollbackOutcome plan_and_push(const Actors& actors, const RollbackRequest& request) {
    RollbackOutcome outcome;
    PushOutcome last;
    Unanswered unanswered;
    bool sent = false;
    for (unsigned attempt = 1; attempt <= k_attempts; ++attempt) {
        const Facts facts = after(last, [&] { return read_facts(actors.remote, request); });
        const RollbackAction action = action_of(request, facts);
        if (sent && action == RollbackAction::done_already) {
            outcome.ledger = facts.environment.ledger;
            outcome.moved = true;  // The lost answer was a yes, or the winner did the same.
            return outcome;
        }
        outcome.action = action;
        outcome.from = facts.from;
        outcome.to = facts.to;
        outcome.ledger = facts.environment.ledger;
        if (action == RollbackAction::done_already) {
            return outcome;
        }
        if (request.rehearsal == Rehearsal::dry_run) {
            read_taken_back(actors.remote, outcome);
            return outcome;
        }
        unanswered.before_push(last);
        last = push_changes(actors, {change_of(actors, request, facts)});
        unanswered.after_push(last);
        sent = true;
        if (last.result == PushResult::moved) {
            outcome.ledger = last.events.front();
            outcome.moved = action == RollbackAction::reset;
            return outcome;
        }
        after(last, [&] { wait_before_retry(actors, attempt, last.because); });
    }
    throw gave_up(last.because);
}

}  // namespace

RollbackOutcome roll_back(const Actors& actors, const RollbackRequest& request) {
    try {
        return plan_and_push(actors, request);
    } catch (const Interrupted& error) {
        if (!error.because().empty()) {
            throw;
        }
        throw Interrupted(error.what(), "nothing was moved", {"run the same command again"});
    }
}

}  // namespace headway::core
