#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headway/calendar.hpp"
#include "headway/origin.hpp"
#include "headway/probe_configuration.hpp"

namespace headway {

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
    std::optional<SecretReference> api_token;  ///< Of a merge request; nothing needs it.
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
    Setting<std::string> forge;   ///< "github"; empty: the remote's host tells.
    Setting<std::string> api;     ///< Where the forge's API begins; empty: the remote tells.
    LedgerConfiguration ledger;
    IdentityConfiguration identity;
    Setting<std::string> actor;    ///< Who started this run: a person or a bot.
    Setting<std::string> run_url;  ///< The pipeline's page; may be empty.
    /// The tag of the commit that is deployed, for ${tag}; empty: none is known.
    Setting<std::string> tag;
    std::vector<EnvironmentConfiguration> environments;  ///< In the file's order.
    std::optional<SecretReference> slack_webhook;
    std::string file;  ///< The file that was read; empty: none.

    [[nodiscard]] const EnvironmentConfiguration* find(std::string_view environment) const noexcept;
};

}  // namespace headway
