#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "notify/slack.hpp"
#include "notify_messages.hpp"

namespace headway::notify::test {

namespace {

constexpr std::string_view k_url = "https://hooks.slack.com/services/T000/B000/s3cr3tPart";
const std::string k_new_webhook =
    "create a new incoming webhook in Slack and store its URL where `notify: {slack: {webhook: "
    "…}}` of .headway.yml takes it from";
const std::string k_other_channel =
    "create an incoming webhook for another channel and store its URL where `notify: {slack: "
    "{webhook: …}}` of .headway.yml takes it from";
const std::string k_ask_owner =
    "ask an owner of the Slack workspace to allow this webhook to post there";
const std::string k_again = "headway notify, once Slack is well again";
const std::string k_report =
    "run the same command again with -vv and report what it shows as a defect of headway";
const std::string k_is_webhook =
    "check that the URL is the one that Slack shows under Incoming Webhooks, and that no proxy "
    "answers in its place";

using Answer = std::variant<HttpResponse, TransportFault>;

HttpResponse answer(int status, std::string body) {
    HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

/// Answers from a list, and keeps what was asked.
class FakeClient final : public HttpClient {
public:
    explicit FakeClient(std::deque<Answer> answers) : m_answers(std::move(answers)) {}

    std::unique_ptr<HttpBatch> open_batch() override {
        throw std::logic_error("one request at a time is asked for here");
    }
    void check(const HttpRequest& /*request*/) const override {}
    HttpResponse perform(const HttpRequest& request) override {
        m_requests.push_back(request);
        REQUIRE_FALSE(m_answers.empty());
        const Answer next = m_answers.front();
        m_answers.pop_front();
        if (const auto* const fault = std::get_if<TransportFault>(&next)) {
            throw TransportError(*fault, "no answer", "the wire said so", {});
        }
        return std::get<HttpResponse>(next);
    }

    [[nodiscard]] const std::vector<HttpRequest>& requests() const { return m_requests; }

private:
    std::deque<Answer> m_answers;
    std::vector<HttpRequest> m_requests;
};

std::size_t requests_until_done(std::deque<Answer> answers) {
    FakeClient client(std::move(answers));
    make_slack_webhook(client, Secret(std::string(k_url)))->send(verified_message());
    return client.requests().size();
}

struct Failure {
    std::string because;
    std::vector<std::string> hints;
    std::size_t requests = 0;
};

Failure failure_of(std::deque<Answer> answers) {
    FakeClient client(std::move(answers));
    const auto webhook = make_slack_webhook(client, Secret(std::string(k_url)));
    try {
        webhook->send(verified_message());
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::failed);
        CHECK(std::string(error.what()) == "the Slack message did not arrive");
        return {error.because(), error.hints(), client.requests().size()};
    }
    FAIL("delivered");
    return {};
}

}  // namespace

TEST_CASE("the webhook is one POST of the payload", "[notify]") {
    FakeClient client({answer(200, "ok")});
    const auto webhook = make_slack_webhook(client, Secret(std::string(k_url)));
    CHECK(webhook->channel() == "slack");
    webhook->send(verified_message());
    REQUIRE(client.requests().size() == 1);
    const HttpRequest& request = client.requests().front();
    CHECK(request.method == HttpMethod::post);
    CHECK(request.url == k_url);
    CHECK(request.url_is_secret);
    REQUIRE(request.headers.size() == 1);
    CHECK(request.headers[0].name == "Content-Type");
    CHECK(request.headers[0].value == "application/json; charset=utf-8");
    CHECK(request.body == slack_payload(verified_message()));
    CHECK(request.timeout == std::chrono::seconds{10});
    CHECK_FALSE(request.credentials.has_value());
}

TEST_CASE("any 2xx is a delivery", "[notify]") {
    CHECK(requests_until_done({answer(200, "ok")}) == 1);
    CHECK(requests_until_done({answer(200, "{\"ok\":true}")}) == 1);
    CHECK(requests_until_done({answer(204, "")}) == 1);
}

TEST_CASE("a cut connection and a failing Slack get one more try", "[notify]") {
    CHECK(requests_until_done({TransportFault::cut_off, answer(200, "ok")}) == 2);
    CHECK(requests_until_done({answer(503, "busy"), answer(200, "ok")}) == 2);

    const Failure twice = failure_of({answer(500, "rollup_error"), answer(502, "")});
    CHECK(twice.requests == 2);
    CHECK(twice.because == "Slack failed twice (HTTP 502)");
    CHECK(twice.hints == std::vector<std::string>{k_again});
}

TEST_CASE("other transport faults are told at once", "[notify]") {
    for (const TransportFault fault : {TransportFault::resolve, TransportFault::connect,
                                       TransportFault::tls, TransportFault::timeout}) {
        FakeClient client({fault});
        const auto webhook = make_slack_webhook(client, Secret(std::string(k_url)));
        CHECK_THROWS_AS(webhook->send(verified_message()), TransportError);
        CHECK(client.requests().size() == 1);
    }
    FakeClient client({TransportFault::cut_off, TransportFault::cut_off});
    const auto webhook = make_slack_webhook(client, Secret(std::string(k_url)));
    CHECK_THROWS_AS(webhook->send(verified_message()), TransportError);
    CHECK(client.requests().size() == 2);
}

TEST_CASE("what Slack answers becomes a cause and the fix", "[notify]") {
    struct Row {
        int status;
        std::string body;
        std::string because;
        std::string hint;
    };
    const std::vector<Row> rows{
        {400, "invalid_blocks",
         "Slack does not understand the message (HTTP 400: \"invalid_blocks\")", k_report},
        {400, "invalid_payload",
         "Slack does not understand the message (HTTP 400: \"invalid_payload\")", k_report},
        {400, "no_text", "Slack does not understand the message (HTTP 400: \"no_text\")", k_report},
        {400, "missing_text_or_fallback_or_attachments",
         "Slack does not understand the message (HTTP 400: "
         "\"missing_text_or_fallback_or_attachments\")",
         k_report},
        {400, "what?", "Slack does not understand the message (HTTP 400: \"what?\")", k_report},
        {400, "user_not_found",
         "the user that the webhook writes to is gone (HTTP 400: \"user_not_found\")",
         k_other_channel},
        {403, "invalid_token",
         "the webhook's URL is mistyped or was revoked (HTTP 403: \"invalid_token\")",
         k_new_webhook},
        {403, "team_disabled", "the Slack workspace is disabled (HTTP 403: \"team_disabled\")",
         k_new_webhook},
        {403, "action_prohibited",
         "the workspace does not let this webhook post there (HTTP 403: \"action_prohibited\")",
         k_ask_owner},
        {403, "posting_to_general_channel_denied",
         "the workspace does not let webhooks post to its general channel (HTTP 403: "
         "\"posting_to_general_channel_denied\")",
         k_other_channel},
        {403, "", "the webhook may not post there (HTTP 403)", k_ask_owner},
        {404, "no_service",
         "the webhook was removed, is disabled or its URL is mistyped (HTTP 404: \"no_service\")",
         k_new_webhook},
        {404, "no_active_hooks", "the webhook is disabled (HTTP 404: \"no_active_hooks\")",
         k_new_webhook},
        {404, "no_team",
         "the Slack workspace is gone, or the webhook's URL is mistyped (HTTP 404: \"no_team\")",
         k_new_webhook},
        {404, "channel_not_found",
         "the webhook's channel is gone (HTTP 404: \"channel_not_found\")", k_other_channel},
        {404, "", "there is no such webhook (HTTP 404)", k_new_webhook},
        {410, "channel_is_archived",
         "the webhook's channel is archived (HTTP 410: \"channel_is_archived\")", k_other_channel},
        {410, "", "the webhook's channel takes no messages any more (HTTP 410)", k_other_channel},
        {418, "", "the message was refused (HTTP 418)", k_is_webhook},
        {302, "", "the answer is a redirect, and a webhook's URL is sent nowhere else (HTTP 302)",
         k_is_webhook},
        {200, " <!doctype html><title>Sign in</title>",
         "a web page answered instead of Slack (HTTP 200)", k_is_webhook},
        {404, "<html>no_service</html>", "there is no such webhook (HTTP 404)", k_new_webhook},
        {101, "", "the answer is none that Slack gives (HTTP 101)", k_is_webhook},
    };
    for (const Row& row : rows) {
        INFO(row.status << ' ' << row.body);
        const Failure failure = failure_of({answer(row.status, row.body)});
        CHECK(failure.because == row.because);
        CHECK(failure.hints == std::vector<std::string>{row.hint});
        CHECK(failure.requests == 1);
    }
    CHECK(failure_of({answer(500, "rollup_error"), answer(500, "rollup_error")}).because ==
          "Slack failed (HTTP 500: \"rollup_error\")");
}

TEST_CASE("a rate limit says how long Slack asks to wait", "[notify]") {
    HttpResponse response = answer(429, "rate_limited");
    CHECK(failure_of({response}).because ==
          "Slack takes one message a second and has had more (HTTP 429: \"rate_limited\")");
    response.headers = {{"retry-after", "30"}};
    const Failure failure = failure_of({response});
    CHECK(failure.because ==
          "Slack takes one message a second and has had more (HTTP 429: \"rate_limited\"); it asks "
          "to wait 30 s");
    CHECK(failure.requests == 1);
    response.headers = {{"retry-after", "\x1b[2J30"}};
    CHECK(failure_of({response}).because.find("wait") == std::string::npos);
}

TEST_CASE("an answer is quoted printable, bounded and without the secret", "[notify]") {
    const Failure long_one = failure_of({answer(400, "\x1b[31m" + std::string(5000, 'x'))});
    CHECK(long_one.because.size() < 300);
    CHECK(long_one.because.find('\x1b') == std::string::npos);
    for (const std::string& body :
         {"no_service for " + std::string(k_url), std::string("token s3cr3tPart is no_service")}) {
        const Failure failure = failure_of({answer(404, body)});
        CHECK(failure.because ==
              "the webhook was removed, is disabled or its URL is mistyped (HTTP 404)");
    }
}

TEST_CASE("a URL that cannot be a webhook is a configuration error without the URL", "[notify]") {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"", "it is empty"},
        {"hooks.slack.com/services/s3cr3t", "it does not begin with https://"},
        {"ftp://hooks.slack.com/s3cr3t", "it does not begin with https://"},
        {"http://hooks.slack.com/s3cr3t",
         "it begins with http://, and a secret is sent over https only"},
        {"http://127.evil.example/s3cr3t",
         "it begins with http://, and a secret is sent over https only"},
        {"http://localhost.evil.example/s3cr3t",
         "it begins with http://, and a secret is sent over https only"},
        {"https://user@hooks.slack.com/s3cr3t", "it contains a user name"},
        {"http://127.0.0.1@evil.example/s3cr3t", "it contains a user name"},
        {"https:///s3cr3t", "it names no host"},
        {"https://:443/s3cr3t", "it names no host"},
        {"https://hooks.slack.com/s3cr3t\n",
         "it contains a space, a line break or a character beyond ASCII"},
        {"https://hooks.slack.com/s3cr3tü",
         "it contains a space, a line break or a character beyond ASCII"},
    };
    FakeClient client({});
    for (const auto& [url, because] : rows) {
        INFO(url);
        try {
            (void)make_slack_webhook(client, Secret(url));
            FAIL("accepted");
        } catch (const Error& error) {
            CHECK(error.code() == ExitCode::usage);
            CHECK(std::string(error.what()) == "the Slack webhook's URL cannot be used");
            CHECK(error.because() == because);
            CHECK(error.hints().size() == 1);
            for (const std::string& text : {error.because(), error.hints().front()}) {
                CHECK(text.find("s3cr3t") == std::string::npos);
            }
        }
    }
    for (const std::string url :
         {"http://127.0.0.1:8080/hook", "http://localhost/hook", "http://127.9.9.9/hook",
          "http://[::1]:8080/hook", "https://hooks.example.com:8443/hook"}) {
        INFO(url);
        CHECK_NOTHROW(make_slack_webhook(client, Secret(url)));
    }
}

}  // namespace headway::notify::test
