#include "forge/api.hpp"

#include <utility>

#include <fmt/format.h>

#include "forge/api_answer.hpp"
#include "forge/api_dialect.hpp"

namespace headway::forge {

namespace {

constexpr std::size_t k_longest_answer = 4U << 20U;

class Api final : public MergeRequestApi {
public:
    Api(HttpClient& client, const ApiDialect& dialect, ApiPlace place, ApiSettings settings)
        : m_client(client),
          m_dialect(dialect),
          m_place(std::move(place)),
          m_settings(std::move(settings)) {}

    [[nodiscard]] Opened open(const MergeRequest& request) override {
        HttpRequest sent = authorised(url_to_open(m_dialect, m_place));
        sent.method = HttpMethod::post;
        sent.headers.push_back({"Content-Type", "application/json"});
        sent.body = body_to_open(m_dialect, request);
        sent.on_interrupt = OnInterrupt::finish;
        const HttpResponse answer = answer_to(sent);
        switch (meaning_of(answer.status, answer.body)) {
            case ApiMeaning::opened:
                if (std::string url = opened_in(m_dialect, m_place, answer.body); !url.empty()) {
                    return {.url = std::move(url), .existed = false};
                }
                throw not_understood(sent.url);
            case ApiMeaning::exists_already:
                return {.url = find(request), .existed = true};
            case ApiMeaning::refused:
                break;
        }
        throw refusal_of(m_dialect, answer.status, answer.body,
                         {.token_name = m_settings.token_name, .url = sent.url});
    }

private:
    [[nodiscard]] HttpRequest authorised(std::string url) const {
        HttpRequest request;
        request.url = std::move(url);
        request.headers = {{"Accept", std::string(m_dialect.accept)}};
        if (m_dialect.forge == "github") {
            request.headers.push_back({"X-GitHub-Api-Version", "2022-11-28"});
        }
        if (m_dialect.token == ApiToken::basic) {
            request.credentials = BasicCredentials{std::string(k_api_user), m_settings.token};
        } else {
            request.secret_headers.emplace_back(
                "Authorization",
                Secret(fmt::format("{} {}",
                                   m_dialect.token == ApiToken::bearer ? "Bearer" : "token",
                                   m_settings.token.reveal())));
        }
        request.timeout = m_settings.timeout;
        request.max_body = k_longest_answer;
        return request;
    }

    [[nodiscard]] HttpResponse answer_to(const HttpRequest& request) {
        try {
            return m_client.perform(request);
        } catch (const TransportError& error) {
            throw unanswered(error);
        }
    }

    /// The address of what is there already; that it is there is all that counts.
    [[nodiscard]] std::string find(const MergeRequest& request) {
        try {
            const HttpResponse answer =
                m_client.perform(authorised(url_to_find(m_dialect, m_place, request)));
            return answer.status == 200 ? found_in(m_dialect, m_place, answer.body, request)
                                        : std::string();
        } catch (const TransportError&) {
            return {};
        }
    }

    HttpClient& m_client;
    const ApiDialect& m_dialect;
    ApiPlace m_place;
    ApiSettings m_settings;
};

}  // namespace

bool has_api(const Forge& forge, const std::string& remote, const std::string& base) {
    const ApiDialect* const dialect = api_of(forge.name());
    return dialect != nullptr && place_of(*dialect, remote, base).has_value();
}

std::unique_ptr<MergeRequestApi> open_api(HttpClient& client, const Forge& forge,
                                          ApiSettings settings) {
    const ApiDialect& dialect = *api_of(forge.name());
    ApiPlace place = *place_of(dialect, settings.remote, settings.base);
    return std::make_unique<Api>(client, dialect, std::move(place), std::move(settings));
}

}  // namespace headway::forge
