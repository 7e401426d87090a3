#pragma once

#include <git2.h>

#include <set>
#include <string>
#include <vector>

#include "headway/git_remote.hpp"

namespace headway::git {

/// What a repository's own settings forbid to whoever pushes (git-config(1), `receive.*`), as
/// git-receive-pack judges it. The user's and the machine's settings are not read.
class ReceivePolicy {
public:
    explicit ReceivePolicy(git_repository& repository);

    /// Why this update is refused, in git-receive-pack's words; empty when it is not. Looks at
    /// names and kinds only.
    [[nodiscard]] std::string refusal(const RefUpdate& update) const;

    [[nodiscard]] bool denies_non_fast_forwards() const noexcept {
        return m_deny_non_fast_forwards;
    }

private:
    [[nodiscard]] bool is_hidden(const std::string& ref) const;

    std::vector<std::string> m_hidden;    ///< The last rule first: it decides.
    std::set<std::string> m_checked_out;  ///< Branches of work trees.
    std::string m_head;                   ///< Where HEAD points; empty when it is detached.
    bool m_deny_non_fast_forwards = false;
    bool m_deny_deletes = false;
    bool m_deny_delete_current = true;
    bool m_deny_current_branch = true;
};

}  // namespace headway::git
