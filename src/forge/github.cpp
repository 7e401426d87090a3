#include "forge/dialect.hpp"

namespace headway::forge {

namespace {

using enum RefusalKind;

constexpr std::string_view k_bypass =
    "Settings > Rules > Rulesets, or Settings > Branches: let {bot} bypass the rule for {branch}";
constexpr std::string_view k_new_token = "{create_token} and put it into {place}";

constexpr std::array k_refusals{
    RefusalRow{force_push_forbidden,
               {"cannot force-push to"},
               "{branch} is protected against being moved back{said}",
               {k_bypass}},
    RefusalRow{merge_request_only,
               {"changes must be made through a pull request"},
               "{branch} changes through pull requests only{said}",
               {k_bypass}},
    RefusalRow{creation_forbidden,
               {"creations being restricted"},
               "{branch} does not exist yet, and {bot} may not create it{said}",
               {k_bypass}},
    RefusalRow{hook_declined,
               {"commits must have verified signatures"},
               "a rule wants signed commits, and headway's events are not signed{said}",
               {k_bypass}},
    RefusalRow{identity_refused,
               {"gh007"},
               "GitHub keeps the e-mail address private that headway writes its events with{said}",
               {"{identity_setting}"}},
    RefusalRow{role_too_low,
               {"create or update workflow"},
               "the commits change a workflow file, for which {token} has no permission{said}",
               {"Settings > Developer settings > Fine-grained tokens: add the permission "
                "'Workflows: Read and write' to the token in {place}"}},
    RefusalRow{protected_branch,
               {"gh006"},
               "{branch} is a protected branch and {bot} may not push to it{said}",
               {k_bypass}},
    RefusalRow{protected_branch,
               {"gh013"},
               "a rule of the repository forbids {bot} to push to {branch}{said}",
               {k_bypass}},
    RefusalRow{archived,
               {"was archived so it is read-only"},
               "the repository is archived and takes no pushes{said}",
               {"Settings > General > Danger zone: unarchive the repository"}},
    RefusalRow{role_too_low,
               {"write access to repository not granted"},
               "{token} may read the repository but not push to it{said}",
               {k_new_token}},
    RefusalRow{role_too_low,
               {"permission to", "denied to"},
               "{bot} may read the repository but not push to it{said}",
               {k_new_token}},
    RefusalRow{not_authenticated,
               {"invalid username or"},
               "{token} is wrong, expired or revoked{said}",
               {k_new_token}},
    RefusalRow{not_authenticated,
               {"password authentication", "removed"},
               "{token} is a password where GitHub wants a token{said}",
               {k_new_token}},
    RefusalRow{server_broken,
               {"fatal error in commit_refs"},
               "GitHub could not store the push{said}",
               {"run the same command again"}},
};

constexpr std::array k_hosts{
    HostRule{"github.com", Certainty::public_service},
    HostRule{".ghe.com", Certainty::public_service},
    HostRule{"github.", Certainty::telling_name},
};

constexpr Dialect k_dialect{
    .name = "github",
    .other_name = {},
    .token_user = "x-access-token",
    .create_token =
        "Settings > Developer settings > Fine-grained tokens: create a token with the "
        "permission 'Contents: Read and write'",
    .hosts = k_hosts,
    .commit_link = "{base}/commit/{commit}",
    .compare_link = "{base}/compare/{from}...{to}",
    .refusals = k_refusals,
    .merge_request_word = "pull request",
    .new_merge_request_link = "{base}/compare/{target_path}...{source_path}?expand=1",
};

}  // namespace

const Dialect& github() noexcept {
    return k_dialect;
}

}  // namespace headway::forge
