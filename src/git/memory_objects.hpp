#pragma once

#include <git2.h>
#include <git2/sys/odb_backend.h>

#include <string>
#include <string_view>
#include <vector>

#include "headway/git_remote.hpp"
#include "libgit2.hpp"
#include "objects.hpp"

namespace headway::git {

/// libgit2's word for the type.
[[nodiscard]] git_object_t native_type(ObjectType type) noexcept;

/// A repository without a folder: an object database in memory and nothing else. Not for use by
/// several threads.
class MemoryObjects {
public:
    MemoryObjects();

    /// As ObjectStore::add_commit.
    ObjectId add_commit(const CommitDraft& draft);

    /// As ObjectStore::add_object.
    ObjectId add_object(ObjectType type, std::string_view bytes);

    /// As ObjectStore::pack.
    [[nodiscard]] std::string pack() const;

    /// Reads a commit that need not be a part of the pack. Throws Error(failed) with libgit2's
    /// reason, also where the bytes do not have that id.
    [[nodiscard]] CommitHandle read_commit(const ObjectId& id, std::string_view bytes) const;

    /// Writes all that was added to another object database, parts before what names them.
    void copy_to(git_odb& target) const;

    [[nodiscard]] bool empty() const noexcept { return m_added.empty(); }

private:
    void remember(const ObjectId& id);

    Library m_library;
    OdbHandle m_odb;
    RepositoryHandle m_repository;
    git_odb_backend* m_backend = nullptr;  ///< Belongs to m_odb.
    std::vector<ObjectId> m_added;
};

}  // namespace headway::git
