#include "core/promote.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace headway::core {

namespace {

Event event_of(const Actors& actors, const PromoteRequest& request, const Move& move) {
    Event event;
    event.kind = EventKind::promoted;
    event.environment = move.environment;
    event.commit = move.to;
    event.actor = actors.author.actor;
    event.run_url = actors.author.run_url;
    event.reason = request.reason;
    event.drift = move.drift;
    event.previous = move.from;
    event.overridden = move.overridden;
    if (move.ledger) {
        event.verified = move.ledger->event.verified;
        event.verified_since = move.ledger->event.verified_since;
        event.manner = move.ledger->event.manner;
    }
    if (move.action == Action::record) {
        const bool known = move.ledger && !move.ledger->event.commit.is_null();
        event.previous = known ? std::optional(move.ledger->event.commit) : std::nullopt;
        event.hold = move.ledger ? move.ledger->event.hold : std::nullopt;
        event.reason = "found on the branch, not moved by this run";
    }
    return event;
}

/// The branch holds a commit of headway's own since a restore: a merge with the candidate's files
/// makes it a descendant of the source branch again, and is a fast-forward.
CommitDraft joining_commit(const Actors& actors, const Move& move) {
    const Signature identity = signature_of(actors);
    return {
        .tree = move.to_tree,
        .parents = {*move.tip, move.to},
        .author = identity,
        .committer = identity,
        .message = fmt::format("Promote {0} to {1}\n\nThe branch has commits of its own since a "
                               "rollback that restored a version on it.\nThis merge joins "
                               "it with its source again; the files are those of {2}.\n",
                               move.to.short_hex(), move.environment, move.to.hex())};
}

RefChange change_of(const Actors& actors, const PromoteRequest& request, const Move& move) {
    RefChange change;
    change.environment = move.environment;
    change.branch_ref = move.branch_ref;
    change.from = move.tip.value_or(ObjectId{});
    change.to = move.to;
    change.ledger_ref = move.ledger_ref;
    change.ledger_from = move.ledger_parent.value_or(ObjectId{});
    change.event = event_of(actors, request, move);
    if (move.action == Action::join) {
        end_in(actors, change, joining_commit(actors, move));
    }
    return change;
}

/// Remembers across plans what this run moved: after a lost race or a lost answer the next plan
/// finds it "done already".
class Progress {
public:
    explicit Progress(std::size_t environments)
        : m_placements(environments), m_unanswered(environments) {}

    void planned(const Plan& plan) {
        for (std::size_t index = 0; index < plan.moves.size(); ++index) {
            const Move& move = plan.moves[index];
            Placement& placement = m_placements.at(index);
            const bool arrived = move.action == Action::done_already ||
                                 (move.action == Action::record && placement.moved);
            const std::optional<ObjectId> unanswered = std::exchange(m_unanswered[index], {});
            if (!placement.moved && unanswered && move.ledger && move.ledger->id == *unanswered) {
                placement.moved = placement.move.moves_branch();  // The lost answer was a yes.
            }
            if (!placement.moved || !arrived) {
                placement.move = move;
                placement.moved = false;
            }
            placement.ledger = move.ledger;
        }
    }

    /// `writing` are the indexes into the plan's moves of the push's changes.
    void pushed(const std::vector<std::size_t>& writing, const PushOutcome& outcome) {
        for (std::size_t change = 0; change < writing.size(); ++change) {
            Placement& placement = m_placements.at(writing[change]);
            if (outcome.events[change]) {
                placement.ledger = outcome.events[change];
            }
            // After a lost race this very event may be in the ledger, too: another run with the
            // same words in the same second makes the same commit, and it moved the branch.
            if (outcome.events[change] && outcome.result == PushResult::uncertain) {
                m_unanswered[writing[change]] = outcome.events[change]->id;
            }
            if (outcome.in_place[change] && placement.move.moves_branch()) {
                placement.moved = true;
            }
        }
    }

    [[nodiscard]] bool has_moved() const {
        return std::any_of(m_placements.begin(), m_placements.end(),
                           [](const Placement& placement) { return placement.moved; });
    }

    [[nodiscard]] std::vector<Placement> placements() const { return m_placements; }

private:
    std::vector<Placement> m_placements;
    std::vector<std::optional<ObjectId>> m_unanswered;  ///< The event of an unanswered push.
};

}  // namespace

std::chrono::milliseconds backoff(unsigned attempt, std::uint64_t seed) noexcept {
    constexpr std::uint64_t k_first = 10;
    constexpr unsigned k_most_doublings = 6;
    const std::uint64_t base = k_first
                               << std::min(attempt - std::min(attempt, 1U), k_most_doublings);
    return std::chrono::milliseconds(base + seed % (base + 1));
}

Error gave_up(const std::string& last_because) {
    return {ExitCode::failed,
            fmt::format("the branch kept moving: {} plans were overtaken", k_attempts),
            "the last time: " + last_because,
            {"run the same command again when fewer jobs promote at once (resource_group in "
             ".gitlab-ci.yml serialises them)"}};
}

void Unanswered::before_push(const PushOutcome& last) const {
    if (m_count >= k_unanswered) {
        throw Error(ExitCode::failed,
                    fmt::format("the push was sent {} times and not carried out", m_count),
                    "the last time " + last.because, {"run the same command again"});
    }
}

[[noreturn]] void rethrow_uncertain(const Error& error, const std::string& because) {
    throw Error(error.code(), "it is not known whether the push was carried out",
                fmt::format("{}; and then: {}{}{}", because, error.what(),
                            error.because().empty() ? "" : ": ", error.because()),
                {"run the same command again: it finds out and finishes the work"});
}

void wait_before_retry(const Actors& actors, unsigned attempt, const std::string& because) {
    actors.trace.line(Verbosity::verbose, "planning again: " + because);
    const auto seed =
        static_cast<std::uint64_t>(actors.clock.monotonic().time_since_epoch().count());
    actors.clock.wait(backoff(attempt, seed));
}

namespace {

bool shows_drift(const Plan& plan) {
    return std::any_of(plan.moves.begin(), plan.moves.end(),
                       [](const Move& move) { return move.drift.has_value(); });
}

bool same_refs(const Plan& left, const Plan& right) {
    return std::equal(left.moves.begin(), left.moves.end(), right.moves.begin(), right.moves.end(),
                      [](const Move& one, const Move& other) {
                          return one.tip == other.tip && one.ledger_parent == other.ledger_parent;
                      });
}

/// A server lists its refs one after the other: while somebody else's push moves branch and ledger
/// as one, a listing may show the one moved and the other not. What is pushed compares and swaps,
/// so it only matters where drift would be told and nothing is pushed: there it is drift only when
/// a second look finds the same.
Plan settled_plan(const Actors& actors, const PromoteRequest& request) {
    constexpr unsigned k_looks = 5;
    const auto look = [&] {
        const PromotionFacts facts = survey(actors.remote, request.survey);
        return make_plan(facts, {.holds = request.survey.holds,
                                 .freeze = request.freeze,
                                 .now = actors.clock.now().time_since_epoch().count()});
    };
    Plan plan = look();
    for (unsigned looks = 1; looks < k_looks; ++looks) {
        const bool told = !plan.writes() || request.rehearsal == Rehearsal::dry_run;
        if (!told || !shows_drift(plan)) {
            break;
        }
        actors.clock.wait(backoff(looks, 0));
        Plan again = look();
        const bool settled = same_refs(plan, again);
        plan = std::move(again);
        if (settled) {
            break;
        }
    }
    return plan;
}

PromoteOutcome plan_and_push(const Actors& actors, const PromoteRequest& request,
                             Progress& progress) {
    PromoteOutcome outcome;
    PushOutcome last;
    Unanswered unanswered;
    while (outcome.attempts < k_attempts) {
        ++outcome.attempts;
        outcome.plan = after(last, [&] { return settled_plan(actors, request); });
        progress.planned(outcome.plan);
        outcome.placements = progress.placements();
        if (request.rehearsal == Rehearsal::dry_run || !outcome.plan.writes()) {
            return outcome;
        }
        std::vector<RefChange> changes;
        std::vector<std::size_t> writing;
        for (std::size_t index = 0; index < outcome.plan.moves.size(); ++index) {
            if (outcome.plan.moves[index].writes()) {
                changes.push_back(change_of(actors, request, outcome.plan.moves[index]));
                writing.push_back(index);
            }
        }
        unanswered.before_push(last);
        last = push_changes(actors, std::move(changes));
        unanswered.after_push(last);
        progress.pushed(writing, last);
        outcome.placements = progress.placements();
        if (last.result == PushResult::moved) {
            return outcome;
        }
        after(last, [&] { wait_before_retry(actors, outcome.attempts, last.because); });
    }
    throw gave_up(last.because);
}

}  // namespace

PromoteOutcome promote(const Actors& actors, const PromoteRequest& request) {
    Progress progress(request.survey.environments.size());
    try {
        return plan_and_push(actors, request, progress);
    } catch (const Interrupted& error) {
        if (!error.because().empty() || progress.has_moved()) {
            throw;
        }
        throw Interrupted(error.what(), "nothing was moved", {"run the same command again"});
    }
}

}  // namespace headway::core
