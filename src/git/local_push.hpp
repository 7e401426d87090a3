#pragma once

#include <span>
#include <string>
#include <vector>

#include "git/memory_objects.hpp"
#include "git/receive_policy.hpp"
#include "git/ref_transaction.hpp"
#include "headway/error.hpp"
#include "headway/git_remote.hpp"

namespace headway::git {

/// One push to a repository on this machine: what git-receive-pack does, through libgit2.
class LocalPush {
public:
    /// `needed`: what the objects refer to without holding it. All outlive the push.
    LocalPush(const std::string& path, const MemoryObjects& objects,
              const std::vector<ObjectId>& needed);

    /// As GitRemote::push.
    [[nodiscard]] PushReport run(std::span<const RefUpdate> updates, const PushOptions& options);

private:
    [[nodiscard]] Reasons attempt(std::span<const RefUpdate> updates) const;
    [[nodiscard]] Reasons refusals(std::span<const RefUpdate> updates) const;
    [[nodiscard]] Reasons move(std::span<const RefUpdate> updates) const;
    [[nodiscard]] std::string missing_objects(const RefUpdate& update) const;
    [[nodiscard]] bool is_fast_forward(const RefUpdate& update) const;
    void settle(std::span<const RefUpdate> updates, const Error& failure) const;
    void take_back(std::span<const RefUpdate> moved) const;

    const std::string& m_path;
    const MemoryObjects& m_objects;
    const std::vector<ObjectId>& m_needed;
    RepositoryHandle m_repository;
    ReceivePolicy m_policy;
};

}  // namespace headway::git
