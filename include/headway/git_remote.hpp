#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headway/error.hpp"
#include "headway/object_id.hpp"

namespace headway {

struct Signature {
    std::string name;
    std::string email;
    std::int64_t when = 0;   ///< Seconds since the epoch, UTC.
    int offset_minutes = 0;  ///< Of the author's clock.
};

struct Commit {
    ObjectId id;
    ObjectId tree;
    std::vector<ObjectId> parents;
    Signature author;
    Signature committer;
    std::string message;  ///< As stored; hostile text.

    /// The message's first line, made printable.
    [[nodiscard]] std::string subject() const;
};

/// A commit to be made; its id follows from its content.
struct CommitDraft {
    ObjectId tree;
    std::vector<ObjectId> parents;
    Signature author;
    Signature committer;
    std::string message;
};

struct RefTip {
    std::string name;  ///< Full: "refs/heads/main".
    ObjectId id;
};

struct RemoteRefs {
    std::vector<RefTip> tips;
    /// Where HEAD points ("refs/heads/main"), when "HEAD" was asked for and the server tells.
    std::optional<std::string> head_target;

    [[nodiscard]] std::optional<ObjectId> find(std::string_view name) const noexcept;
};

/// How far `commits_between` looks.
struct Reach {
    /// At most this many generations from each want; 0: all of them.
    std::size_t generations = 0;
};

struct CommitList {
    /// Those commits reachable from the wants that the server could not prove to be reachable
    /// from the haves. Children before parents where the server sent them so; never twice.
    std::vector<Commit> commits;
    /// True when `Reach::generations` cut the list off.
    bool cut = false;

    [[nodiscard]] const Commit* find(const ObjectId& id) const noexcept;
};

/// One line of a push: compare-and-swap of a ref. A null `expected` means that the ref must not
/// exist; a null `desired` deletes it.
struct RefUpdate {
    std::string ref;
    ObjectId expected;
    ObjectId desired;
};

enum class RefOutcome { accepted, rejected, unreported };

struct RefReport {
    std::string ref;
    RefOutcome outcome = RefOutcome::unreported;
    std::string reason;  ///< The server's words after "ng", printable.
};

struct PushReport {
    /// Empty when the server unpacked the objects; else its words, printable.
    std::string unpack_error;
    std::vector<RefReport> refs;               ///< One per update, in the updates' order.
    std::vector<std::string> server_messages;  ///< Side-band 2, one a line, printable, bounded.

    [[nodiscard]] bool all_accepted() const noexcept;
    [[nodiscard]] bool any_accepted() const noexcept;
};

/// What the receiving side offers (git's protocol-capabilities document).
struct PushAbilities {
    bool atomic = false;
    bool push_options = false;
    bool report_status = false;
};

enum class Atomicity { all_or_nothing, one_by_one };

struct PushOptions {
    Atomicity atomicity = Atomicity::all_or_nothing;
    std::vector<std::string> options;  ///< Sent only where PushAbilities::push_options.
};

/// What a three-way merge of trees came to.
struct TreeMerge {
    std::optional<ObjectId> tree;        ///< The merged tree; nothing where there are conflicts.
    std::vector<std::string> conflicts;  ///< Paths, printable, sorted; bounded.
};

/// The server does not have an object that was asked for.
class UnknownObject : public Error {
public:
    UnknownObject(const ObjectId& id, std::string because)
        : Error(ExitCode::refused, "the remote does not have commit " + id.hex(),
                std::move(because), {"push the commit to the source branch first"}),
          m_id(id) {}
    [[nodiscard]] const ObjectId& id() const noexcept { return m_id; }

private:
    ObjectId m_id;
};

/// The push was sent but its answer never came: the refs may or may not have moved. Reading
/// them again tells.
class PushUncertain : public Error {
public:
    using Error::Error;
};

/// Seam: the git server that a team already has. Implementations: smart HTTP (git's protocol v2
/// and v0) and a repository on this machine (libgit2). Every call is one bounded exchange.
class GitRemote {
public:
    GitRemote() = default;
    GitRemote(const GitRemote&) = delete;
    GitRemote& operator=(const GitRemote&) = delete;
    virtual ~GitRemote() = default;

    /// The tips of exactly these refs (full names, or "HEAD", which also asks for `head_target`);
    /// a name that does not exist is left out. Throws Error (refusals in the forge's words),
    /// TransportError.
    virtual RemoteRefs list_refs(std::span<const std::string> names) = 0;

    /// Commits reachable from `wants` and not from `haves`; see CommitList. A have that the
    /// server does not know excludes nothing. No tree and no file is transferred where the server
    /// can leave them out. Throws UnknownObject for a want that the server does not have.
    virtual CommitList commits_between(std::span<const ObjectId> wants,
                                       std::span<const ObjectId> haves, Reach reach) = 0;

    /// The text of a file in the root folder of `commit`, at most 1 MiB; nothing when there is
    /// no such file. Throws Error where the server cannot hand out single files.
    virtual std::optional<std::string> read_file(const ObjectId& commit, std::string_view name) = 0;

    /// Costs one request the first time. `promote` asks only when the ledger does not tell.
    virtual PushAbilities push_abilities() = 0;

    /// Makes the commit (and, where `tree` is the empty tree, that tree) part of the next push
    /// and tells its id. No traffic.
    virtual ObjectId add_commit(const CommitDraft& draft) = 0;

    /// The three-way merge of `ours` and `theirs`, which both come from `base`; all are ids of
    /// trees. An entry that one side left as it was is the other side's; regular files that both
    /// changed are merged as texts. All else is a conflict (deleted and changed, both added, links,
    /// submodules, binary files, a file against a folder). Renames are not looked for, and
    /// .gitattributes does not count. Reads only what differs, one exchange for a level of
    /// folders; when conflicts were met, nothing below that level. The new trees and files become
    /// part of the next push. Bounds: 64 levels, 20,000 objects, 64 MiB. Throws Error beyond them,
    /// and where the server cannot hand out single folders and files.
    virtual TreeMerge merge_trees(const ObjectId& base, const ObjectId& ours,
                                  const ObjectId& theirs) = 0;

    /// Sends the added commits and all updates as one push. With `all_or_nothing` the server is
    /// asked to move every ref or none. Never sent twice by itself. Throws PushUncertain when
    /// the answer is missing; Error when the server refused before looking at refs (HTTP 401,
    /// 403, …). After this call, thrown or not, nothing that was added is left.
    virtual PushReport push(std::span<const RefUpdate> updates, const PushOptions& options) = 0;
};

}  // namespace headway
