#include "core/doctor_token.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/ledger.hpp"
#include "headway/text.hpp"

namespace headway::core {

namespace {

using Json = nlohmann::json;

constexpr std::int64_t k_day = 86'400;
constexpr std::size_t k_longest_answer = 64U * 1024U;

/// "https://host:port" of a URL, or empty.
std::string_view origin_of(std::string_view url) {
    const std::size_t scheme = url.find("://");
    if (!url.starts_with("http") || scheme == std::string_view::npos) {
        return {};
    }
    return url.substr(0, url.find('/', scheme + 3));
}

std::string day_of(std::int64_t moment) {
    return timestamp(moment).substr(0, 10);
}

std::string in_days(std::int64_t seconds) {
    const std::int64_t days = seconds / k_day;
    return days == 0 ? "in less than a day"
                     : fmt::format("in {} day{}", days, days == 1 ? "" : "s");
}

Error ended(const std::string& token, const std::string& what, const std::string& because) {
    return {ExitCode::unauthorised,
            fmt::format("{} {}", token, what),
            because,
            {fmt::format("Settings > Access tokens: create a token with the role Developer or "
                         "higher and the scope write_repository and put it into {}",
                         token)}};
}

/// The start of the day that GitLab names, as seconds since the epoch.
std::optional<std::int64_t> date_in(const Json& answer) {
    const auto found = answer.find("expires_at");
    if (found == answer.end() || !found->is_string()) {
        return std::nullopt;
    }
    return parse_timestamp(found->get<std::string>().substr(0, 10) + "T00:00:00Z");
}

bool is(const Json& answer, const char* name, bool value) {
    const auto found = answer.find(name);
    return found != answer.end() && found->is_boolean() && found->get<bool>() == value;
}

}  // namespace

std::optional<HttpRequest> token_question(std::string_view remote, std::string_view api,
                                          const Secret& token, std::chrono::milliseconds timeout) {
    const std::string_view origin = origin_of(remote);
    if (origin.empty()) {
        return std::nullopt;
    }
    while (api.ends_with('/')) {
        api.remove_suffix(1);
    }
    HttpRequest request;
    request.url =
        fmt::format("{}/personal_access_tokens/self",
                    origin_of(api) == origin ? std::string(api) : fmt::format("{}/api/v4", origin));
    request.headers.push_back({"Accept", "application/json"});
    request.secret_headers.emplace_back("PRIVATE-TOKEN", token);
    request.timeout = timeout;
    request.max_body = k_longest_answer;
    return request;
}

Finding judge_token_answer(const std::string& environment, const std::string& token,
                           const HttpResponse& response, std::int64_t now) {
    const auto unknown = [&](const std::string& reason) {
        return not_checked(Check::expiry, environment, reason);
    };
    if (response.status != 200) {
        return unknown(
            fmt::format("the API does not describe {} (HTTP {}): it may be without the "
                        "scope that this needs",
                        token, response.status));
    }
    const Json answer = Json::parse(response.body, nullptr, false);
    if (!answer.is_object() || !(answer.contains("expires_at") || answer.contains("revoked"))) {
        return unknown("the API's answer is no description of a token");
    }
    if (is(answer, "revoked", true)) {
        return problem(Check::expiry, environment, ended(token, "is revoked", "the API says so"));
    }
    const auto end = date_in(answer);
    if (end && *end <= now) {
        return problem(Check::expiry, environment,
                       ended(token, "has expired", fmt::format("it ended on {}", day_of(*end))));
    }
    if (is(answer, "active", false)) {
        return problem(Check::expiry, environment,
                       ended(token, "is not active", "the API says so"));
    }
    if (!end) {
        return fine(Check::expiry, environment, fmt::format("{} has no end", token));
    }
    if (*end - now < std::chrono::seconds(k_ends_soon).count()) {
        return warning(
            Check::expiry, environment,
            ended(token, fmt::format("expires {}", in_days(*end - now)),
                  fmt::format("it ends on {}, at the beginning of the day (UTC)", day_of(*end))));
    }
    return fine(Check::expiry, environment,
                fmt::format("{} ends on {}, {}", token, day_of(*end), in_days(*end - now)));
}

Finding judge_certificate(std::int64_t expiry, std::int64_t now) {
    const std::string text = fmt::format("the server's certificate ends on {}", day_of(expiry));
    if (expiry - now < std::chrono::seconds(k_ends_soon).count()) {
        return warning(Check::certificate, {},
                       {ExitCode::failed,
                        fmt::format("the server's certificate ends {}",
                                    expiry <= now ? "now" : in_days(expiry - now)),
                        fmt::format("it is valid until {}", timestamp(expiry)),
                        {"renew it on the server, or ask its owner to"}});
    }
    return fine(Check::certificate, {}, text);
}

}  // namespace headway::core
