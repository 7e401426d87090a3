#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "git/answer_reader.hpp"
#include "git/capabilities.hpp"
#include "git/push_report.hpp"
#include "git/remotes.hpp"
#include "headway/forge.hpp"
#include "headway/http.hpp"
#include "headway/trace.hpp"

namespace headway::git {

/// One request that reads and may therefore be sent again.
struct Question {
    std::string purpose;                  ///< For the trace, in the past tense: "asked for 3 refs".
    HttpMethod method = HttpMethod::get;  ///< get: info/refs of the service; post: its command.
    Service service = Service::upload_pack;
    bool version_2 = true;  ///< Ask for, or speak, protocol v2.
    std::string body;
    std::size_t max_body = 1U << 20U;
};

/// git's requests over HTTP (gitprotocol-http), and what a person has to know when one fails.
class HttpExchange {
public:
    static constexpr unsigned k_attempts = 3;

    HttpExchange(HttpClient& client, const Forge& forge, Trace& trace, SmartHttpSettings settings);

    /// Sends the question and reads its answer with a reader that `make` makes for each attempt.
    /// A connection that cannot be made or breaks is tried again at once, k_attempts in all.
    /// Throws TransportError, Error as the forge explains it, and what the reader throws.
    template <typename Make>
    auto ask(const Question& question, const Make& make) {
        for (unsigned attempt = 1;; ++attempt) {
            auto reader = make();
            if (try_once(question, *reader, attempt)) {
                return reader;
            }
        }
    }

    /// Sends a push, once. Throws PushUncertain whenever the server may have acted on it and the
    /// report is not there in full; TransportError and Error when it surely has not. `ref`: the
    /// one that messages name.
    void push(const std::string& body, std::string_view ref, std::string_view purpose,
              PushReportReader& reader);

    /// What the server said in its protocol, as an Error with the forge's explanation.
    [[nodiscard]] Error explain(std::string what, const ServerRefusal& refusal,
                                std::string_view ref = {}) const;

    /// The repository's URL, as the server last named it.
    [[nodiscard]] const std::string& url() const noexcept { return m_settings.url; }

private:
    /// What came of one request.
    struct Outcome {
        HttpResponse response;
        std::size_t bytes = 0;
        std::string head;            ///< The body's start.
        std::exception_ptr failure;  ///< What the reader threw.
    };

    bool try_once(const Question& question, AnswerReader& reader, unsigned attempt);
    [[nodiscard]] HttpRequest request_for(const Question& question) const;
    [[nodiscard]] HttpRequest push_request(const std::string& body) const;
    Outcome perform(HttpRequest request, AnswerReader& reader);
    void tell(std::string_view purpose, const Outcome& outcome);
    void follow(const Question& question, const Outcome& outcome);
    [[nodiscard]] Error status_error(const std::string& what, const Outcome& outcome,
                                     std::string_view ref = {}) const;
    /// `wanted`: the content type.
    void require_git_answer(const Outcome& outcome, std::string_view wanted) const;
    void judge_push(const Outcome& outcome, std::string_view ref, PushReportReader& reader) const;
    [[nodiscard]] RefusalContext context(std::string_view ref) const;

    HttpClient& m_client;
    const Forge& m_forge;
    Trace& m_trace;
    SmartHttpSettings m_settings;
    bool m_followed = false;
};

}  // namespace headway::git
