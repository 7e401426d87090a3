#include "core/push.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "core/object_ids.hpp"
#include "headway/text.hpp"

namespace headway::core {

namespace {

bool moves_branch(const RefChange& change) {
    return change.from != change.to;
}

/// How the server was found to move several refs, by the ledgers if they all agree.
PushManner known_manner(const std::vector<RefChange>& changes) {
    const bool all_atomic = std::all_of(
        changes.begin(), changes.end(),
        [](const RefChange& change) { return change.event.manner == PushManner::atomic; });
    return all_atomic ? PushManner::atomic : PushManner::unknown;
}

std::size_t count_of_refs(const std::vector<RefChange>& changes) {
    std::size_t count = 0;
    for (const RefChange& change : changes) {
        count += (moves_branch(change) ? 1U : 0U) + (change.ledger_ref.empty() ? 0U : 1U);
    }
    return count;
}

/// Asks the server only when there is something that it must move as one and no ledger tells.
PushManner settle_manner(const Actors& actors, const std::vector<RefChange>& changes) {
    const bool ledger_off = std::all_of(changes.begin(), changes.end(), [](const auto& change) {
        return change.ledger_ref.empty();
    });
    if (ledger_off && count_of_refs(changes) == 1) {
        return PushManner::atomic;
    }
    if (known_manner(changes) == PushManner::atomic) {
        return PushManner::atomic;
    }
    return actors.remote.push_abilities().atomic ? PushManner::atomic : PushManner::one_by_one;
}

RefUpdate branch_update(const Actors& actors, const RefChange& change) {
    if (change.own_commit) {
        (void)actors.remote.add_commit(*change.own_commit);
    }
    return {.ref = change.branch_ref, .expected = change.from, .desired = change.to};
}

/// Makes the event's commit a part of the next push.
LedgerTip stage_event(const Actors& actors, const RefChange& change) {
    const Signature identity = signature_of(actors);
    const auto parent =
        change.chain == Chain::goes_on ? unless_null(change.ledger_from) : std::nullopt;
    const ObjectId id = actors.remote.add_commit(draft_of(change.event, parent, identity));
    return {.id = id, .when = identity.when, .event = change.event};
}

RefUpdate ledger_update(const RefChange& change, const LedgerTip& event) {
    return {.ref = change.ledger_ref, .expected = change.ledger_from, .desired = event.id};
}

const RefChange* owner_of(const std::vector<RefChange>& changes, const std::string& ref) {
    const auto found = std::find_if(changes.begin(), changes.end(), [&](const RefChange& change) {
        return change.branch_ref == ref || change.ledger_ref == ref;
    });
    return found == changes.end() ? nullptr : &*found;
}

/// What a refusal has to own up to; `earlier` is the report of a push before this one.
std::string moved_so_far(const PushReport& earlier, const PushReport& report) {
    std::string text;
    for (const auto* const refs : {&earlier.refs, &report.refs}) {
        for (const RefReport& ref : *refs) {
            if (ref.outcome == RefOutcome::accepted) {
                text += (text.empty() ? "" : ", ") + ref.ref;
            }
        }
    }
    return text.empty() ? "nothing moved" : "already moved: " + text;
}

/// The report as one verdict: a race when every refused ref lost one, else the first refusal
/// that is not merely a consequence of another, in the forge's words.
class Verdict {
public:
    Verdict(const Actors& actors, const std::vector<RefChange>& changes, const PushReport& report,
            const PushReport& earlier)
        : m_actors(actors), m_changes(changes), m_report(report), m_earlier(earlier) {}

    /// True: lost race. Throws for a real refusal.
    [[nodiscard]] bool lost_race(std::string& because) const {
        if (!m_report.unpack_error.empty()) {
            RefReport whole;
            whole.outcome = RefOutcome::rejected;
            whole.reason = m_report.unpack_error;
            refuse(whole, explain(whole));
        }
        const RefReport* raced = nullptr;
        const RefReport* consequence = nullptr;
        for (const RefReport& ref : m_report.refs) {
            if (ref.outcome == RefOutcome::accepted) {
                continue;
            }
            const Diagnosis diagnosis = explain(ref);
            if (diagnosis.kind == RefusalKind::lost_race) {
                raced = &ref;
            } else if (diagnosis.kind == RefusalKind::part_of_atomic) {
                consequence = &ref;
            } else {
                refuse(ref, diagnosis);
            }
        }
        if (raced == nullptr && consequence != nullptr) {
            raced = consequence;
        }
        if (raced != nullptr) {
            because = fmt::format("{}: {}", raced->ref, raced->reason);
        }
        return raced != nullptr;
    }

private:
    [[nodiscard]] Diagnosis explain(const RefReport& ref) const {
        ServerWords words;
        words.http_status = 200;
        words.messages = m_report.server_messages;
        words.ref_reason = ref.outcome == RefOutcome::unreported
                               ? "the server reported no status for this ref"
                               : ref.reason;
        return m_actors.forge.explain(words, context(ref));
    }

    [[nodiscard]] RefusalContext context(const RefReport& ref) const {
        RefusalContext context = m_actors.context;
        context.ref = ref.ref;
        if (const RefChange* const owner = owner_of(m_changes, ref.ref)) {
            context.environment = owner->environment;
        }
        return context;
    }

    [[noreturn]] void refuse(const RefReport& ref, const Diagnosis& diagnosis) const {
        const std::string what =
            ref.ref.empty() ? "the server could not store the push"
                            : fmt::format("the server refused to move {}", short_name(ref.ref));
        throw PushRefused(
            diagnosis.kind, diagnosis.code, what,
            fmt::format("{}; {}", diagnosis.because, moved_so_far(m_earlier, m_report)),
            diagnosis.hints);
    }

    static std::string short_name(const std::string& ref) {
        constexpr std::string_view k_heads = "refs/heads/";
        return ref.starts_with(k_heads) ? ref.substr(k_heads.size()) : ref;
    }

    const Actors& m_actors;
    const std::vector<RefChange>& m_changes;
    const PushReport& m_report;
    const PushReport& m_earlier;
};

/// A server that took part of an all-or-nothing push: a ledger that moved without its branch
/// would tell of a move that never was, so it is put back.
void take_back_orphans(const Actors& actors, const std::vector<RefChange>& changes,
                       const std::vector<RefUpdate>& updates, const PushReport& report) {
    const auto accepted = [&](const std::string& name) {
        return std::any_of(report.refs.begin(), report.refs.end(), [&](const RefReport& ref) {
            return ref.ref == name && ref.outcome == RefOutcome::accepted;
        });
    };
    std::vector<RefUpdate> back;
    for (const RefUpdate& update : updates) {
        const RefChange* const owner = owner_of(changes, update.ref);
        if (owner != nullptr && update.ref == owner->ledger_ref && accepted(update.ref) &&
            moves_branch(*owner) && !accepted(owner->branch_ref)) {
            back.push_back(
                {.ref = update.ref, .expected = update.desired, .desired = update.expected});
        }
    }
    if (!back.empty()) {
        actors.trace.line(Verbosity::normal,
                          "the server moved refs one by one although it offered to move them as "
                          "one: putting the ledger back");
        (void)actors.remote.push(back, {.atomicity = Atomicity::one_by_one, .options = {}});
    }
}

/// Sends one push and judges its report; `uncertain` when the answer never came. `report` comes
/// with what an earlier push of the same changes did, if there was one.
PushResult send(const Actors& actors, const std::vector<RefChange>& changes,
                const std::vector<RefUpdate>& updates, Atomicity atomicity, PushReport& report,
                std::string& because) {
    const PushReport earlier = std::exchange(report, {});
    try {
        report = actors.remote.push(updates, {.atomicity = atomicity, .options = {}});
    } catch (const PushUncertain& error) {
        because = error.because().empty() ? error.what() : error.because();
        return PushResult::uncertain;
    }
    for (const std::string& line : report.server_messages) {
        actors.trace.line(Verbosity::verbose, "remote: " + line);
    }
    if (report.all_accepted()) {
        return PushResult::moved;
    }
    if (atomicity == Atomicity::all_or_nothing && report.any_accepted()) {
        take_back_orphans(actors, changes, updates, report);
    }
    const Verdict verdict(actors, changes, report, earlier);
    return verdict.lost_race(because) ? PushResult::lost_race : PushResult::moved;
}

/// git leaves hidden refs (transfer.hideRefs) out of an atomic push instead of refusing the whole,
/// and a server without atomic pushes does so with every ref: the branch would move without its
/// event. So before a ledger is first made, an update of it that
/// cannot succeed (it expects the ref to exist) shows whether the server takes such refs at all.
void rehearse_new_ledgers(const Actors& actors, const std::vector<RefChange>& changes) {
    std::vector<RefUpdate> updates;
    for (const RefChange& change : changes) {
        if (moves_branch(change) && !change.ledger_ref.empty() && change.ledger_from.is_null()) {
            updates.push_back(ledger_update(change, stage_event(actors, change)));
            updates.back().expected = change.to;
        }
    }
    if (updates.empty()) {
        return;
    }
    PushReport report;
    std::string because;
    (void)send(actors, changes, updates, Atomicity::one_by_one, report, because);
}

PushOutcome push_as_one(const Actors& actors, const std::vector<RefChange>& changes) {
    rehearse_new_ledgers(actors, changes);
    PushOutcome outcome;
    std::vector<RefUpdate> updates;
    for (const RefChange& change : changes) {
        if (moves_branch(change)) {
            updates.push_back(branch_update(actors, change));
        }
        std::optional<LedgerTip> event;
        if (!change.ledger_ref.empty()) {
            event = stage_event(actors, change);
            updates.push_back(ledger_update(change, *event));
        }
        outcome.events.push_back(std::move(event));
    }
    PushReport report;
    outcome.result =
        send(actors, changes, updates, Atomicity::all_or_nothing, report, outcome.because);
    outcome.in_place.assign(changes.size(), outcome.result == PushResult::moved);
    return outcome;
}

/// Which of the changes have their branch where it should be.
std::vector<bool> branches_in_place(const std::vector<RefChange>& changes,
                                    const PushReport& report) {
    std::vector<bool> in_place;
    in_place.reserve(changes.size());
    for (const RefChange& change : changes) {
        in_place.push_back(
            !moves_branch(change) ||
            std::any_of(report.refs.begin(), report.refs.end(), [&](const RefReport& ref) {
                return ref.ref == change.branch_ref && ref.outcome == RefOutcome::accepted;
            }));
    }
    return in_place;
}

/// The first of the two pushes. A refusal is kept in `refusal`, so that what did move is put on
/// record before the user hears of it.
PushReport push_branches(const Actors& actors, const std::vector<RefChange>& changes,
                         PushOutcome& outcome, std::exception_ptr& refusal) {
    std::vector<RefUpdate> branches;
    for (const RefChange& change : changes) {
        if (moves_branch(change)) {
            branches.push_back(branch_update(actors, change));
        }
    }
    PushReport report;
    if (!branches.empty()) {
        try {
            outcome.result =
                send(actors, changes, branches, Atomicity::one_by_one, report, outcome.because);
        } catch (const Error&) {
            refusal = std::current_exception();
        }
    }
    return report;
}

PushOutcome push_one_by_one(const Actors& actors, const std::vector<RefChange>& changes) {
    rehearse_new_ledgers(actors, changes);
    PushOutcome outcome;
    outcome.events.resize(changes.size());
    std::exception_ptr refusal;
    PushReport report = push_branches(actors, changes, outcome, refusal);
    outcome.in_place = branches_in_place(changes, report);
    if (outcome.result == PushResult::uncertain) {
        return outcome;
    }
    std::vector<RefUpdate> ledgers;
    for (std::size_t index = 0; index < changes.size(); ++index) {
        if (outcome.in_place[index] && !changes[index].ledger_ref.empty()) {
            outcome.events[index] = stage_event(actors, changes[index]);
            ledgers.push_back(ledger_update(changes[index], *outcome.events[index]));
        }
    }
    if (!ledgers.empty()) {
        if (std::any_of(changes.begin(), changes.end(), moves_branch)) {
            actors.trace.line(Verbosity::normal,
                              "this server cannot move several refs as one: the branch goes "
                              "first, its ledger event second");
        }
        const PushResult second =
            send(actors, changes, ledgers, Atomicity::one_by_one, report, outcome.because);
        outcome.result = second == PushResult::moved ? outcome.result : second;
    }
    if (refusal) {
        std::rethrow_exception(refusal);
    }
    return outcome;
}

}  // namespace

Signature signature_of(const Actors& actors) {
    return {.name = actors.author.name,
            .email = actors.author.email,
            .when = actors.clock.now().time_since_epoch().count(),
            .offset_minutes = 0};
}

void end_in(const Actors& actors, RefChange& change, CommitDraft draft) {
    change.to = actors.remote.add_commit(draft);
    change.event.tip = change.to;
    change.own_commit = std::move(draft);
}

PushOutcome push_changes(const Actors& actors, std::vector<RefChange> changes) {
    const PushManner manner = settle_manner(actors, changes);
    for (RefChange& change : changes) {
        change.event.manner = manner;
    }
    return manner == PushManner::atomic ? push_as_one(actors, changes)
                                        : push_one_by_one(actors, changes);
}

}  // namespace headway::core
