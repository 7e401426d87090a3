#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/doctor.hpp"
#include "core/push.hpp"

namespace headway::core {

/// A ref that somebody wants to know about: whether a push may move it.
///
/// It is asked by updates that cannot be carried out, because servers judge who may push before
/// they compare. What is compared is a commit that was made for this question and is nowhere: no
/// ref is there, at no moment, so that no race lets the update through, and nothing is asked that
/// depends on several refs moving together. Should a server not compare at all, `back` puts the ref
/// where it is, and is sent first; `forward` is sent only where `back` was refused, and would put a
/// commit with the same files there. What may stay on the server is two commits that nothing
/// refers to, the same ones at every run.
struct TrialTarget {
    std::string environment;
    std::string ref;
    /// The commit that the question's own commits stand on.
    struct Base {
        ObjectId id;
        ObjectId tree;
        std::int64_t when = 0;  ///< Of its committer.
    };
    std::optional<Base> base;
    bool exists = false;  ///< The ref is at `base`.
};

enum class TrialDirection {
    forward,  ///< A fast-forward.
    back,     ///< None: what a force push is.
};

enum class TrialEnd {
    passed,      ///< Only the old id was wrong: the server lets such a push in.
    refused,     ///< For another reason.
    moved,       ///< The server does not compare: it took an update that names a wrong old id.
    unanswered,  ///< Nobody knows.
    left_out,    ///< Not asked: k_most_trial_pushes were sent.
};

struct TrialResult {
    TrialEnd end = TrialEnd::unanswered;
    Diagnosis diagnosis;           ///< Of `refused`.
    std::optional<Error> failure;  ///< Of `unanswered`.
};

/// In one direction; more than enough for every ref of 32 environments to be refused.
inline constexpr unsigned k_most_trial_pushes = 64;

/// Asks for all of them by one push; where that is refused, by halves, as a hook refuses a push as
/// a whole: 2n - 1 pushes at most, and never more than k_most_trial_pushes. Throws Interrupted.
[[nodiscard]] std::vector<TrialResult> try_pushes(const Actors& actors,
                                                  const std::vector<TrialTarget>& targets,
                                                  TrialDirection direction);

/// What the two directions came to; `forward` is empty where it need not be asked.
struct BranchTrial {
    TrialResult back;
    std::optional<TrialResult> forward;
};

/// Asks for every branch whether it may be moved back, and, where it may not, whether it may be
/// moved at all. Throws Interrupted.
[[nodiscard]] std::vector<BranchTrial> try_branches(const Actors& actors,
                                                    const std::vector<TrialTarget>& targets);

/// push and force-push. `forge`: its name; `token`: what the messages call it, empty: none. Pure.
[[nodiscard]] std::vector<Finding> judge_branch_trial(const TrialTarget& target,
                                                      const BranchTrial& trial,
                                                      std::string_view forge,
                                                      const std::string& token);

/// ledger-push. Pure.
[[nodiscard]] Finding judge_ledger_trial(const TrialTarget& target, const TrialResult& trial,
                                         std::string_view forge);

}  // namespace headway::core
