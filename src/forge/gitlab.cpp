#include "forge/dialect.hpp"

namespace headway::forge {

namespace {

using enum RefusalKind;

constexpr std::string_view k_allow_push =
    "Settings > Repository > Protected branches: allow {bot} to push and merge to {branch}";
constexpr std::string_view k_new_token = "{create_token} and put it into {place}";
constexpr std::string_view k_again = "run the same command again";
constexpr std::string_view k_identity = "{identity_setting}";
constexpr std::string_view k_no_ledger = "ledger: off in .headway.yml, which gives up the history";

constexpr std::array k_refusals{
    RefusalRow{force_push_forbidden,
               {"force push code to a protected branch"},
               "{branch} is protected against being moved back{said}",
               {"Settings > Repository > Protected branches: turn on 'Allowed to force push' for "
                "{branch}"}},
    RefusalRow{protected_branch,
               {"push code to protected branches"},
               "{branch} is a protected branch and {bot} may not push to it{said}",
               {k_allow_push}},
    RefusalRow{merge_request_only,
               {"merge code into protected branches"},
               "{branch} changes through merge requests only, and {bot} may neither push nor merge "
               "there{said}",
               {k_allow_push}},
    RefusalRow{creation_forbidden,
               {"not allowed to create protected branches"},
               "{branch} does not exist yet, its name is protected, and {bot} may not create "
               "it{said}",
               {k_allow_push}},
    RefusalRow{creation_forbidden,
               {"existing protected branch ref as the basis"},
               "{branch} does not exist yet, and {bot} may create it only at a commit of another "
               "protected branch{said}",
               {k_allow_push}},
    RefusalRow{creation_forbidden,
               {"create protected branches using the web interface"},
               "{branch} does not exist yet, and {bot} may create it only in the web interface or "
               "through the API{said}",
               {k_allow_push}},
    RefusalRow{creation_forbidden,
               {"branch name", "does not follow the pattern"},
               "a push rule forbids the name {branch}{said}",
               {"Settings > Repository > Push rules: let 'Branch name' match {branch}"}},
    RefusalRow{role_too_low,
               {"push code to this project"},
               "the role of {bot} in this project is too low to push{said}",
               {k_new_token}},
    RefusalRow{job_token_forbidden,
               {"allowed to upload code"},
               "{token} is a job token or a deploy token, and such a one may not push here{said}",
               {"{token_setting}, NAME being a CI variable that holds a project access token with "
                "the scope write_repository"}},
    RefusalRow{not_authenticated,
               {"http basic: access denied"},
               "{token} is wrong, expired, revoked or without the scope write_repository, which "
               "GitLab does not tell apart{said}",
               {k_new_token}},
    RefusalRow{not_authenticated,
               {"account has been", "blocked"},
               "the account behind {token} is blocked{said}",
               {k_new_token}},
    RefusalRow{not_found,
               {"project you were looking for could not be found"},
               "{remote} is not the project's address, or {bot} may not see the project{said}",
               {"remote: in .headway.yml: the project's own clone address (HTTPS)",
                "Settings > Access tokens of that very project: create the token that goes into "
                "{place}"}},
    RefusalRow{archived,
               {"archived project"},
               "the project is archived and takes no pushes{said}",
               {"Settings > General > Advanced: unarchive the project"}},
    RefusalRow{read_only,
               {"read-only gitlab instance"},
               "{remote} is a copy that takes no pushes{said}",
               {"remote: in .headway.yml: the address of the primary GitLab"}},
    RefusalRow{read_only,
               {"repository is temporarily read-only"},
               "the server takes no pushes at the moment{said}",
               {k_again}},
    RefusalRow{timed_out,
               {"push operation timed out"},
               "the server's own checks of the push took too long{said}",
               {k_again}},
    RefusalRow{identity_refused,
               {"'s email '", "does not follow the pattern"},
               "a push rule refuses the e-mail address that headway writes its events with{said}",
               {k_identity}},
    RefusalRow{identity_refused,
               {"'s name '", "does not follow the pattern"},
               "a push rule refuses the name that headway writes its events with{said}",
               {k_identity}},
    RefusalRow{identity_refused,
               {"is not a member of team"},
               "a push rule wants authors who are known to GitLab{said}",
               {k_identity}},
    RefusalRow{identity_refused,
               {"cannot push commits for"},
               "a push rule wants an e-mail address that belongs to {bot}{said}",
               {k_identity}},
    RefusalRow{identity_refused,
               {"committer email is", "verified email"},
               "a push rule wants an e-mail address that belongs to {bot}{said}",
               {k_identity}},
    RefusalRow{
        hook_declined,
        {"commit must be signed"},
        "a push rule wants signed commits, and headway's events are not signed{said}",
        {"Settings > Repository > Push rules: turn off 'Reject unsigned commits'", k_no_ledger}},
    RefusalRow{hook_declined,
               {"commit message", "pattern"},
               "a push rule wants other commit messages than those of headway's events{said}",
               {"Settings > Repository > Push rules: let the expression for commit messages match "
                "'Promote 1a2b3c4d to staging'",
                k_no_ledger}},
    RefusalRow{server_broken,
               {"exceeded", "size limit"},
               "the repository has reached the size that GitLab allows{said}",
               {"Settings > Usage quotas: free or buy storage"}},
    RefusalRow{server_broken,
               {"internal api"},
               "GitLab could not ask its own service about this push{said}",
               {k_again}},
    RefusalRow{server_broken,
               {"gitlab is not responding"},
               "GitLab could not ask its own service about this push{said}",
               {k_again}},
};

constexpr std::array k_hosts{
    HostRule{"gitlab.com", Certainty::public_service},
    HostRule{"gitlab.", Certainty::telling_name},
};

// GitLab's documentation, "Push options": known to every GitLab since 11.10.
constexpr std::array<std::string_view, 5> k_merge_request_options{
    "merge_request.create",
    "merge_request.target={target}",
    "merge_request.title={title}",
    "merge_request.description={description}",
    "merge_request.remove_source_branch",
};

// "gitlab-ci-token" is the one user name that goes with a job token too; with access tokens
// GitLab looks at the password only.
constexpr Dialect k_dialect{
    .name = "gitlab",
    .other_name = {},
    .token_user = "gitlab-ci-token",
    .create_token =
        "Settings > Access tokens: create a token with the role Developer or higher "
        "and the scope write_repository",
    .hosts = k_hosts,
    .commit_link = "{base}/-/commit/{commit}",
    .compare_link = "{base}/-/compare/{from}...{to}",
    .refusals = k_refusals,
    .merge_request_options = k_merge_request_options,
    .merge_request_mark = "/merge_requests/",
    .new_merge_request_link =
        "{base}/-/merge_requests/new?merge_request%5Bsource_branch%5D={source}"
        "&merge_request%5Btarget_branch%5D={target}",
};

}  // namespace

const Dialect& gitlab() noexcept {
    return k_dialect;
}

}  // namespace headway::forge
