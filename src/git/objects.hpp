#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "headway/git_remote.hpp"

namespace headway::git {

enum class ObjectType { commit, tree, blob, tag };

/// The id that git gives to these bytes (SHA-1 of "<type> <size>\0<bytes>"), through libgit2.
[[nodiscard]] ObjectId object_id_of(ObjectType type, std::string_view bytes);

/// Reads a commit object as stored. Throws Error(failed) for bytes that are no commit; the
/// reason is libgit2's, printable. Author and committer lines that old importers left unfinished
/// are read as git reads them: no address, no time, UTC. Bounds: 1 MiB of bytes, 256 parents (the
/// Linux kernel has a merge of 66). Cheap in numbers while an ObjectStore is alive: it keeps
/// libgit2 started.
[[nodiscard]] Commit parse_commit(const ObjectId& id, std::string_view bytes);

/// The objects of one push, kept in memory: nothing here touches a disk, so that headway works in
/// an empty root folder. Not for use by several threads.
class ObjectStore {
public:
    ObjectStore();
    ObjectStore(const ObjectStore&) = delete;
    ObjectStore& operator=(const ObjectStore&) = delete;
    ~ObjectStore();

    /// Writes the commit, and the empty tree when that is its tree, and tells the commit's id.
    /// Parents and other trees need not be here: the server has them. Names and addresses are
    /// cleaned of '<', '>', newlines and control characters as git does (ident.c).
    ObjectId add_commit(const CommitDraft& draft);

    /// Writes a tree or a file as it is stored, and tells its id.
    ObjectId add_object(ObjectType type, std::string_view bytes);

    /// All that was added, as one pack (git's gitformat-pack); 32 bytes when nothing was.
    [[nodiscard]] std::string pack() const;

    void clear();

private:
    struct Implementation;
    std::unique_ptr<Implementation> m_implementation;
};

}  // namespace headway::git
