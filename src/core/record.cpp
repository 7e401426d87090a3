#include "core/record.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/object_ids.hpp"
#include "core/promote.hpp"

namespace headway::core {

namespace {

Event verdict_event(const Actors& actors, const EnvironmentTarget& target, const ObjectId& commit,
                    EventKind verdict, const std::string& words,
                    const std::optional<LedgerTip>& ledger) {
    Event event;
    event.kind = verdict;
    event.environment = target.name;
    event.commit = commit;
    event.actor = actors.author.actor;
    event.run_url = actors.author.run_url;
    event.reason = words;
    if (ledger) {
        const Event& last = ledger->event;
        event.previous = last.previous;
        event.verified = last.verified;
        event.verified_since = last.verified_since;
        event.hold = last.hold;
        event.manner = last.manner;
        event.tip = last.tip;
        if (last.commit != commit) {
            event.tip.reset();
            event.drift = unless_null(last.commit);
            event.previous = unless_null(last.commit);
        }
    }
    if (verdict == EventKind::verified && event.verified != commit) {
        event.verified = commit;
        event.verified_since = actors.clock.now().time_since_epoch().count();
    } else if (verdict == EventKind::unhealthy && event.verified == commit) {
        event.verified.reset();
        event.verified_since = 0;
    }
    return event;
}

bool says_the_same(const LedgerTip& ledger, const ObjectId& commit, EventKind verdict) {
    return ledger.event.kind == verdict && ledger.event.commit == commit;
}

}  // namespace

std::string_view word_of(Recording recording) {
    switch (recording) {
        case Recording::recorded:
            return "recorded";
        case Recording::known_already:
            return "known-already";
        case Recording::overtaken:
            return "overtaken";
        case Recording::off:
            break;
    }
    return "off";
}

EnvironmentFacts look_at(GitRemote& remote, const EnvironmentTarget& target) {
    std::vector<std::string> names;
    add_refs(target, names);
    EnvironmentFacts facts = facts_of(target, remote.list_refs(names));
    if (facts.ledger_id) {
        read_ledger(read_newest(remote, {}, {*facts.ledger_id}, {}), facts);
        // The files are compared where the branch is to move; here nothing moves.
        facts.joined = claims_own_tip(facts);
    }
    if (!facts.ledger_damage.empty()) {
        const Refusal refusal = damaged_ledger(facts);
        throw Error(ExitCode::refused, refusal.what, refusal.because, refusal.hints);
    }
    return facts;
}

Recording record_verdict(const Actors& actors, const EnvironmentTarget& target,
                         const ObjectId& commit, EventKind verdict, const std::string& words,
                         const std::optional<LedgerTip>& known) {
    if (target.ledger_ref.empty()) {
        return Recording::off;
    }
    std::optional<LedgerTip> ledger = known;
    ObjectId tip = known ? known->event.branch_tip() : commit;
    PushOutcome last;
    Unanswered unanswered;
    for (unsigned attempt = 1; attempt <= k_attempts; ++attempt) {
        if (!ledger || attempt > 1) {
            const EnvironmentFacts facts =
                after(last, [&] { return look_at(actors.remote, target); });
            if (facts.deployed() != commit) {
                return Recording::overtaken;
            }
            tip = *facts.tip;
            ledger = facts.ledger;
        }
        if (ledger && says_the_same(*ledger, commit, verdict)) {
            return Recording::known_already;
        }
        RefChange change;
        change.environment = target.name;
        change.branch_ref = target.branch_ref;
        change.from = tip;
        change.to = tip;
        change.ledger_ref = target.ledger_ref;
        change.ledger_from = ledger ? ledger->id : ObjectId{};
        change.event = verdict_event(actors, target, commit, verdict, words, ledger);
        unanswered.before_push(last);
        last = push_changes(actors, {std::move(change)});
        unanswered.after_push(last);
        if (last.result == PushResult::moved) {
            return Recording::recorded;
        }
        after(last, [&] { wait_before_retry(actors, attempt, last.because); });
    }
    throw gave_up(last.because);
}

}  // namespace headway::core
