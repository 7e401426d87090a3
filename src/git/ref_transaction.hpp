#pragma once

#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "git/libgit2.hpp"
#include "git/packed_refs.hpp"
#include "headway/git_remote.hpp"

namespace headway::git {

/// Why each update cannot be made, in its place; empty where it can.
using Reasons = std::vector<std::string>;

[[nodiscard]] bool any_of(const Reasons& reasons);

/// Compares every ref with what the update expects, and looks for refs whose names exclude each
/// other ("a" and "a/b"). Reasons are in git's words. Throws Error(failed) where a ref cannot be
/// read.
[[nodiscard]] Reasons compare_refs(git_repository& repository, std::span<const RefUpdate> updates);

/// Moves several refs of a repository on this machine: all locked, compared by the caller, then
/// all written. What was not committed is unlocked and unchanged when the transaction goes.
class RefTransaction {
public:
    /// The repository and the updates outlive the transaction.
    RefTransaction(git_repository& repository, std::span<const RefUpdate> updates);

    /// Locks all refs as git does (ref + ".lock"), without waiting. Gives up at the first that
    /// another process has locked. Throws Error(failed) where no lock can be written.
    [[nodiscard]] Reasons lock();

    /// Writes the new values into the lock files, as git's own "prepare" does: a disk that is
    /// full is found here, where nothing has moved yet. Throws Error(failed).
    void prepare();

    /// Throws Error(failed) when it broke off, with any number of the refs moved.
    void commit();

private:
    git_repository& m_repository;
    std::span<const RefUpdate> m_updates;
    std::set<std::string> m_deleted;
    std::unique_ptr<PackedRefsLock> m_packed;  ///< While refs are deleted.
    TransactionHandle m_transaction;
};

}  // namespace headway::git
