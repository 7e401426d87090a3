#include "core/record.hpp"

#include <utility>

#include <fmt/format.h>

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
        event.previous = ledger->event.previous;
        event.verified = ledger->event.verified;
        event.hold = ledger->event.hold;
        event.manner = ledger->event.manner;
        if (ledger->event.commit != commit) {
            event.drift = ledger->event.commit;
            event.previous = ledger->event.commit;
        }
    }
    if (verdict == EventKind::verified) {
        event.verified = commit;
    }
    return event;
}

bool says_the_same(const LedgerTip& ledger, const ObjectId& commit, EventKind verdict) {
    return ledger.event.kind == verdict && ledger.event.commit == commit;
}

}  // namespace

EnvironmentFacts look_at(GitRemote& remote, const EnvironmentTarget& target) {
    std::vector<std::string> names;
    add_refs(target, names);
    EnvironmentFacts facts = facts_of(target, remote.list_refs(names));
    if (facts.ledger_id) {
        const std::vector<ObjectId> wants{*facts.ledger_id};
        read_ledger(remote.commits_between(wants, {}, Reach{.generations = 1}), facts);
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
    PushOutcome last;
    Unanswered unanswered;
    for (unsigned attempt = 1; attempt <= k_attempts; ++attempt) {
        if (!ledger || attempt > 1) {
            const EnvironmentFacts facts =
                after(last, [&] { return look_at(actors.remote, target); });
            if (facts.tip != commit) {
                return Recording::overtaken;
            }
            ledger = facts.ledger;
        }
        if (ledger && says_the_same(*ledger, commit, verdict)) {
            return Recording::known_already;
        }
        RefChange change;
        change.environment = target.name;
        change.branch_ref = target.branch_ref;
        change.from = commit;
        change.to = commit;
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
