#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/distance.hpp"
#include "core/ledger.hpp"
#include "core/survey.hpp"
#include "headway/git_remote.hpp"

namespace headway::core {

/// All that was read about one environment.
struct StatusFacts {
    EnvironmentFacts environment;    ///< `relation` is not settled.
    std::optional<bool> on_source;   ///< Nothing: not known.
    std::optional<Distance> behind;  ///< Nothing: not known.
};

/// What is known about the version that is deployed: `unknown` without a ledger event of it.
enum class Proven { unknown, verified, unhealthy, unverified };

/// "unknown", "verified", "unhealthy", "unverified".
[[nodiscard]] std::string_view word_of(Proven proven) noexcept;

/// Where one environment stands.
struct EnvironmentStatus {
    std::string name;
    std::string branch_ref;
    std::string ledger_ref;          ///< Empty: the ledger is off.
    std::optional<ObjectId> tip;     ///< The branch's; nothing: never deployed.
    std::optional<ObjectId> commit;  ///< What is deployed: the event's commit, else the tip.
    std::optional<LedgerTip> last;   ///< The ledger's newest event.
    std::optional<Distance> behind;
    std::optional<bool> on_source;
    Proven proven = Proven::unknown;
    std::optional<ObjectId> drift;  ///< Where the ledger says that the branch is.
    bool joined = false;            ///< The branch holds a commit of headway's own on top.
    std::string ledger_damage;

    [[nodiscard]] const std::optional<Hold>& hold() const noexcept;
    /// What needs somebody's attention, in words: "held", "drifted", …; empty: all is well.
    [[nodiscard]] std::vector<std::string> concerns() const;
};

/// Derives the status. Pure.
[[nodiscard]] EnvironmentStatus status_of(const StatusFacts& facts);

/// One thing that is wrong with an environment, and the command that resolves it.
struct Concern {
    std::string what;  ///< "held since … by …: …"
    std::string command;
};

/// What the table cannot tell: hold, drift, damage, an unhealthy version. Pure.
[[nodiscard]] std::vector<Concern> details_of(const EnvironmentStatus& status);

/// The one command that is to be tried first; empty when all is well.
[[nodiscard]] std::string remedy_of(const EnvironmentStatus& status);

struct StatusReport {
    std::string source;  ///< "main", or what was asked for.
    std::optional<ObjectId> source_tip;
    std::vector<EnvironmentStatus> environments;  ///< In the order asked for.
};

/// Reads where all the environments stand: one listing, one question for tips and events, one for
/// the commits between the oldest deployed commit and the source's tip (at most 10,000
/// generations); one more only where a branch is joined. A source branch that does not exist
/// leaves `source_tip` empty. `source`: a branch's name; empty: the remote's HEAD. Throws as
/// GitRemote.
[[nodiscard]] StatusReport read_status(GitRemote& remote, const std::string& source,
                                       const std::vector<EnvironmentTarget>& environments);

}  // namespace headway::core
