#include "forge/api_answer.hpp"

#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "forge/server_text.hpp"

namespace headway::forge {

namespace {

constexpr std::string_view k_what = "the pull request could not be opened";
constexpr std::string_view k_again =
    "run the same command again: it finds the branch, and opens what is missing";
constexpr std::string_view k_token = "{rights}, and put it into {token}";
constexpr std::string_view k_address =
    "api: in .headway.yml: the address that the forge's API begins with";

struct ApiRow {
    int first = 0;  ///< HTTP statuses from `first` to `last`.
    int last = 0;
    std::string_view word;  ///< In the body, ASCII case ignored; empty: anything.
    ExitCode code = ExitCode::failed;
    std::string_view because;
    std::array<std::string_view, 2> hints;
};

// Azure DevOps answers a wrong token with its sign-in page (203, or a redirect to it), GitHub a
// rate limit with 403.
constexpr std::array k_rows{
    ApiRow{203,
           203,
           "",
           ExitCode::unauthorised,
           "{token} is wrong or expired: the answer is a sign-in page (HTTP 203)",
           {k_token}},
    ApiRow{300,
           399,
           "",
           ExitCode::failed,
           "the answer is a redirect (HTTP {status}), which is never followed: {url} is not the "
           "API's address, or {token} is wrong or expired",
           {k_address, k_token}},
    ApiRow{401,
           401,
           "",
           ExitCode::unauthorised,
           "{token} is wrong, expired or revoked (HTTP 401){said}",
           {k_token}},
    ApiRow{403,
           403,
           "rate limit",
           ExitCode::failed,
           "the server limits the number of requests (HTTP 403){said}",
           {"run the same command again later"}},
    ApiRow{403,
           403,
           "",
           ExitCode::unauthorised,
           "{token} lacks the right to open pull requests (HTTP 403){said}",
           {k_token}},
    ApiRow{404,
           404,
           "",
           ExitCode::unauthorised,
           "{token} may not see the repository, or {url} is not the API's address (HTTP "
           "404){said}",
           {k_token, k_address}},
    ApiRow{429,
           429,
           "",
           ExitCode::failed,
           "the server limits the number of requests (HTTP 429){said}",
           {"run the same command again later"}},
    ApiRow{500, 599, "", ExitCode::failed, "the server failed (HTTP {status}){said}", {k_again}},
    ApiRow{0, 999, "", ExitCode::refused, "the server refused it (HTTP {status}){said}", {}},
};

}  // namespace

ApiMeaning meaning_of(int status, std::string_view body) {
    if (status == 200 || status == 201) {
        return ApiMeaning::opened;
    }
    const bool about_this = status == 400 || status == 409 || status == 422;
    return about_this && (contains(body, "already exists") || contains(body, "TF401179"))
               ? ApiMeaning::exists_already
               : ApiMeaning::refused;
}

Error refusal_of(const ApiDialect& dialect, int status, std::string_view body,
                 const ApiContext& context) {
    const std::string quote = said_in(body);
    const auto fill = [&](std::string_view pattern) {
        return fmt::format(
            fmt::runtime(pattern), fmt::arg("token", context.token_name),
            fmt::arg("rights", dialect.rights), fmt::arg("status", status),
            fmt::arg("url", context.url.substr(0, context.url.find('?'))),
            fmt::arg("said", quote.empty() ? std::string()
                                           : fmt::format(" (the server said: \"{}\")", quote)));
    };
    const ApiRow* row = k_rows.data();
    while (status < row->first || status > row->last || !contains(body, row->word)) {
        ++row;
    }
    std::vector<std::string> hints;
    for (const std::string_view hint : row->hints) {
        if (!hint.empty()) {
            hints.push_back(fill(hint));
        }
    }
    return {row->code, std::string(k_what), fill(row->because), std::move(hints)};
}

Error not_understood(const std::string& url) {
    return {ExitCode::failed,
            std::string(k_what),
            fmt::format("{} answered with a success that names no pull request: it may be open, or "
                        "that is not the API's address",
                        url.substr(0, url.find('?'))),
            {std::string(k_address)}};
}

Error unanswered(const TransportError& error) {
    std::string because = error.what();
    because.append(error.because().empty() ? "" : ": ").append(error.because());
    if (!error.never_sent()) {
        because += "; it may be open all the same";
    }
    std::vector<std::string> hints = error.hints();
    hints.emplace_back(k_again);
    return {error.code(), std::string(k_what), std::move(because), std::move(hints)};
}

}  // namespace headway::forge
