#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "headway/forge.hpp"
#include "headway/http.hpp"
#include "headway/secret.hpp"

namespace headway::forge {

struct ApiSettings {
    std::string remote;  ///< The clone URL.
    std::string base;    ///< Where the API begins; empty: where the remote's forge has it.
    Secret token;
    std::string token_name;                     ///< "$FORGE_API_TOKEN", never its value.
    std::chrono::milliseconds timeout{60'000};  ///< Of one request.
};

/// The user name that goes with a token of the API in Basic authentication, which Azure DevOps
/// wants; the redactor has to know the pair.
inline constexpr std::string_view k_api_user = "headway";

/// Whether pull requests are opened on this forge by its API: GitHub, Azure DevOps, Bitbucket Cloud
/// and Gitea; GitLab opens merge requests for a push. `remote` and `base` as in ApiSettings.
[[nodiscard]] bool has_api(const Forge& forge, const std::string& remote, const std::string& base);

/// The API of that forge; has_api() holds. The token goes to its host alone: over https, or to this
/// machine, and along no redirect. The client outlives it.
[[nodiscard]] std::unique_ptr<MergeRequestApi> open_api(HttpClient& client, const Forge& forge,
                                                        ApiSettings settings);

}  // namespace headway::forge
