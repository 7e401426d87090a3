#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/promote.hpp"
#include "core/push.hpp"

namespace headway::core {

/// A rollback whose commits are to be reverted on the source branch, so that git and what runs
/// agree again.
struct FollowUpRequest {
    std::string source;  ///< Branch name; empty: the remote's HEAD.
    std::string environment;
    ObjectId good;       ///< What the environment went back to.
    ObjectId bad;        ///< What it went back from.
    std::string reason;  ///< Of the rollback; may be empty.
    Rehearsal rehearsal = Rehearsal::real;
    MergeRequestApi* api = nullptr;  ///< Null: there is no token for one.
};

enum class FollowUpState {
    opened,          ///< The branch was pushed, and the merge request opened or wished for.
    would_open,      ///< The same, in a rehearsal: nothing was pushed.
    pushed,          ///< The branch was pushed; its merge request waits at `page`.
    would_push,      ///< The same, in a rehearsal.
    exists_already,  ///< An earlier run has done all of it, or pushed the branch at least.
    not_needed,      ///< The source branch has nothing to revert.
    by_hand,         ///< headway cannot make this one; nothing was pushed.
    failed,          ///< Nothing was pushed, or the server took nothing of it.
};

struct FollowUp {
    FollowUpState state = FollowUpState::by_hand;
    std::string source;              ///< The branch to revert on; empty where it was not found.
    std::string branch;              ///< "headway/revert-1a2b3c4d-production"
    std::string url;                 ///< Of the merge request, printable; may be empty.
    std::string page;                ///< Where a person opens it, if that is left to do.
    std::optional<ObjectId> commit;  ///< The revert, where there is one.
    /// What does the same with git in a clone, ready to paste; empty where nothing is left to do.
    std::vector<std::string> commands;
    std::string because;           ///< Why it is not opened, or why `url` is empty.
    std::optional<Error> failure;  ///< Of `failed`, and of `pushed` where the API refused.
};

/// The most commits that one follow-up reverts.
inline constexpr std::size_t k_most_reverted = 500;

/// Reverts on a new branch, made from the source branch's tip, the commits of `bad` that `good`
/// does not contain: one commit, by a three-way merge of trees (GitRemote::merge_trees), whose
/// message names each of them ("This reverts commit …") and ends in "Fixes-Deployment: <bad>".
/// Pushes it with the forge's push options for a merge request or, where it knows none, opens it by
/// the API, or names the page for it. About eight requests and one for each level of folders that
/// changed on both sides. An Error becomes `failed`, one of the API's `pushed`; throws only
/// Interrupted.
[[nodiscard]] FollowUp open_follow_up(const Actors& actors, const FollowUpRequest& request);

/// The message of the revert of `range`, newest first.
[[nodiscard]] std::string revert_message(const FollowUpRequest& request,
                                         const std::vector<Commit>& range);

}  // namespace headway::core
