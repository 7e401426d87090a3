#include "forge/dialect.hpp"

namespace headway::forge {

namespace {

using enum RefusalKind;

constexpr std::string_view k_new_token = "{create_token} and put it into {place}";

constexpr std::array k_refusals{
    RefusalRow{protected_branch,
               {"permission denied to update branch"},
               "a restriction forbids {bot} to push to {branch}{said}",
               {"Repository settings > Branch restrictions: give {bot} write access to {branch}"}},
    RefusalRow{identity_refused,
               {"can only push your own commits"},
               "the server wants an e-mail address that belongs to {bot}{said}",
               {"{identity_setting}"}},
    RefusalRow{role_too_low,
               {"required privilege scopes"},
               "{token} lacks the scope repository:write{said}",
               {k_new_token}},
};

// Bitbucket Data Center ("bitbucket.example.com") has other pages and other links.
constexpr std::array k_hosts{HostRule{"bitbucket.org", Certainty::public_service}};

// The comparison's path has "new CR old" in it.
constexpr Dialect k_dialect{
    .name = "bitbucket",
    .other_name = {},
    .token_user = "x-token-auth",
    .create_token =
        "Repository settings > Access tokens: create a token with the scope "
        "repository:write",
    .hosts = k_hosts,
    .commit_link = "{base}/commits/{commit}",
    .compare_link = "{base}/branches/compare/{to}%0D{from}",
    .refusals = k_refusals,
    .merge_request_word = "pull request",
    .new_merge_request_link = "{base}/pull-requests/new?source={source}&dest={target}",
};

}  // namespace

const Dialect& bitbucket() noexcept {
    return k_dialect;
}

}  // namespace headway::forge
