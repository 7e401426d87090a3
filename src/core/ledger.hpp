#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "headway/git_remote.hpp"
#include "headway/object_id.hpp"

namespace headway::core {

/// What happened to an environment. The words in the ledger: promoted, verified, unhealthy,
/// rolled-back, held, resumed.
enum class EventKind { promoted, verified, unhealthy, rolled_back, held, resumed };

[[nodiscard]] std::string_view word_of(EventKind kind) noexcept;

/// The commits that were found bad: those of `bad` that `good` does not contain.
struct BadRange {
    ObjectId good;
    ObjectId bad;

    friend bool operator==(const BadRange&, const BadRange&) = default;
};

/// Nothing is promoted until somebody ends it, or until a candidate mends the bad range.
struct Hold {
    std::int64_t since = 0;  ///< Seconds since the epoch.
    std::string by;
    std::string reason;
    std::optional<BadRange> range{};  ///< Nothing: an emergency stop, which no commit ends.
};

/// Whether the server moves branch and ledger as one (git's `atomic` capability). Kept in the
/// ledger, because asking costs a listing of every ref of the repository.
enum class PushManner { unknown, atomic, one_by_one };

/// One event of an environment's ledger. Besides what happened it carries all that the next
/// promotion has to know, so that only the newest event is ever read.
struct Event {
    EventKind kind = EventKind::promoted;
    std::string environment;
    /// What is deployed after the event: a commit of the source branch. Null only where an
    /// environment is held or resumed that was never deployed.
    ObjectId commit;
    /// What the branch holds, where that is a commit of headway's own (a restored or joined
    /// branch) with the files of `commit`; absent where the branch is at `commit` itself.
    std::optional<ObjectId> tip;
    std::optional<ObjectId> previous;  ///< What it held before; absent at the first deployment.
    /// The last commit that was proven to run here and has not failed since.
    std::optional<ObjectId> verified;
    std::int64_t verified_since = 0;  ///< When it was first proven; 0: not known.
    std::optional<ObjectId> drift;    ///< What the ledger had expected instead of `previous`.
    std::optional<Hold> hold;
    std::string overridden;  ///< The freeze that was overridden by this event; may be empty.
    PushManner manner = PushManner::unknown;
    std::string actor;
    std::string run_url;
    std::string reason;

    /// Where the branch is after the event.
    [[nodiscard]] const ObjectId& branch_tip() const noexcept { return tip ? *tip : commit; }
};

/// The newest event of a ledger, as read.
struct LedgerTip {
    ObjectId id;            ///< The event's own commit.
    std::int64_t when = 0;  ///< Seconds since the epoch.
    Event event;
};

/// Why a commit is not an event of this environment's ledger.
struct NotAnEvent {
    std::string because;
};

/// The commit message of an event: a subject for people, trailers for programs. Values are one
/// line each, printable and at most 300 bytes, so that no value can forge a trailer.
[[nodiscard]] std::string message_of(const Event& event);

/// Reads an event back. Anything doubtful (another environment, an unknown event, a missing,
/// repeated or malformed trailer, a tree that is not empty) is NotAnEvent; unknown trailers are
/// ignored.
[[nodiscard]] std::variant<LedgerTip, NotAnEvent> read_event(const Commit& commit,
                                                             std::string_view environment);

/// The commit that appends `event` to a ledger whose newest event is `parent`.
[[nodiscard]] CommitDraft draft_of(const Event& event, const std::optional<ObjectId>& parent,
                                   const Signature& identity);

/// "2026-11-20T21:05:00Z" (RFC 3339, UTC) and back.
[[nodiscard]] std::string timestamp(std::int64_t seconds);
[[nodiscard]] std::optional<std::int64_t> parse_timestamp(std::string_view text);

}  // namespace headway::core
