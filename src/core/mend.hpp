#pragma once

#include <optional>
#include <vector>

#include "core/ledger.hpp"
#include "headway/git_remote.hpp"

namespace headway::core {

/// The commit that mends a bad range, and the commit of the range that it names.
struct Mend {
    enum class Way { reverts, fixes };

    ObjectId by;
    ObjectId bad;
    Way way = Way::reverts;
};

/// Whether `candidate` mends the range: one of its commits beyond the range says "This reverts
/// commit ID" (git-revert's words) of a commit in it, or carries the trailer
/// "Fixes-Deployment: ID", and is not itself reverted again. An id has at least 7 digits. `commits`
/// are those that `candidate` has and `range.good` lacks; where they do not reach down to
/// `range.bad`, nothing is mended. Pure.
[[nodiscard]] std::optional<Mend> find_mend(const std::vector<Commit>& commits,
                                            const ObjectId& candidate, const BadRange& range);

}  // namespace headway::core
