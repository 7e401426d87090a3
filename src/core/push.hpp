#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ledger.hpp"
#include "headway/clock.hpp"
#include "headway/forge.hpp"
#include "headway/git_remote.hpp"
#include "headway/trace.hpp"

namespace headway::core {

/// Who writes an event, and where the remote's words are explained.
struct Author {
    std::string name;  ///< Of the event's commit.
    std::string email;
    std::string actor;    ///< Who started this run: a person or a bot.
    std::string run_url;  ///< The pipeline; may be empty.
};

/// Whether an event stands on what the ledger holds; it cannot where that is no commit.
enum class Chain { goes_on, begins_anew };

/// The branch's and the ledger's part of one environment's change. At least one of them moves.
struct RefChange {
    std::string environment;
    std::string branch_ref;
    ObjectId from;  ///< Null: the branch does not exist.
    ObjectId to;    ///< Equal to `from`: only the ledger moves.
    /// Where `to` is a new commit of headway's own: what it is made of. It goes with the push.
    std::optional<CommitDraft> own_commit{};
    std::string ledger_ref;  ///< Empty: the ledger is off.
    ObjectId ledger_from;    ///< Null: the ledger does not exist.
    Chain chain = Chain::goes_on;
    Event event;
};

enum class PushResult {
    moved,
    lost_race,  ///< Somebody else moved a ref first; nothing moved, or what moved is on record.
    uncertain,  ///< The answer never came: read the refs again.
};

struct PushOutcome {
    PushResult result = PushResult::moved;
    /// One per change: the event that was sent, as it will be read back; nothing where none was.
    std::vector<std::optional<LedgerTip>> events;
    std::vector<bool> in_place;  ///< One per change: its branch is where it should be.
    std::string because;         ///< Of a lost race or an uncertain push, for -v.
};

/// The server understood the push and refused it for another reason than a race.
class PushRefused : public Error {
public:
    PushRefused(RefusalKind kind, ExitCode code, std::string what, std::string because,
                std::vector<std::string> hints)
        : Error(code, std::move(what), std::move(because), std::move(hints)), m_kind(kind) {}

    [[nodiscard]] RefusalKind kind() const noexcept { return m_kind; }

private:
    RefusalKind m_kind;
};

/// The seams and names that acting needs. All outlive the calls they are given to.
struct Actors {
    GitRemote& remote;
    const Forge& forge;
    Clock& clock;
    Trace& trace;
    RefusalContext context;  ///< `environment` and `ref` are filled in per refusal.
    Author author;
};

/// Moves branches and ledgers by compare-and-swap, in one push where the server can move several
/// refs as one; elsewhere the branches first and the ledgers second, which is said.
/// Throws PushRefused in the forge's words when the server refuses for any other reason than a
/// race; then no branch has moved (all_or_nothing) or the message names those that have.
[[nodiscard]] PushOutcome push_changes(const Actors& actors, std::vector<RefChange> changes);

/// Who signs what is made now: the configured identity and the clock's time.
[[nodiscard]] Signature signature_of(const Actors& actors);

/// Makes the change end in a new commit of headway's own, and tells the event.
void end_in(const Actors& actors, RefChange& change, CommitDraft draft);

}  // namespace headway::core
