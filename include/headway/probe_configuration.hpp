#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "headway/http.hpp"
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

/// What a template may name, besides the variables of the configuration:
/// ${commit}, ${short_commit} (8 digits), ${tag} and ${environment}.
/// No other `${` ever stands in a template of a Configuration.

/// A text that is sent: a template, or where it is found when it must not be written down.
struct ProbeText {
    std::string text{};  ///< A template; empty with a reference.
    std::optional<SecretReference>
        reference{};      ///< Its value is taken as it is, without templates.
    bool secret = false;  ///< Never shown; with a reference unless told.
    Origin origin{};
};

struct ProbeHeader {
    std::string name;
    ProbeText value;
};

/// From `first` to `last`, both included; 100 to 599.
struct StatusRange {
    int first = 200;
    int last = 200;

    friend bool operator==(const StatusRange&, const StatusRange&) = default;
};

enum class Comparison {
    equals,    ///< The same text; a template that is a commit alone matches its abbreviations.
    contains,  ///< It stands somewhere in it.
    matches,   ///< A regular expression (pattern.hpp) finds something in it.
};

/// What some text of the answer must be.
struct Expectation {
    /// A JSON pointer (RFC 6901) or a header's name; of no meaning for the body as a whole.
    std::string where;
    Comparison how = Comparison::equals;
    std::string text;  ///< A template. In a regular expression it stands for its literal text.

    /// Whether it names the version: by ${commit}, ${short_commit} or ${tag}.
    [[nodiscard]] bool proves_version() const noexcept;

    friend bool operator==(const Expectation&, const Expectation&) = default;
};

/// One HTTP check. `url` is absolute in a Configuration; in the file it may be a path below the
/// environment's `url`; a template.
struct ProbeConfiguration {
    std::string name = "health";
    std::string url = "/health";
    HttpMethod method = HttpMethod::get;
    std::vector<ProbeHeader> headers;
    ProbeText body;                             ///< Empty: none is sent.
    std::vector<StatusRange> status{{}};        ///< Any of them is healthy.
    std::vector<Expectation> json;              ///< All of them; `equals` or `matches`.
    std::vector<Expectation> answer_headers;    ///< All of them; `equals` or `matches`.
    std::vector<Expectation> answer_body;       ///< All of them; `contains` or `matches`.
    std::chrono::milliseconds timeout{10'000};  ///< One request, with its redirects.
    std::optional<std::chrono::milliseconds> max_latency;
    Redirects redirects = Redirects::none;
    /// Paths of PEM files, or "$NAME"; empty: none.
    std::string ca_file;
    std::string client_certificate;
    std::string client_key;
    std::string unix_socket;             ///< Path, or empty.
    std::vector<std::string> addresses;  ///< To ask in place of those that the name has.
    Origin origin;

    /// Whether a healthy answer can only come from the promoted version: the URL or an expected
    /// text names the commit or the tag.
    [[nodiscard]] bool proves_version() const noexcept;
};

struct VerifyConfiguration {
    std::chrono::milliseconds deadline{300'000};
    std::chrono::milliseconds interval{2'000};
    unsigned consecutive = 3;
    std::chrono::milliseconds watch{0};  ///< For so long after convergence nothing may regress.
    std::map<std::string, ProbeText> variables;  ///< Name → what ${name} stands for.
    std::vector<ProbeConfiguration> probes;      ///< Empty: nothing is verified.
    Origin deadline_origin{};
    Origin interval_origin{};
    Origin consecutive_origin{};
    Origin watch_origin{};

    /// Whether any probe proves the version; else health alone cannot tell old from new.
    [[nodiscard]] bool proves_version() const noexcept;
};

}  // namespace headway
