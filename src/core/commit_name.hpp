#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headway/git_remote.hpp"

namespace headway::core {

/// A second opinion on an abbreviated id (a checkout on this machine); may answer nothing.
using Abbreviations = std::function<std::optional<ObjectId>(std::string_view)>;

/// Where an abbreviated id is looked up without a clone, in this order.
struct CommitSearch {
    std::vector<ObjectId> known;  ///< Ids that were read anyway.
    Abbreviations checkout;       ///< May be empty.
    ObjectId branch_tip;          ///< Its newest 1000 generations are read when all else fails.
    std::string branch;           ///< For messages: "main".
};

/// The commit that `name` (4 to 40 hex digits) means. All 40 digits are taken as they are, without
/// asking anybody. Throws Error(usage) for text that is no id, an id that is not found, or an
/// ambiguous one.
[[nodiscard]] ObjectId find_commit(GitRemote& remote, const std::string& name,
                                   const CommitSearch& search);

}  // namespace headway::core
