#include "core/rollback.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/rollback_target.hpp"

namespace headway::core {

namespace {

constexpr std::size_t k_shown_generations = 20;

/// What is taken back: what is deployed, or, where the branch is back already, what the ledger
/// holds to be deployed.
ObjectId taken_back(const RollbackFacts& facts) {
    const auto& ledger = facts.environment.ledger;
    const bool told = facts.from == facts.to && ledger && !ledger->event.commit.is_null();
    return told ? ledger->event.commit : facts.from;
}

/// What a rollback leaves in the ledger, but for the branch's own commit.
Event event_of(const Actors& actors, const RollbackRequest& request, const RollbackFacts& facts) {
    Event event;
    event.kind = EventKind::rolled_back;
    event.environment = request.target.name;
    event.commit = facts.to;
    const auto& ledger = facts.environment.ledger;
    const ObjectId bad = taken_back(facts);
    event.previous = bad;
    event.actor = actors.author.actor;
    event.run_url = actors.author.run_url;
    event.reason = request.reason;
    event.hold =
        Hold{.since = actors.clock.now().time_since_epoch().count(),
             .by = actors.author.actor,
             .reason = request.reason.empty() ? fmt::format("rolled back from {}", bad.short_hex())
                                              : request.reason,
             .range = BadRange{.good = facts.to, .bad = bad}};
    if (facts.station && facts.station->verified) {
        event.verified = facts.to;
        event.verified_since = facts.station->verified_since;
    }
    if (ledger) {
        event.manner = ledger->event.manner;
        if (ledger->event.verified == facts.to) {
            event.verified = facts.to;
            event.verified_since = ledger->event.verified_since;
        }
        if (facts.tip != ledger->event.branch_tip() && !ledger->event.commit.is_null()) {
            event.drift = ledger->event.commit;
        }
        // Further back within one hold: what was bad before stays bad.
        const auto& hold = ledger->event.hold;
        if (hold && hold->range && hold->range->good == facts.from) {
            event.hold->range->bad = hold->range->bad;
        }
    }
    if (event.hold->range->good == event.hold->range->bad) {
        event.hold->range.reset();
    }
    return event;
}

RollbackAction action_of(GitRemote& remote, const RollbackRequest& request,
                         const RollbackFacts& facts) {
    const auto& ledger = facts.environment.ledger;
    if (facts.to == facts.tip) {
        // Without a hold it is not rolled back yet: the run that moved it came to no end.
        const bool recorded =
            request.target.ledger_ref.empty() ||
            (ledger && ledger->event.commit == facts.to && ledger->event.hold.has_value());
        return recorded ? RollbackAction::done_already : RollbackAction::record;
    }
    if (facts.environment.joined && facts.to == facts.from && request.strategy != Strategy::reset &&
        has_same_files(remote, facts.tip, facts.to)) {
        return RollbackAction::done_already;
    }
    return request.strategy == Strategy::restore ? RollbackAction::restore : RollbackAction::reset;
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

/// A commit on the branch with the files of the one to go back to.
CommitDraft restoring_commit(const Actors& actors, const RollbackRequest& request,
                             const RollbackFacts& facts) {
    const Signature identity = signature_of(actors);
    const std::string reason = request.reason.empty() ? "" : request.reason + "\n\n";
    return {
        .tree = tree_of(actors.remote, facts.to),
        .parents = {facts.tip},
        .author = identity,
        .committer = identity,
        .message = fmt::format("Restore {} on {}\n\n{}The files are those of {}.\n",
                               facts.to.short_hex(), request.target.name, reason, facts.to.hex())};
}

RefChange change_of(const Actors& actors, const RollbackRequest& request,
                    const RollbackFacts& facts, RollbackAction action) {
    RefChange change;
    change.environment = request.target.name;
    change.branch_ref = request.target.branch_ref;
    change.from = facts.tip;
    change.to = facts.to;
    change.ledger_ref = request.target.ledger_ref;
    // A damaged ledger is built upon: a rollback always works, and the chain stays whole.
    change.ledger_from = facts.environment.ledger_id.value_or(ObjectId{});
    change.chain = facts.environment.ledger_readable ? Chain::goes_on : Chain::begins_anew;
    change.event = event_of(actors, request, facts);
    if (action == RollbackAction::restore) {
        end_in(actors, change, restoring_commit(actors, request, facts));
    }
    return change;
}

bool forbids_reset(const PushRefused& refusal) {
    return refusal.kind() == RefusalKind::force_push_forbidden ||
           refusal.kind() == RefusalKind::non_fast_forward;
}

/// One rollback under way. What was decided first stays decided: a second look at the ledger may
/// already show this very rollback.
class Run {
public:
    Run(const Actors& actors, const RollbackRequest& request)
        : m_actors(actors), m_request(request) {}

    [[nodiscard]] RollbackOutcome finish() {
        for (unsigned attempt = 1; attempt <= k_attempts; ++attempt) {
            if (try_once()) {
                return std::move(m_outcome);
            }
            after(m_last, [&] { wait_before_retry(m_actors, attempt, m_last.because); });
        }
        throw gave_up(m_last.because);
    }

private:
    /// True when the rollback has come to its end.
    bool try_once() {
        RollbackFacts facts =
            after(m_last, [&] { return read_rollback_facts(m_actors.remote, m_request); });
        RollbackAction action = action_of(m_actors.remote, m_request, facts);
        m_outcome.ledger = facts.environment.ledger;
        if (m_sent && action == RollbackAction::done_already) {
            m_outcome.moved = true;  // The lost answer was a yes, or the winner did the same.
            return true;
        }
        m_outcome.action = action;
        m_outcome.from = facts.from;
        m_outcome.to = facts.to;
        if (m_request.to.empty()) {
            m_outcome.chosen_by = facts.chosen_by;
            m_request.to = facts.to.hex();
        }
        if (action == RollbackAction::done_already) {
            return true;
        }
        if (m_request.rehearsal == Rehearsal::dry_run) {
            read_taken_back(m_actors.remote, m_outcome);
            return true;
        }
        push(facts, action);
        if (m_last.result != PushResult::moved) {
            return false;
        }
        m_outcome.ledger = m_last.events.front();
        m_outcome.moved = action != RollbackAction::record;
        return true;
    }

    void push(const RollbackFacts& facts, RollbackAction action) {
        m_unanswered.before_push(m_last);
        m_sent = true;
        try {
            m_last = push_changes(m_actors, {change_of(m_actors, m_request, facts, action)});
        } catch (const PushRefused& refusal) {
            if (refusal.kind() == RefusalKind::missing_objects &&
                !facts.environment.ledger_readable) {
                remove_ledger(facts.environment);
                m_last.result = PushResult::lost_race;
                m_last.because = "the ledger pointed to nothing";
                return;
            }
            if (!forbids_reset(refusal)) {
                throw;
            }
            if (m_request.strategy != Strategy::automatic) {
                throw with_way_out(refusal, facts.to);
            }
            m_actors.trace.line(
                Verbosity::normal,
                fmt::format("{}: the server forbids force pushes to {}: the files "
                            "are restored by a commit instead",
                            m_request.target.name, short_ref(m_request.target.branch_ref)));
            m_request.strategy = Strategy::restore;
            m_outcome.action = RollbackAction::restore;
            m_last = push_changes(m_actors,
                                  {change_of(m_actors, m_request, facts, RollbackAction::restore)});
        }
        m_unanswered.after_push(m_last);
    }

    /// A ref that points to an object that is not there makes git refuse every push with objects,
    /// but not the deletion of that ref.
    void remove_ledger(const EnvironmentFacts& environment) {
        m_actors.trace.line(Verbosity::normal,
                            fmt::format("{}: the ledger {} points to nothing that is there: it is "
                                        "removed, and begun anew",
                                        environment.name, environment.ledger_ref));
        const std::vector<RefUpdate> updates{{.ref = environment.ledger_ref,
                                              .expected = *environment.ledger_id,
                                              .desired = ObjectId{}}};
        (void)m_actors.remote.push(updates, {.atomicity = Atomicity::one_by_one, .options = {}});
    }

    [[nodiscard]] PushRefused with_way_out(const PushRefused& refusal, const ObjectId& to) const {
        std::vector<std::string> hints = refusal.hints();
        hints.push_back(
            fmt::format("or without a force push: headway rollback {} --to {} "
                        "--strategy restore",
                        m_request.target.name, to.hex()));
        return {refusal.kind(), refusal.code(), refusal.what(), refusal.because(),
                std::move(hints)};
    }

    const Actors& m_actors;
    RollbackRequest m_request;
    RollbackOutcome m_outcome;
    PushOutcome m_last;
    Unanswered m_unanswered;
    bool m_sent = false;
};

}  // namespace

std::string_view word_of(Strategy strategy) noexcept {
    switch (strategy) {
        case Strategy::reset:
            return "reset";
        case Strategy::restore:
            return "restore";
        case Strategy::automatic:
            break;
    }
    return "auto";
}

RollbackOutcome roll_back(const Actors& actors, const RollbackRequest& request) {
    try {
        return Run(actors, request).finish();
    } catch (const Interrupted& error) {
        if (!error.because().empty()) {
            throw;
        }
        throw Interrupted(error.what(), "nothing was moved", {"run the same command again"});
    }
}

}  // namespace headway::core
