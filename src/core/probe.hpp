#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "headway/http.hpp"
#include "headway/pattern.hpp"
#include "headway/probe_configuration.hpp"
#include "headway/secret.hpp"

namespace headway::core {

/// What the templates of a probe stand for. An empty commit: no version is expected.
struct ProbeSubject {
    std::string environment;
    std::string commit;  ///< 40 hex digits, or empty.
    /// A commit with the same files, that the branch holds instead after a restore; its id is as
    /// good a version. 40 hex digits, or empty.
    std::string tip{};
    std::string tag{};                               ///< May be empty.
    std::map<std::string, std::string> variables{};  ///< Values of ${name}.
    std::set<std::string> secret_variables{};        ///< Names of those that must not be shown.
};

/// What one answer says, from the best to the worst.
enum class Answer {
    expected,     ///< Healthy, and of the expected version.
    other,        ///< Healthy but for its version.
    unhealthy,    ///< Not what a healthy version answers.
    unreachable,  ///< There was none.
};

struct Judgement {
    Answer answer = Answer::unreachable;
    std::string words;                 ///< "200, /version is 1a2b3c4d" or what is wrong; printable.
    std::vector<std::string> hints{};  ///< What to do about it, where that is known.
};

/// `text` with ${commit}, ${short_commit} (8 digits), ${tag}, ${environment} and the variables
/// filled in.
[[nodiscard]] std::string expand(std::string_view text, const ProbeSubject& subject);

/// Whether a secret variable stands in `text`.
[[nodiscard]] bool has_secret(std::string_view text, const ProbeSubject& subject);

/// Whether an answer's text is what an expectation asks for. A template that is a commit alone
/// equals every abbreviation of at least 7 hex digits.
[[nodiscard]] Pattern::Found meets(const Expectation& expectation, std::string_view actual,
                                   const ProbeSubject& subject);

/// Whether an expectation speaks of the version: by a template, or because the last name of its
/// pointer or header has "version", "commit", "revision", "release", "build", "sha" or "tag" in it.
[[nodiscard]] bool speaks_of_version(const Expectation& expectation);
/// Whether any of its expectations does.
[[nodiscard]] bool speaks_of_version(const ProbeConfiguration& probe);
[[nodiscard]] bool speaks_of_version(const VerifyConfiguration& configuration);

/// Judges one answer. Pure. 4xx and 5xx are healthy only where the probe's status list names them.
[[nodiscard]] Judgement judge(const ProbeConfiguration& probe, const ProbeSubject& subject,
                              const HttpResponse& response);

/// Judges the failure of a transfer: an answer that is too large or no HTTP is unhealthy.
[[nodiscard]] Judgement judge(const TransportError& error);

/// Finds the value that a reference stands for; `secret`: it must never be shown.
using SecretFinder = std::function<Secret(const SecretReference& reference, bool secret)>;

/// What all requests of a probe have in common: all but its address and the time that is left.
/// Throws what `find` throws.
[[nodiscard]] HttpRequest prepare(const ProbeConfiguration& probe, const ProbeSubject& subject,
                                  const SecretFinder& find);

}  // namespace headway::core
