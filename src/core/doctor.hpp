#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/plan.hpp"
#include "core/survey.hpp"
#include "headway/error.hpp"

/// What a promotion needs, looked at before it is needed. Nothing of it moves anything.
namespace headway::core {

/// What a check came to.
enum class Verdict { ok, problem, warning, not_checked };

/// "ok", "problem", "warning", "not-checked"
[[nodiscard]] std::string_view word_of(Verdict verdict) noexcept;

/// The checks, in the order in which they are shown. Their words are the document's `id`; they
/// never change their meaning.
enum class Check {
    configuration,  ///< "configuration": it parses.
    remote,         ///< "remote": it answers.
    certificate,    ///< "certificate": the remote's, when it ends.
    origin,         ///< "origin": credentials in the checkout's origin, which are not used.
    source,         ///< "source": the branch that is promoted from exists.
    token,          ///< "token": its variable or file is there.
    access,         ///< "access": the remote takes the token, for reading and for pushing.
    expiry,         ///< "expiry": when the token ends.
    branch,         ///< "branch": it exists, or can be made; it has not diverged.
    push,           ///< "push": the token may move the branch.
    force_push,     ///< "force-push": the token may move it back.
    ledger,         ///< "ledger": its newest event can be read.
    ledger_push,    ///< "ledger-push": the token may append to it.
    gates,          ///< "gates": what would stop a promotion at this moment.
    probe,          ///< "probe": one for each probe and address: it answers.
    version,        ///< "version": a probe tells which version runs.
    channel,        ///< "channel": its secret is there, and is what the channel asks for.
    channel_send,   ///< "channel-send": it takes a message.
};

[[nodiscard]] std::string_view word_of(Check check) noexcept;

/// What one check found. Texts are printable.
struct Finding {
    Check check = Check::configuration;
    std::string environment;  ///< Empty: it concerns all of them.
    Verdict verdict = Verdict::ok;
    std::string text;     ///< What is so; of `not_checked`: why nobody knows.
    std::string because;  ///< Of a problem or a warning; may be empty.
    std::vector<std::string> hints;
    ExitCode code = ExitCode::done;  ///< What a problem makes of the run; else `done`.
};

[[nodiscard]] Finding fine(Check check, const std::string& environment, std::string text);
[[nodiscard]] Finding not_checked(Check check, const std::string& environment, std::string reason);
[[nodiscard]] Finding problem(Check check, const std::string& environment, const Error& error);
[[nodiscard]] Finding warning(Check check, const std::string& environment, const Error& error);

/// What the run ends with: the worst of the problems. A token that is not accepted (5) comes first,
/// then what the server or a rule forbids (3), the configuration (2), and all else (1); without a
/// problem 0, whatever the warnings are.
[[nodiscard]] ExitCode code_of(const std::vector<Finding>& findings) noexcept;

/// What was read of one environment.
struct Inspection {
    EnvironmentTarget target;
    EnvironmentFacts facts;
    std::vector<std::string> blocking;  ///< Refs whose names leave no room for the branch.
    std::optional<Move> move;           ///< What a promotion would do now; nothing: not known.
    std::optional<Error> failure;       ///< Why it is not known.
    std::int64_t now = 0;               ///< When it was looked at, in seconds since the epoch.
};

/// branch, ledger and gates of one environment. Pure.
[[nodiscard]] std::vector<Finding> judge_inspection(const Inspection& inspection);

/// Whether a healthy answer can tell the new version from the old one. Pure.
[[nodiscard]] Finding judge_version(const EnvironmentConfiguration& environment);

}  // namespace headway::core
