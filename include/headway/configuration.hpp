#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headway/calendar.hpp"
#include "headway/origin.hpp"

namespace headway {

/// Where a secret is found: an environment variable, a file, or standard input. Never a value.
enum class SecretSource { environment, file, standard_input };

struct SecretReference {
    SecretSource source = SecretSource::environment;
    /// The variable's name or the file's path. A path that is "$NAME" as a whole is taken from
    /// that variable, as CI servers with file-type variables need it.
    std::string name;
    Origin origin;

    /// "$STAGING_PUSH_TOKEN", "file /run/token", "file $STAGING_TOKEN" (the path is what the
    /// variable holds), "standard input".
    [[nodiscard]] std::string describe() const;
};

/// One HTTP check. `url` is absolute in a Configuration; in the file it may be a path below the
/// environment's `url`. Templates in `url` and in the expected texts of `json`: ${commit},
/// ${short_commit}, ${environment}; no other `${` ever stands there.
struct ProbeConfiguration {
    std::string name = "health";
    std::string url = "/health";
    std::vector<int> status{200};               ///< Any of them is healthy.
    std::map<std::string, std::string> json;    ///< JSON pointer (RFC 6901) → expected text.
    std::chrono::milliseconds timeout{10'000};  ///< One request.
    std::optional<std::chrono::milliseconds> max_latency;
    Origin origin;

    /// Whether a healthy answer can only come from the promoted version: the URL or an expected
    /// text names the commit.
    [[nodiscard]] bool proves_version() const noexcept;
};

struct VerifyConfiguration {
    std::chrono::milliseconds deadline{300'000};
    std::chrono::milliseconds interval{2'000};
    unsigned consecutive = 3;
    std::vector<ProbeConfiguration> probes;  ///< Empty: nothing is verified.
    Origin deadline_origin{};
    Origin interval_origin{};
    Origin consecutive_origin{};

    /// Whether any probe proves the version; else health alone cannot tell old from new.
    [[nodiscard]] bool proves_version() const noexcept;
};

/// What a promotion does when the new version is not proven to run.
enum class OnUnhealthy {
    fail,      ///< Tells, and leaves the branch where it is.
    hold,      ///< And holds the environment.
    rollback,  ///< Goes back to the last verified commit, once, and holds.
};

/// What a promotion does with a commit that was deployed here before and is not any more: an old
/// job that somebody has run again.
enum class OnRetry { refuse, rollback };

/// What must be given before a promotion moves the branch; judged at the moment of the push.
struct GateConfiguration {
    /// Environments that must have verified the same commit; each is one of the configuration's,
    /// or, where no file describes them, a name alone. No cycles.
    Setting<std::vector<std::string>> after;
    /// For how long each of `after` must have run it, since it was first verified there.
    Setting<std::chrono::milliseconds> soak;
    std::vector<FreezeWindow> freeze;
    Origin freeze_origin;
};

struct EnvironmentConfiguration {
    std::string name;
    Setting<std::string> branch;  ///< Full ref: "refs/heads/_gitlab/agents/staging".
    std::optional<SecretReference> token;
    Setting<std::string> token_user;  ///< Goes with the token; empty: what the forge expects.
    Setting<std::string> url;         ///< May be empty.
    VerifyConfiguration verify;
    GateConfiguration gates;
    Setting<OnUnhealthy> on_unhealthy;
    Setting<OnRetry> on_retry;
};

enum class LedgerPlace { refs, branch, off };

struct LedgerConfiguration {
    LedgerPlace place = LedgerPlace::refs;
    /// What stands before the environment's name: "refs/headway/ledger/" or, for a branch,
    /// "refs/heads/<name>/".
    std::string prefix = "refs/headway/ledger/";
    Origin origin;
};

struct IdentityConfiguration {
    Setting<std::string> name;
    Setting<std::string> email;
};

/// The whole configuration of one run, resolved: flag > environment > file > CI > default.
struct Configuration {
    Setting<std::string> remote;  ///< URL or path without credentials; empty: none was found.
    Setting<std::string> source;  ///< Branch name; empty: the remote's HEAD.
    LedgerConfiguration ledger;
    IdentityConfiguration identity;
    std::vector<EnvironmentConfiguration> environments;  ///< In the file's order.
    std::optional<SecretReference> slack_webhook;
    std::string file;  ///< The file that was read; empty: none.

    [[nodiscard]] const EnvironmentConfiguration* find(std::string_view environment) const noexcept;
};

}  // namespace headway
