#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "headway/error.hpp"
#include "headway/object_id.hpp"

namespace headway {

/// Everything a server said while it refused, already printable.
struct ServerWords {
    int http_status = 0;                ///< 200 when the refusal is in the push's report.
    std::string http_body;              ///< Start of the body of a refusal by status.
    std::vector<std::string> messages;  ///< Side-band 2.
    std::string ref_reason;             ///< Behind "ng <ref>".
};

enum class RefusalKind {
    lost_race,         ///< Somebody else moved the ref first: plan again.
    part_of_atomic,    ///< Refused only because another ref of the same push was.
    protected_branch,  ///< This token may not push to this branch.
    force_push_forbidden,
    merge_request_only,
    creation_forbidden,  ///< The protected branch must be created in another way.
    ref_forbidden,       ///< The ledger's ref namespace is refused.
    identity_refused,    ///< Push rules reject author or committer.
    role_too_low,
    job_token_forbidden,
    not_authenticated,
    not_found,
    archived,
    read_only,
    timed_out,
    non_fast_forward,
    missing_objects,
    server_broken,  ///< Disk full, internal error.
    hook_declined,  ///< A hook of the server's owner; its words are all there is.
    unknown,
};

/// A refusal understood: why, and the one thing that resolves it.
struct Diagnosis {
    RefusalKind kind = RefusalKind::unknown;
    ExitCode code = ExitCode::failed;
    std::string because;
    std::vector<std::string> hints;
};

/// What was being done; so that a hint can name the very branch, variable or setting.
struct RefusalContext {
    std::string environment;  ///< May be empty.
    std::string ref;          ///< Full name of the refused ref; may be empty.
    std::string token_name;  ///< "$STAGING_PUSH_TOKEN" or "file …", never its value; may be empty.
    std::string remote;      ///< The remote's URL, without credentials.
};

/// A merge request, or pull request, to be opened. Every text is one line, printable.
struct MergeRequest {
    std::string source;  ///< Branch name, as is `target`: "main".
    std::string target;
    std::string title;
    std::string description;
};

/// What differs between GitLab, GitHub, Azure DevOps, Bitbucket, Gitea and plain git servers.
class Forge {
public:
    Forge() = default;
    Forge(const Forge&) = delete;
    Forge& operator=(const Forge&) = delete;
    virtual ~Forge() = default;

    [[nodiscard]] virtual std::string_view name() const noexcept = 0;

    /// The user name that goes with an access token in Basic authentication.
    [[nodiscard]] virtual std::string_view token_user() const noexcept = 0;

    [[nodiscard]] virtual Diagnosis explain(const ServerWords& words,
                                            const RefusalContext& context) const = 0;

    /// Web addresses; empty when this forge has none or the remote is not on the web.
    [[nodiscard]] virtual std::string commit_url(const ObjectId& commit) const = 0;
    [[nodiscard]] virtual std::string compare_url(const ObjectId& from,
                                                  const ObjectId& to) const = 0;

    /// The push options that make the server open the merge request; empty: this forge opens none
    /// so.
    [[nodiscard]] virtual std::vector<std::string> merge_request_options(
        const MergeRequest& request) const = 0;

    /// The address of the merge request that the server's answer to such a push names; empty when
    /// it names none. `messages` are printable, and so is the address: at most 500 bytes.
    [[nodiscard]] virtual std::string merge_request_url(
        const std::vector<std::string>& messages) const = 0;

    /// What this forge calls one: "merge request" or "pull request".
    [[nodiscard]] virtual std::string_view merge_request_word() const noexcept = 0;

    /// The page on which a person opens it; empty as for the other web addresses.
    [[nodiscard]] virtual std::string new_merge_request_url(const MergeRequest& request) const = 0;
};

/// A forge's API, with a token that may open merge requests. Its branch is there already.
class MergeRequestApi {
public:
    MergeRequestApi() = default;
    MergeRequestApi(const MergeRequestApi&) = delete;
    MergeRequestApi& operator=(const MergeRequestApi&) = delete;
    virtual ~MergeRequestApi() = default;

    struct Opened {
        std::string url;  ///< Printable; empty: the forge did not tell.
        bool existed = false;
    };

    /// Opens it, or finds that it is open. One request, and one more to find it. Throws Error with
    /// the way out; Interrupted.
    [[nodiscard]] virtual Opened open(const MergeRequest& request) = 0;
};

}  // namespace headway
