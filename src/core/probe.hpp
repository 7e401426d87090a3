#pragma once

#include <string>
#include <string_view>

#include "headway/configuration.hpp"
#include "headway/http.hpp"
#include "headway/object_id.hpp"

namespace headway::core {

/// What the templates of a probe stand for. An empty commit: no version is expected.
struct ProbeSubject {
    std::string environment;
    std::string commit;  ///< 40 hex digits, or empty.
    /// A commit with the same files, that the branch holds instead after a restore; its id is as
    /// good a version. 40 hex digits, or empty.
    std::string tip{};
};

/// What one answer says.
struct Judgement {
    bool healthy = false;
    std::string words;  ///< "200, /version is 1a2b3c4d" or what is wrong; printable.
};

/// `text` with ${commit}, ${short_commit} (8 digits) and ${environment} filled in.
[[nodiscard]] std::string expand(std::string_view text, const ProbeSubject& subject);

/// Whether an answer's text is what a probe expects. A template that is a commit alone matches
/// every abbreviation of at least 7 hex digits, and a longer form of the expected one.
[[nodiscard]] bool matches(std::string_view expected_template, std::string_view actual,
                           const ProbeSubject& subject);

/// Judges one answer. Pure. 4xx and 5xx are healthy only where the probe's status list names them.
[[nodiscard]] Judgement judge(const ProbeConfiguration& probe, const ProbeSubject& subject,
                              const HttpResponse& response);

}  // namespace headway::core
