#include "forge/dialect.hpp"

namespace headway::forge {

namespace {

using enum RefusalKind;

constexpr std::array k_refusals{
    RefusalRow{force_push_forbidden,
               {"is protected from force push"},
               "{branch} is protected against being moved back{said}",
               {"Settings > Branches: allow force pushes by {bot} to {branch}"}},
    RefusalRow{protected_branch,
               {"not allowed to push to protected branch"},
               "{branch} is a protected branch and {bot} may not push to it{said}",
               {"Settings > Branches: add {bot} to those who may push to {branch}"}},
    RefusalRow{protected_branch,
               {"is protected from changing file"},
               "{branch} protects a file that the commits change{said}",
               {"Settings > Branches: take the file out of the protected files of {branch}"}},
    RefusalRow{hook_declined,
               {"is protected from unverified commit"},
               "{branch} takes signed commits only{said}",
               {"Settings > Branches: turn off 'Require signed commits' for {branch}"}},
    RefusalRow{role_too_low,
               {"user permission denied for writing"},
               "{bot} may read the repository but not push to it{said}",
               {"{create_token} and put it into {place}"}},
};

constexpr std::array k_hosts{
    HostRule{"codeberg.org", Certainty::public_service},
    HostRule{"gitea.com", Certainty::public_service},
    HostRule{"gitea.", Certainty::telling_name},
    HostRule{"forgejo.", Certainty::telling_name},
};

constexpr Dialect k_dialect{
    .name = "gitea",
    .other_name = "forgejo",
    .token_user = "headway",
    .create_token =
        "Settings > Applications: create a token with the permission 'repository: "
        "Read and write'",
    .hosts = k_hosts,
    .commit_link = "{base}/commit/{commit}",
    .compare_link = "{base}/compare/{from}...{to}",
    .refusals = k_refusals,
    .merge_request_word = "pull request",
    .new_merge_request_link = "{base}/compare/{target_path}...{source_path}",
};

}  // namespace

const Dialect& gitea() noexcept {
    return k_dialect;
}

}  // namespace headway::forge
