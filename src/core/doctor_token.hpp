#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/doctor.hpp"
#include "headway/http.hpp"
#include "headway/secret.hpp"

namespace headway::core {

/// What ends sooner than that is worth a warning.
inline constexpr std::chrono::hours k_ends_soon{14 * 24};

/// The question for a token's own description (GitLab's API, "Get details on a personal access
/// token": GET /personal_access_tokens/self), or nothing where the remote is not on the web.
/// `api`: CI_API_V4_URL; taken only where it is of the remote's own scheme, host and port, as the
/// token belongs to nobody else.
[[nodiscard]] std::optional<HttpRequest> token_question(std::string_view remote,
                                                        std::string_view api, const Secret& token,
                                                        std::chrono::milliseconds timeout);

/// What the answer says of the token called `token` ("$STAGING_PUSH_TOKEN"). Anything but a
/// description of it is `not_checked`: a token that may push need not have any right to the API.
/// Hostile text. Pure.
[[nodiscard]] Finding judge_token_answer(const std::string& environment, const std::string& token,
                                         const HttpResponse& response, std::int64_t now);

/// When the certificate of the remote ends. Pure.
[[nodiscard]] Finding judge_certificate(std::int64_t expiry, std::int64_t now);

}  // namespace headway::core
