#pragma once

#include <set>
#include <string>

namespace headway::git {

/// The lock of a repository's packed-refs file, held as git holds it while refs are deleted:
/// nobody packs a ref again that is about to go. (libgit2 alone would write back what it read
/// before it had the lock, and so lose what another process packed meanwhile.)
class PackedRefsLock {
public:
    /// `folder`: the common git folder, with a slash at its end. Does not wait. Throws
    /// Error(failed) where the lock cannot be written.
    explicit PackedRefsLock(const std::string& folder);
    PackedRefsLock(const PackedRefsLock&) = delete;
    PackedRefsLock& operator=(const PackedRefsLock&) = delete;
    ~PackedRefsLock();

    /// False when another process has the lock.
    [[nodiscard]] bool held() const noexcept { return m_held; }

    /// Takes these refs out of the file. Throws Error(failed); then the file is unchanged.
    void remove(const std::set<std::string>& refs) const;

private:
    std::string m_target;
    bool m_held = false;
};

}  // namespace headway::git
