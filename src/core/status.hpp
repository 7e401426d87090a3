#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ledger.hpp"
#include "core/survey.hpp"

namespace headway::core {

/// What is known of the deployed version's health.
enum class Standing {
    unknown,  ///< There is no ledger, or nothing is deployed.
    verified,
    unhealthy,   ///< The newest event says so.
    unverified,  ///< Nobody has proven it.
};

/// Why an environment needs somebody.
enum class Concern {
    never_deployed,
    damaged,  ///< Its ledger.
    drifted,  ///< The branch is not where the newest event left it.
    not_on_source,
    unhealthy,
    unverified,
    held,
};

/// "never deployed", "ledger damaged", "drifted", "not on main" (by the source's name),
/// "unhealthy", "unverified", "held".
[[nodiscard]] std::string word_of(Concern concern, std::string_view source);

/// "verified", "unhealthy", "unverified"; "unknown".
[[nodiscard]] std::string_view word_of(Standing standing) noexcept;

/// One environment to look at.
struct StatusTarget {
    EnvironmentTarget refs;
    bool verifiable = false;  ///< Something says how to prove its version.
};

/// All that was read for one status.
struct StatusFacts {
    std::string source;                  ///< "main".
    std::optional<ObjectId> source_tip;  ///< Nothing: there is no such branch.
    struct Environment {
        StatusTarget target;
        std::optional<ObjectId> tip;        ///< The branch's.
        std::optional<ObjectId> ledger_id;  ///< The ledger's newest event's id.
    };
    std::vector<Environment> environments;
    Newest tips;         ///< The tips, the ledgers' newest events and the source's tip.
    CommitList between;  ///< What the source and the branches have and `base` has not.
    std::optional<ObjectId> base;
};

/// How far the deployed commit is behind the source branch.
struct Distance {
    std::size_t commits = 0;
    bool at_least = false;  ///< There may be more: the list was cut off.
};

/// One thing that needs somebody, in words and with what resolves it.
struct Attention {
    Concern concern = Concern::held;
    std::string what;                ///< "held since 2026-11-20T21:05:00Z by ada: checkout fails"
    std::vector<std::string> hints;  ///< The first is the nearest.
};

struct EnvironmentStatus {
    std::string name;
    std::string branch_ref;
    std::string ledger_ref;          ///< Empty: the ledger is off.
    std::optional<ObjectId> tip;     ///< The branch's; nothing when it is missing.
    std::optional<ObjectId> commit;  ///< What is deployed; nothing when the branch is missing.
    bool joined = false;             ///< The branch's tip is headway's own, with `commit`'s files.
    std::optional<LedgerTip> newest;
    std::string ledger_damage;  ///< Empty: sound, or none.
    bool drifted = false;
    Standing standing = Standing::unknown;
    std::optional<bool> on_source;
    std::optional<Distance> behind;
    std::vector<Attention> attention;  ///< The most pressing first; empty: all is well.

    [[nodiscard]] bool concerned(Concern concern) const noexcept;
};

/// At most so many generations of the source branch are read.
inline constexpr std::size_t k_status_generations = 10'000;

/// Reads all environments at once: one listing, one question for the tips and the ledgers' newest
/// events, and one for the commits between the oldest deployed commit and the source's tip (none
/// when all are at the source's tip). `source` empty: the remote's HEAD. Throws as GitRemote.
[[nodiscard]] StatusFacts read_status(GitRemote& remote, const std::string& source,
                                      const std::vector<StatusTarget>& targets);

/// What the facts say, in the targets' order. Pure; no search is longer than the graph for each
/// distinct deployed commit.
[[nodiscard]] std::vector<EnvironmentStatus> status_of(const StatusFacts& facts);

}  // namespace headway::core
