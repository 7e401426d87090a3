#pragma once

#include <span>

#include "git/libgit2.hpp"
#include "headway/git_remote.hpp"

namespace headway::git {

/// GitRemote::commits_between for a repository on this machine.
[[nodiscard]] CommitList commits_between(git_repository& repository,
                                         std::span<const ObjectId> wants,
                                         std::span<const ObjectId> haves, Reach reach);

}  // namespace headway::git
