#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headway/configuration.hpp"
#include "headway/error.hpp"
#include "headway/secret.hpp"

/// Where headway's settings come from: the file, flags, variables and what CI tells. Nothing here
/// reads the process's environment or the disk by itself, except `system_readers()`.
///
/// Every failure is Error(ExitCode::usage). Texts from a file begin with `path:line:column: `, both
/// counted from 1. No text that stands where a secret belongs is ever repeated.
namespace headway::config {

inline constexpr std::string_view k_file_name = ".headway.yml";

// ---- the file ------------------------------------------------------------------------------

inline constexpr std::size_t k_max_file_bytes = 256U * 1024U;
inline constexpr std::size_t k_max_nesting = 32;
inline constexpr std::size_t k_max_nodes = 100'000;  ///< With every alias counted as its copy.
inline constexpr std::size_t k_max_environments = 10'000;

struct FileEnvironment {
    std::string name;
    Origin origin;
    Setting<std::string> branch;  ///< "refs/heads/…".
    std::optional<SecretReference> token;
    std::optional<SecretReference> api_token;
    std::optional<Setting<std::string>> token_user;
    std::optional<Setting<std::string>> url;
    std::optional<Setting<std::chrono::milliseconds>> deadline;
    std::optional<Setting<std::chrono::milliseconds>> interval;
    std::optional<Setting<unsigned>> consecutive;
    std::optional<Setting<std::chrono::milliseconds>> watch;
    std::map<std::string, ProbeText> variables;
    std::vector<ProbeConfiguration> probes;   ///< `url` may be relative; its place is the origin.
    std::vector<Setting<std::string>> after;  ///< Each is another one of the file; no circles.
    std::optional<Setting<std::chrono::milliseconds>> soak;
    std::optional<Setting<std::vector<FreezeWindow>>> freeze;
    std::optional<Setting<OnUnhealthy>> on_unhealthy;
    std::optional<Setting<OnRetry>> on_retry;
};

/// What a `.headway.yml` says, valid in itself; what it leaves out is empty.
struct FileConfiguration {
    std::string path;
    std::optional<Setting<std::string>> remote;
    std::optional<Setting<std::string>> source;
    std::optional<Setting<std::string>> forge;
    std::optional<Setting<std::string>> api;
    std::optional<LedgerConfiguration> ledger;
    std::optional<Setting<std::string>> identity_name;
    std::optional<Setting<std::string>> identity_email;
    std::vector<FileEnvironment> environments;  ///< In the file's order.
    std::optional<SecretReference> slack_webhook;
};

/// Reads YAML 1.2 text. `path` is only for messages and origins. Refuses: more than
/// k_max_file_bytes, text that is not UTF-8, nesting beyond k_max_nesting, aliases that unfold to
/// more than k_max_nodes, several documents, duplicate keys, tags, unknown keys, and keys of
/// later versions of headway (a check that is silently left out is an outage).
[[nodiscard]] FileConfiguration parse_file(std::string_view text, std::string_view path);

/// The file's JSON Schema (draft 7), for editors: headway.schema.json as it is in the source tree.
/// It allows what `parse_file` allows, as far as a schema can tell.
[[nodiscard]] std::string_view json_schema() noexcept;

/// The path of the nearest `.headway.yml`, in `folder` or above it up to the root. `folder` is
/// absolute; `exists` is asked for each candidate.
[[nodiscard]] std::optional<std::string> find_file(
    std::string_view folder, const std::function<bool(const std::string&)>& exists);

// ---- the other sources ---------------------------------------------------------------------

/// An environment variable's text, or nothing when it is not set.
using Variables = std::function<std::optional<std::string>(std::string_view name)>;

/// What the command at hand needs of an environment that is described without a file.
enum class BranchNeed { required, optional };

/// The command line. Each flag `x_y` is spelt --x-y; its variable is HEADWAY_X_Y. An empty
/// variable counts as not set, an empty flag is refused, as is a variable whose text is the bare
/// name of another one ("$NAME"), which nobody expanded.
struct Flags {
    std::vector<std::string> environments;  ///< Names and globs, as typed.
    BranchNeed branch_need = BranchNeed::required;

    std::optional<std::string> config;  ///< Not used by `resolve`; see `given_file`.
    std::optional<std::string> remote;
    std::optional<std::string> source;
    std::optional<std::string> forge;
    std::optional<std::string> api;
    std::optional<std::string> ledger;  ///< "refs", "off" or "branch:NAME".
    std::optional<std::string> identity_name;
    std::optional<std::string> identity_email;
    std::optional<std::string> slack_webhook_env;
    std::optional<std::string> slack_webhook_file;
    std::optional<std::string> tag;  ///< For ${tag}; else that of CI's pipeline.

    // The rest describes one environment and is refused when several are named.
    std::optional<std::string> branch;
    std::optional<std::string> token_env;
    std::optional<std::string> token_file;
    bool token_stdin = false;  ///< Has no variable.
    std::optional<std::string> api_token_env;
    std::optional<std::string> api_token_file;
    std::optional<std::string> token_user;
    std::optional<std::string> url;
    std::optional<std::string> deadline;     ///< A duration: "5m".
    std::optional<std::string> interval;     ///< A duration: "2s".
    std::optional<std::string> consecutive;  ///< A number.
    std::optional<std::string> watch;        ///< A duration: "10m".
    /// Each "NAME=VALUE", beside or in place of the file's variables. HEADWAY_VAR holds one a line,
    /// as the variable of every list below does.
    std::vector<std::string> var;

    // Any of those up to `client_key` makes one probe, which replaces the environment's: it asks
    // `probe`, else `url`, and is healthy with the status 200 when all that is expected is there.
    std::optional<std::string> probe;  ///< URL, or path below `url`.
    std::optional<std::string> method;
    std::vector<std::string> header;      ///< Each "Name: value"; no secrets.
    std::vector<std::string> header_env;  ///< Each "Name=VARIABLE"; its value is a secret.
    std::optional<std::string> body;
    std::optional<std::string> body_file;
    std::optional<std::string> status;           ///< "200-299,304"
    std::vector<std::string> expect;             ///< Each "POINTER=TEXT" or "POINTER~REGEX".
    std::vector<std::string> expect_header;      ///< Each "NAME=TEXT" or "NAME~REGEX".
    std::vector<std::string> contains;           ///< Texts in the body.
    std::vector<std::string> matches;            ///< Regular expressions of the body.
    std::optional<std::string> max_latency;      ///< A duration.
    std::optional<std::string> request_timeout;  ///< A duration: the probe's `timeout`.
    std::optional<std::string> redirects;        ///< "none", "same-origin" or "any".
    std::vector<std::string> resolve;            ///< IP addresses.
    std::optional<std::string> unix_socket;
    std::optional<std::string> client_cert;
    std::optional<std::string> client_key;

    /// Environments of the file, or names alone without one. HEADWAY_AFTER holds them with commas
    /// or spaces between them.
    std::vector<std::string> after;
    std::optional<std::string> soak;  ///< A duration: "30m".
    /// Each "FROM to TO [ZONE]": "Fri 16:00 to Mon 08:00 Europe/Berlin". HEADWAY_FREEZE holds one
    /// a line.
    std::vector<std::string> freeze;
    std::optional<std::string> on_unhealthy;  ///< "fail", "hold" or "rollback".
    std::optional<std::string> on_retry;      ///< "refuse" or "rollback".
};

/// What the checkout tells, when there is one.
struct CheckoutFacts {
    std::string origin_url;  ///< May hold credentials: they are dropped. May be empty.
};

/// --config, else HEADWAY_CONFIG, else nothing.
[[nodiscard]] std::optional<Setting<std::string>> given_file(const Flags& flags,
                                                             const Variables& variables);

/// The configuration of this run: flag > HEADWAY_… > file > CI variables > default, each setting
/// with its origin. `file` may be null or without environments: then `flags.environments` holds at
/// most one name, and that environment, if any, is made from flags and variables alone. Else
/// `Configuration::environments` holds all of the file's, what describes one environment changes
/// the named one (or the only one), and those not named may keep a relative probe url. An
/// environment with a url and without probes gets one probe of that url.
[[nodiscard]] Configuration resolve(const FileConfiguration* file, const Flags& flags,
                                    const Variables& variables, const CheckoutFacts& checkout);

/// The remote to talk to, where a command needs one. Throws when none was found, or when it is of
/// a kind that headway does not speak (ssh, as a checkout's origin often is).
[[nodiscard]] const std::string& require_remote(const Configuration& configuration);

/// Where a probe of the environment names ${tag}: throws when no tag is known.
void require_tag(const Configuration& configuration, const EnvironmentConfiguration& environment);

/// What another environment has verified is in its ledger: throws for an environment that waits
/// for one while the ledger is off.
void require_ledger_of_gates(const Configuration& configuration,
                             const EnvironmentConfiguration& environment);

/// Whether `remote` is a repository on this machine (a path or a file:// URL).
[[nodiscard]] bool is_local_remote(std::string_view remote) noexcept;

/// The environments that the patterns name ('*' and '?' are wildcards), in the file's order and
/// none twice. No pattern selects nothing. Throws for a pattern that matches nothing.
[[nodiscard]] std::vector<std::string> select(const Configuration& configuration,
                                              const std::vector<std::string>& patterns);

/// A resolved value as people read it. Secrets are named by their reference only.
struct ShownSetting {
    std::string name;                  ///< "verify.deadline", "probe health".
    std::optional<std::string> value;  ///< Printable; nothing: there is none.
    Origin origin;
    std::string_view absent = "(none)";  ///< What is shown for no value.
    /// Whether nobody set it and most have no use for it, so that a summary leaves it out.
    bool minor = false;
};

/// What all environments share. `environment`: whose ledger is named.
[[nodiscard]] std::vector<ShownSetting> shown_settings(
    const Configuration& configuration, std::string_view environment = "<environment>");
[[nodiscard]] std::vector<ShownSetting> shown_settings(const EnvironmentConfiguration& environment);

/// "name = value  (origin)"
[[nodiscard]] std::string line_of(const ShownSetting& setting);

/// Those lines, each ending in '\n', for --dry-run. An empty `environment` leaves the
/// environment's lines out.
[[nodiscard]] std::string describe(const Configuration& configuration,
                                   std::string_view environment);

// ---- secrets -------------------------------------------------------------------------------

inline constexpr std::size_t k_max_secret_bytes = 64U * 1024U;

/// What reading a secret's file or standard input gave: `text`, or why there is none.
struct ReadResult {
    std::optional<std::string> text;
    std::string problem;  ///< "No such file or directory".
};

struct SecretReaders {
    /// Each reads at most `limit` bytes.
    std::function<ReadResult(const std::string& path, std::size_t limit)> file;
    std::function<ReadResult(std::size_t limit)> standard_input;
};

/// Readers of the real disk and standard input.
[[nodiscard]] SecretReaders system_readers();

/// The secret, without the newline at its end. Throws when it is missing, empty, blank, larger
/// than k_max_secret_bytes, of several lines, or a reference that nobody expanded ("$NAME").
[[nodiscard]] Secret read_secret(const SecretReference& reference, const Variables& variables,
                                 const SecretReaders& readers);

/// The value of a header, a body or a variable: the same, but for several lines and control
/// characters, which a body may have (a header with one is refused when the request is made).
[[nodiscard]] Secret read_text(const SecretReference& reference, const Variables& variables,
                               const SecretReaders& readers);

/// A path of a probe's PEM file; "$NAME" as a whole is what that variable holds. `origin` is the
/// probe's. Throws when the variable is not set.
[[nodiscard]] std::string file_path(const std::string& path, const Origin& origin,
                                    const Variables& variables);

}  // namespace headway::config
