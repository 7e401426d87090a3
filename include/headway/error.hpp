#pragma once

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace headway {

/// What the process tells its caller when it ends. The numbers are part of the command line's
/// contract (README, "Exit codes") and never change their meaning.
enum class ExitCode : int {
    done = 0,           ///< Done, or nothing to do.
    failed = 1,         ///< The network, a server or headway itself failed.
    usage = 2,          ///< The command line or the configuration is wrong; nothing was sent.
    refused = 3,        ///< Diverged, held, protected: a rule forbids it; nothing moved.
    unhealthy = 4,      ///< Moved, but the new version was not proven to run.
    unauthorised = 5,   ///< Not authenticated, or not allowed to do this.
    still_old = 6,      ///< `verify`: healthy, but another version answers.
    mixed = 7,          ///< `verify`: old and new answer in turn.
    unreachable = 8,    ///< `verify`: no answer.
    interrupted = 130,  ///< SIGINT or SIGTERM.
};

/// A failure as the user meets it. Printed as
///   headway: error: <what>
///     because: <because>
///     try: <hint>            (one line per hint)
/// Texts that quote a server must have passed `printable()` first (text.hpp). None of the texts
/// may hold a secret; the output sink scrubs all the same.
class Error : public std::exception {
public:
    /// `what`: one sentence without a full stop. `because` may be empty. Each hint is the exact
    /// command or setting that resolves the failure.
    Error(ExitCode code, std::string what, std::string because = {},
          std::vector<std::string> hints = {})
        : m_code(code),
          m_what(std::move(what)),
          m_because(std::move(because)),
          m_hints(std::move(hints)) {}

    [[nodiscard]] const char* what() const noexcept override { return m_what.c_str(); }
    [[nodiscard]] ExitCode code() const noexcept { return m_code; }
    [[nodiscard]] const std::string& because() const noexcept { return m_because; }
    [[nodiscard]] const std::vector<std::string>& hints() const noexcept { return m_hints; }

private:
    ExitCode m_code;
    std::string m_what;
    std::string m_because;
    std::vector<std::string> m_hints;
};

/// SIGINT or SIGTERM arrived while headway waited. `what` says what was under way.
class Interrupted : public Error {
public:
    explicit Interrupted(std::string what, std::string because = {},
                         std::vector<std::string> hints = {})
        : Error(ExitCode::interrupted, std::move(what), std::move(because), std::move(hints)) {}
};

}  // namespace headway
