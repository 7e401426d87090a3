#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/follow_up.hpp"

/// The words of a follow-up: its message, its description, and the commands that do the same.
namespace headway::core {

/// The commits that a revert takes back, newest first.
struct RevertedCommits {
    std::vector<Commit> commits;
    bool whole = true;  ///< All that were rolled back.
};

/// One line for a merge request: what was rolled back, why, and the commits.
[[nodiscard]] std::string revert_description(const FollowUpRequest& request,
                                             const std::vector<Commit>& range);

/// Whether the message is that of a revert of exactly these commits, as revert_message words it.
[[nodiscard]] bool reverts(std::string_view message, const ObjectId& bad,
                           const std::vector<Commit>& range);

/// The commands for a POSIX shell in a clone, as one line. `follow_up` tells the source branch and
/// the new one.
[[nodiscard]] std::string manual_command(const FollowUpRequest& request, const FollowUp& follow_up,
                                         const RevertedCommits& reverted);

}  // namespace headway::core
