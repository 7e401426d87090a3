#include "core/hold.hpp"

#include <utility>

#include "core/promote.hpp"

namespace headway::core {

namespace {

std::vector<EnvironmentFacts> look_at_all(GitRemote& remote, const HoldRequest& request) {
    std::vector<std::string> names;
    for (const EnvironmentTarget& target : request.targets) {
        add_refs(target, names);
    }
    const RemoteRefs refs = remote.list_refs(names);
    std::vector<EnvironmentFacts> all;
    std::vector<ObjectId> ledgers;
    for (const EnvironmentTarget& target : request.targets) {
        all.push_back(facts_of(target, refs));
        if (all.back().ledger_id) {
            ledgers.push_back(*all.back().ledger_id);
        }
    }
    const Newest events = read_newest(remote, {}, ledgers, {});
    for (EnvironmentFacts& facts : all) {
        read_ledger(events, facts);
        facts.joined = claims_own_tip(facts);
    }
    return all;
}

/// The hold that is to be, and whether there is anything to change.
struct Wanted {
    std::optional<Hold> hold;
    bool changes = false;
};

Wanted wanted_hold(const Actors& actors, const HoldRequest& request,
                   const EnvironmentFacts& facts) {
    const auto present = facts.ledger ? facts.ledger->event.hold : std::nullopt;
    if (request.only_at && facts.deployed() != request.only_at) {
        return {present, false};
    }
    if (request.change == HoldChange::resume) {
        return {std::nullopt, present.has_value()};
    }
    if (present && present->reason == request.reason && present->range == request.range) {
        return {present, false};
    }
    return {Hold{.since = actors.clock.now().time_since_epoch().count(),
                 .by = actors.author.actor,
                 .reason = request.reason,
                 .range = request.range},
            true};
}

Event event_of(const Actors& actors, const HoldRequest& request, const EnvironmentFacts& facts,
               std::optional<Hold> hold) {
    Event event;
    event.kind = request.change == HoldChange::hold ? EventKind::held : EventKind::resumed;
    event.environment = facts.name;
    event.commit = facts.deployed().value_or(ObjectId{});
    event.hold = std::move(hold);
    event.actor = actors.author.actor;
    event.run_url = actors.author.run_url;
    event.reason = request.reason;
    if (facts.joined) {
        event.tip = facts.tip;
    }
    if (facts.ledger) {
        const Event& last = facts.ledger->event;
        event.previous = last.previous;
        event.verified = last.verified;
        event.verified_since = last.verified_since;
        event.manner = last.manner;
        if (event.commit != last.commit && !last.commit.is_null()) {
            event.drift = last.commit;
            event.previous = last.commit;
        }
    }
    return event;
}

RefChange change_of(const Actors& actors, const HoldRequest& request, const EnvironmentFacts& facts,
                    std::optional<Hold> hold) {
    RefChange change;
    change.environment = facts.name;
    change.branch_ref = facts.branch_ref;
    change.from = change.to = facts.tip.value_or(ObjectId{});
    change.ledger_ref = facts.ledger_ref;
    change.ledger_from = facts.ledger_id.value_or(ObjectId{});
    change.chain = facts.ledger_readable ? Chain::goes_on : Chain::begins_anew;
    change.event = event_of(actors, request, facts, std::move(hold));
    return change;
}

/// One look; false when a push lost a race or was not answered.
bool try_once(const Actors& actors, const HoldRequest& request, PushOutcome& last,
              Unanswered& unanswered, std::vector<HoldOutcome>& outcomes) {
    const auto all = after(last, [&] { return look_at_all(actors.remote, request); });
    std::vector<RefChange> changes;
    std::vector<std::size_t> changing;
    for (std::size_t index = 0; index < all.size(); ++index) {
        const EnvironmentFacts& facts = all[index];
        Wanted wanted = wanted_hold(actors, request, facts);
        HoldOutcome& outcome = outcomes[index];
        // After an unanswered push that was carried out, what this run changed is there already.
        if (!outcome.changed) {
            outcome.before = facts.ledger ? facts.ledger->event.hold : std::nullopt;
        }
        outcome.ledger = facts.ledger;
        if (wanted.changes) {
            changes.push_back(change_of(actors, request, facts, std::move(wanted.hold)));
            changing.push_back(index);
        }
    }
    if (changes.empty()) {
        return true;
    }
    unanswered.before_push(last);
    last = push_changes(actors, std::move(changes));
    unanswered.after_push(last);
    for (std::size_t change = 0; change < changing.size(); ++change) {
        HoldOutcome& outcome = outcomes[changing[change]];
        outcome.changed = last.result != PushResult::lost_race;
        if (last.result == PushResult::moved) {
            outcome.ledger = last.events[change];
        }
    }
    return last.result == PushResult::moved;
}

}  // namespace

std::vector<HoldOutcome> change_holds(const Actors& actors, const HoldRequest& request) {
    std::vector<HoldOutcome> outcomes(request.targets.size());
    for (std::size_t index = 0; index < outcomes.size(); ++index) {
        outcomes[index].environment = request.targets[index].name;
    }
    PushOutcome last;
    Unanswered unanswered;
    for (unsigned attempt = 1; attempt <= k_attempts; ++attempt) {
        if (try_once(actors, request, last, unanswered, outcomes)) {
            return outcomes;
        }
        after(last, [&] { wait_before_retry(actors, attempt, last.because); });
    }
    throw gave_up(last.because);
}

}  // namespace headway::core
