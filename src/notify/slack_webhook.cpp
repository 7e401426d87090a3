#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "notify/slack.hpp"
#include "notify/slack_answer.hpp"

namespace headway::notify {

namespace {

constexpr std::chrono::seconds k_timeout{10};
constexpr std::size_t k_longest_answer = 65'536;

[[noreturn]] void reject(std::string because) {
    throw Error(ExitCode::usage, "the Slack webhook's URL cannot be used", std::move(because),
                {"store the URL that Slack shows under Incoming Webhooks, all of it and nothing "
                 "else, where `notify: {slack: {webhook: …}}` of .headway.yml takes it from"});
}

/// By the name or the form of the address alone; the client checks what it connects to.
bool is_loopback(std::string_view host) {
    const bool numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
    return host == "localhost" || host == "[::1]" || (numeric && host.starts_with("127."));
}

std::string_view host_of(std::string_view authority) {
    if (authority.starts_with('[')) {
        return authority.substr(0, authority.find(']') + 1);
    }
    return authority.substr(0, authority.find(':'));
}

/// None of the texts repeats any part of the URL.
void check(std::string_view url) {
    constexpr std::string_view k_https = "https://";
    constexpr std::string_view k_http = "http://";
    if (url.empty()) {
        reject("it is empty");
    }
    for (const char letter : url) {
        if (letter <= ' ' || letter == '\x7F') {
            reject("it contains a space, a line break or a character beyond ASCII");
        }
    }
    const bool secure = url.starts_with(k_https);
    if (!secure && !url.starts_with(k_http)) {
        reject("it does not begin with https://");
    }
    url.remove_prefix(secure ? k_https.size() : k_http.size());
    const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
    if (authority.find('@') != std::string_view::npos) {
        reject("it contains a user name");
    }
    if (host_of(authority).empty()) {
        reject("it names no host");
    }
    if (!secure && !is_loopback(host_of(authority))) {
        reject("it begins with http://, and a secret is sent over https only");
    }
}

class SlackWebhook final : public Notifier {
public:
    SlackWebhook(HttpClient& client, Secret url) : m_client(client), m_url(std::move(url)) {
        check(m_url.reveal());
    }

    [[nodiscard]] std::string_view channel() const noexcept override { return "slack"; }

    void send(const DeploymentMessage& message) override {
        const HttpRequest request = request_for(message);
        const HttpResponse response = answer_to(request);
        if (!is_delivered(response)) {
            throw refusal_of(response, m_url.reveal());
        }
    }

private:
    [[nodiscard]] HttpRequest request_for(const DeploymentMessage& message) const {
        HttpRequest request;
        request.method = HttpMethod::post;
        request.url = m_url.reveal();
        request.url_is_secret = true;
        request.headers = {{"Content-Type", "application/json; charset=utf-8"}};
        request.body = slack_payload(message);
        request.connect_timeout = k_timeout;
        request.timeout = k_timeout;
        request.max_body = k_longest_answer;
        return request;
    }

    [[nodiscard]] HttpResponse answer_to(const HttpRequest& request) {
        try {
            const std::optional<HttpResponse> response = first_try(request);
            return response && response->status < 500 ? *response : m_client.perform(request);
        } catch (const TransportError& error) {
            throw failure_of(error);
        }
    }

    /// Nothing when the connection was cut: Slack closes idle ones, and most often it was that.
    [[nodiscard]] std::optional<HttpResponse> first_try(const HttpRequest& request) {
        try {
            return m_client.perform(request);
        } catch (const TransportError& error) {
            if (error.fault() != TransportFault::cut_off) {
                throw;
            }
            return std::nullopt;
        }
    }

    HttpClient& m_client;
    Secret m_url;
};

}  // namespace

std::unique_ptr<Notifier> make_slack_webhook(HttpClient& client, Secret url) {
    return std::make_unique<SlackWebhook>(client, std::move(url));
}

}  // namespace headway::notify
