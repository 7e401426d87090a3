#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/push.hpp"
#include "core/survey.hpp"

namespace headway::core {

/// What became of a verdict.
enum class Recording {
    recorded,
    known_already,  ///< The ledger's newest event says the same of the same commit.
    overtaken,      ///< The branch holds another commit by now: the verdict is about the past.
    off,            ///< There is no ledger to write to.
};

/// "recorded", "known-already", "overtaken", "off"
[[nodiscard]] std::string_view word_of(Recording recording);

/// What one environment is at now, with its ledger's newest event. Two requests. Throws
/// Error(refused) when the ledger is damaged.
[[nodiscard]] EnvironmentFacts look_at(GitRemote& remote, const EnvironmentTarget& target);

/// Appends `verdict` (verified or unhealthy) of `commit` to the ledger, by compare-and-swap.
/// `known` is the newest event when the caller has just written or read it; else it is read.
/// `words` go into the event as its reason.
[[nodiscard]] Recording record_verdict(const Actors& actors, const EnvironmentTarget& target,
                                       const ObjectId& commit, EventKind verdict,
                                       const std::string& words,
                                       const std::optional<LedgerTip>& known);

}  // namespace headway::core
