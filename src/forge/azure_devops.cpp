#include "forge/dialect.hpp"

namespace headway::forge {

namespace {

using enum RefusalKind;

constexpr std::string_view k_new_token = "{create_token} and put it into {place}";

constexpr std::array k_refusals{
    RefusalRow{merge_request_only,
               {"tf402455"},
               "{branch} changes through pull requests only{said}",
               {"Project settings > Repositories > Security: allow {bot} to 'Bypass policies when "
                "pushing' on {branch}"}},
    RefusalRow{force_push_forbidden,
               {"tf401027", "forcepush"},
               "{bot} may not move {branch} back{said}",
               {"Project settings > Repositories > Security: allow {bot} 'Force push' on "
                "{branch}"}},
    RefusalRow{creation_forbidden,
               {"tf401027", "createbranch"},
               "{branch} does not exist yet, and {bot} may not create it{said}",
               {"Project settings > Repositories > Security: allow {bot} to 'Create branch'"}},
    RefusalRow{role_too_low,
               {"tf401027"},
               "{bot} lacks a permission on this repository{said}",
               {"Project settings > Repositories > Security: allow {bot} to 'Contribute'"}},
    RefusalRow{
        not_found,
        {"tf401019"},
        "{remote} is not the repository's address, or {bot} may not see it{said}",
        {"remote: in .headway.yml: the repository's own clone address (HTTPS)", k_new_token}},
    RefusalRow{not_authenticated,
               {"tf400813"},
               "{token} is wrong, expired or without the scope Code{said}",
               {k_new_token}},
};

constexpr std::array k_hosts{
    HostRule{"dev.azure.com", Certainty::public_service},
    HostRule{".visualstudio.com", Certainty::public_service},
};

constexpr Dialect k_dialect{
    .name = "azure-devops",
    .other_name = "azure",
    .token_user = "headway",
    .create_token =
        "User settings > Personal access tokens: create a token with the scope "
        "'Code (Read & write)'",
    .hosts = k_hosts,
    .commit_link = "{base}/commit/{commit}",
    .compare_link = "{base}/branchCompare?baseVersion=GC{from}&targetVersion=GC{to}",
    .refusals = k_refusals,
    .merge_request_word = "pull request",
    .new_merge_request_link = "{base}/pullrequestcreate?sourceRef={source}&targetRef={target}",
};

}  // namespace

const Dialect& azure_devops() noexcept {
    return k_dialect;
}

}  // namespace headway::forge
