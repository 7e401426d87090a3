#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/ledger.hpp"
#include "headway/git_remote.hpp"

namespace headway::core {

/// A ledger, or its newest part, read back.
struct Chronicle {
    std::vector<LedgerTip> events;  ///< Newest first.
    bool cut = false;               ///< There are older ones, which were not read.
    /// Why the chain ends at a commit that is no event of this environment; empty: it is sound as
    /// far as it was read.
    std::string damage;
};

/// Follows the ledger's chain of first parents from its newest event `tip`; at most
/// `generations` events, 0: all of them. One request. Throws as GitRemote::commits_between.
[[nodiscard]] Chronicle read_chronicle(GitRemote& remote, std::string_view environment,
                                       const ObjectId& tip, std::size_t generations);

/// The same from commits that were read anyway. Pure.
[[nodiscard]] Chronicle chronicle_of(const CommitList& commits, std::string_view environment,
                                     const ObjectId& tip);

}  // namespace headway::core
