#pragma once

#include <cstddef>
#include <functional>
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

/// A ledger to search: whose, and its newest event.
struct ChronicleStart {
    std::string environment;
    ObjectId tip;
};

/// Reads the newest events of each ledger, and all of them where `found` is not content with
/// those. `found` is given the ledger's index, and tells whether it has what it looks for. One
/// request for all, or two.
void search_chronicles(GitRemote& remote, const std::vector<ChronicleStart>& ledgers,
                       const std::function<bool(std::size_t, const Chronicle&)>& found);

/// The same from commits that were read anyway. Pure.
[[nodiscard]] Chronicle chronicle_of(const CommitList& commits, std::string_view environment,
                                     const ObjectId& tip);

}  // namespace headway::core
