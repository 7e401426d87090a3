#include "notify/slack_answer.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "headway/text.hpp"

namespace headway::notify {

namespace {

constexpr std::string_view k_what = "the Slack message did not arrive";
constexpr std::size_t k_longest_quote = 200;

constexpr std::string_view k_new_webhook =
    "create a new incoming webhook in Slack and store its URL where `notify: {slack: {webhook: "
    "…}}` of .headway.yml takes it from";
constexpr std::string_view k_other_channel =
    "create an incoming webhook for another channel and store its URL where `notify: {slack: "
    "{webhook: …}}` of .headway.yml takes it from";
constexpr std::string_view k_ask_owner =
    "ask an owner of the Slack workspace to allow this webhook to post there";
constexpr std::string_view k_again = "headway notify, once Slack is well again";
constexpr std::string_view k_report =
    "run the same command again with -vv and report what it shows as a defect of headway";
constexpr std::string_view k_is_webhook =
    "check that the URL is the one that Slack shows under Incoming Webhooks, and that no proxy "
    "answers in its place";

struct AnswerRow {
    std::string_view word;  ///< In the answer's body.
    std::string_view because;
    std::string_view hint;
};

constexpr std::array k_answers{
    AnswerRow{"invalid_blocks", "Slack does not understand the message", k_report},
    AnswerRow{"invalid_payload", "Slack does not understand the message", k_report},
    AnswerRow{"no_text", "Slack does not understand the message", k_report},
    AnswerRow{"missing_text_or_fallback", "Slack does not understand the message", k_report},
    AnswerRow{"no_active_hooks", "the webhook is disabled", k_new_webhook},
    AnswerRow{"no_service", "the webhook was removed, is disabled or its URL is mistyped",
              k_new_webhook},
    AnswerRow{"invalid_token", "the webhook's URL is mistyped or was revoked", k_new_webhook},
    AnswerRow{"no_team", "the Slack workspace is gone, or the webhook's URL is mistyped",
              k_new_webhook},
    AnswerRow{"team_disabled", "the Slack workspace is disabled", k_new_webhook},
    AnswerRow{"channel_is_archived", "the webhook's channel is archived", k_other_channel},
    AnswerRow{"channel_not_found", "the webhook's channel is gone", k_other_channel},
    AnswerRow{"user_not_found", "the user that the webhook writes to is gone", k_other_channel},
    AnswerRow{"posting_to_general_channel_denied",
              "the workspace does not let webhooks post to its general channel", k_other_channel},
    AnswerRow{"action_prohibited", "the workspace does not let this webhook post there",
              k_ask_owner},
    AnswerRow{"rollup_error", "Slack failed", k_again},
};

struct StatusRow {
    int first;
    int last;
    std::string_view because;
    std::string_view hint;
};

constexpr std::array k_statuses{
    StatusRow{200, 299, "a web page answered instead of Slack", k_is_webhook},
    StatusRow{300, 399, "the answer is a redirect, and a webhook's URL is sent nowhere else",
              k_is_webhook},
    StatusRow{400, 400, "Slack does not understand the message", k_report},
    StatusRow{403, 403, "the webhook may not post there", k_ask_owner},
    StatusRow{404, 404, "there is no such webhook", k_new_webhook},
    StatusRow{410, 410, "the webhook's channel takes no messages any more", k_other_channel},
    StatusRow{429, 429, "Slack takes one message a second and has had more", k_again},
    StatusRow{400, 499, "the message was refused", k_is_webhook},
    StatusRow{500, 599, "Slack failed twice", k_again},
};

bool is_web_page(const HttpResponse& response) {
    return trimmed(response.body).starts_with('<');
}

/// A webhook's URL ends in what makes it secret.
bool repeats_secret(std::string_view body, std::string_view url) {
    const std::string_view last = url.substr(url.rfind('/') + 1);
    return body.find(url) != std::string_view::npos ||
           (!last.empty() && body.find(last) != std::string_view::npos);
}

std::string quote_of(const HttpResponse& response, std::string_view url) {
    const std::string_view body = trimmed(response.body);
    if (body.empty() || is_web_page(response) || repeats_secret(body, url)) {
        return {};
    }
    return fmt::format(": \"{}\"", printable(body, k_longest_quote));
}

/// "; it asks to wait 30 s", where the header is a number as RFC 9110 has it.
std::string wait_of(const HttpResponse& response) {
    const std::string_view wait = trimmed(response.header("Retry-After"));
    constexpr std::size_t k_most_digits = 6;
    const bool is_number = !wait.empty() && wait.size() <= k_most_digits &&
                           wait.find_first_not_of("0123456789") == std::string_view::npos;
    return response.status == 429 && is_number ? fmt::format("; it asks to wait {} s", wait) : "";
}

Error refusal(const HttpResponse& response, std::string_view url, std::string_view because,
              std::string_view hint) {
    return {ExitCode::failed,
            std::string(k_what),
            fmt::format("{} (HTTP {}{}){}", because, response.status, quote_of(response, url),
                        wait_of(response)),
            {std::string(hint)}};
}

}  // namespace

bool is_delivered(const HttpResponse& response) {
    return response.status >= 200 && response.status < 300 && !is_web_page(response);
}

Error refusal_of(const HttpResponse& response, std::string_view url) {
    const auto answer = std::find_if(k_answers.begin(), k_answers.end(), [&](const AnswerRow& row) {
        return response.status >= 400 && !is_web_page(response) &&
               response.body.find(row.word) != std::string::npos;
    });
    if (answer != k_answers.end()) {
        return refusal(response, url, answer->because, answer->hint);
    }
    const auto status =
        std::find_if(k_statuses.begin(), k_statuses.end(), [&](const StatusRow& row) {
            return row.first <= response.status && response.status <= row.last;
        });
    if (status != k_statuses.end()) {
        return refusal(response, url, status->because, status->hint);
    }
    return refusal(response, url, "the answer is none that Slack gives", k_is_webhook);
}

TransportError failure_of(const TransportError& error) {
    const bool passing =
        error.fault() == TransportFault::timeout || error.fault() == TransportFault::cut_off;
    std::string because = error.what();
    if (!error.because().empty()) {
        because += ": " + error.because();
    }
    return {error.fault(), std::string(k_what), std::move(because),
            passing ? std::vector<std::string>{std::string(k_again)} : error.hints()};
}

}  // namespace headway::notify
