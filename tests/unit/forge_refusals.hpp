#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "forge/forge.hpp"

/// What the refusal tests share: one row is one answer of a server and the whole diagnosis.
namespace headway::forge::test {

inline constexpr std::string_view k_gitlab_url = "https://gitlab.example.com/group/app.git";

struct RefusalCase {
    std::string_view said;
    RefusalKind kind = RefusalKind::unknown;
    ExitCode code = ExitCode::failed;
    std::string_view because;
    std::vector<std::string> hints;
};

inline RefusalContext promotion_context() {
    return {.environment = "staging",
            .ref = "refs/heads/_gitlab/agents/staging",
            .token_name = "$STAGING_PUSH_TOKEN",
            .remote = std::string(k_gitlab_url)};
}

/// Side-band 2 says it, the ref's own status only that a hook declined.
inline ServerWords hook_words(std::string_view said) {
    return {.http_status = 200,
            .http_body = {},
            .messages = {"GitLab: " + std::string(said)},
            .ref_reason = "pre-receive hook declined"};
}

inline ServerWords reason_words(std::string_view reason, std::vector<std::string> messages = {}) {
    return {.http_status = 200,
            .http_body = {},
            .messages = std::move(messages),
            .ref_reason = std::string(reason)};
}

inline ServerWords status_words(int status, std::string_view body = {}) {
    return {
        .http_status = status, .http_body = std::string(body), .messages = {}, .ref_reason = {}};
}

inline void check(const Diagnosis& diagnosis, const RefusalCase& expected) {
    INFO("said: " << expected.said);
    CHECK(diagnosis.kind == expected.kind);
    CHECK(diagnosis.code == expected.code);
    CHECK(diagnosis.because == expected.because);
    CHECK(diagnosis.hints == expected.hints);
}

}  // namespace headway::forge::test
