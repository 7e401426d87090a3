#include "git/http_exchange.hpp"

#include <fmt/format.h>
#include <headway_version.hpp>

#include <algorithm>
#include <utility>

#include "git/redirect.hpp"
#include "git/web_page.hpp"
#include "headway/text.hpp"

namespace headway::git {

namespace {

constexpr std::size_t k_kept_head = 8U << 10U;
constexpr std::size_t k_max_push_answer = 16U << 20U;

/// Many servers speak git only to clients that call themselves so.
std::string user_agent() {
    return fmt::format("git/headway-{}", k_version);
}

std::string content_type(Service service, std::string_view message) {
    return fmt::format("application/x-{}-{}", service_name(service), message);
}

std::string info_refs_query(Service service) {
    return fmt::format("service={}", service_name(service));
}

bool has_content_type(const HttpResponse& response, std::string_view wanted) {
    const std::string_view header = response.header("Content-Type");
    return trimmed(header.substr(0, header.find(';'))) == wanted;
}

bool is_redirect(int status) {
    return status >= 300 && status < 400 && status != 304;
}

[[noreturn]] void uncertain(const std::string& because) {
    throw PushUncertain(ExitCode::failed, "it is not known whether the push was carried out",
                        fmt::format("it was sent, and no report of it arrived: {}", because),
                        {"run the same command again: it reads the refs first and goes on from "
                         "what it finds"});
}

std::string cause_of(const Error& error) {
    return error.because().empty() ? error.what()
                                   : fmt::format("{}: {}", error.what(), error.because());
}

}  // namespace

HttpExchange::HttpExchange(HttpClient& client, const Forge& forge, Trace& trace,
                           SmartHttpSettings settings)
    : m_client(client), m_forge(forge), m_trace(trace), m_settings(std::move(settings)) {}

HttpRequest HttpExchange::request_for(const Question& question) const {
    HttpRequest request;
    request.method = question.method;
    request.headers.push_back({"User-Agent", user_agent()});
    if (question.method == HttpMethod::get) {
        request.url =
            fmt::format("{}/info/refs?{}", m_settings.url, info_refs_query(question.service));
        request.headers.push_back({"Accept", "*/*"});
    } else {
        request.url = fmt::format("{}/{}", m_settings.url, service_name(question.service));
        request.headers.push_back({"Content-Type", content_type(question.service, "request")});
        request.headers.push_back({"Accept", content_type(question.service, "result")});
    }
    if (question.version_2) {
        request.headers.push_back({"Git-Protocol", "version=2"});
    }
    request.body = question.body;
    request.credentials = m_settings.credentials;
    request.timeout = m_settings.timeout;
    request.max_body = question.max_body;
    return request;
}

HttpRequest HttpExchange::push_request(const std::string& body) const {
    HttpRequest request = request_for({.purpose = {},
                                       .method = HttpMethod::post,
                                       .service = Service::receive_pack,
                                       .version_2 = false,
                                       .body = body,
                                       .max_body = k_max_push_answer});
    request.on_interrupt = OnInterrupt::finish;
    return request;
}

HttpExchange::Outcome HttpExchange::perform(HttpRequest request, AnswerReader& reader) {
    Outcome outcome;
    bool enough = false;
    request.on_body = [&](std::string_view piece) {
        outcome.bytes += piece.size();
        outcome.head += piece.substr(0, k_kept_head - outcome.head.size());
        // An answer that refuses by its status is no git: the reader's complaint waits until the
        // status is known, and the page's start is kept for the message.
        if (outcome.failure) {
            return outcome.head.size() < k_kept_head ? BodyDemand::more : BodyDemand::enough;
        }
        try {
            enough = reader.take(piece) == BodyDemand::enough;
        } catch (...) {
            outcome.failure = std::current_exception();
        }
        return enough ? BodyDemand::enough : BodyDemand::more;
    };
    WireLog(m_trace, WireLog::Direction::sent).note_message(request.body);
    outcome.response = m_client.perform(request);
    return outcome;
}

void HttpExchange::tell(std::string_view purpose, const Outcome& outcome) {
    m_trace.line(Verbosity::verbose, fmt::format("{}: {} bytes", purpose, outcome.bytes));
}

bool HttpExchange::try_once(const Question& question, AnswerReader& reader, unsigned attempt) {
    Outcome outcome;
    try {
        outcome = perform(request_for(question), reader);
    } catch (const TransportError& error) {
        const bool again =
            error.fault() == TransportFault::cut_off || error.fault() == TransportFault::connect;
        if (!again || attempt == k_attempts) {
            throw;
        }
        m_trace.line(Verbosity::verbose, fmt::format("{}: trying again", error.what()));
        return false;
    }
    const int status = outcome.response.status;
    if (is_redirect(status)) {
        follow(question, outcome);
        return false;
    }
    if (status != 200) {
        throw status_error(
            fmt::format("cannot {} {}: the server answered HTTP {}",
                        question.service == Service::receive_pack ? "push to" : "read",
                        m_settings.url, status),
            outcome);
    }
    require_git_answer(
        outcome, content_type(question.service,
                              question.method == HttpMethod::get ? "advertisement" : "result"));
    tell(question.purpose, outcome);
    if (outcome.failure) {
        std::rethrow_exception(outcome.failure);
    }
    reader.end();
    return true;
}

void HttpExchange::follow(const Question& question, const Outcome& outcome) {
    const auto redirect = judge_redirect(m_settings.url, outcome.response.header("Location"),
                                         info_refs_query(question.service));
    if (m_followed || question.method != HttpMethod::get ||
        redirect.kind != RedirectKind::moved_here) {
        throw redirect_error(m_settings.url, redirect, m_settings.token_name);
    }
    m_followed = true;
    m_settings.url = redirect.base;
    m_trace.line(Verbosity::normal,
                 fmt::format("the repository has moved; set remote: {}", m_settings.url));
}

RefusalContext HttpExchange::context(std::string_view ref) const {
    return {m_settings.environment, std::string(ref), m_settings.token_name, m_settings.url};
}

Error HttpExchange::status_error(const std::string& what, const Outcome& outcome,
                                 std::string_view ref) const {
    const Diagnosis diagnosis = m_forge.explain({.http_status = outcome.response.status,
                                                 .http_body = page_summary(outcome.head),
                                                 .messages = {},
                                                 .ref_reason = {}},
                                                context(ref));
    return {diagnosis.code, what,
            diagnosis.because.empty() ? page_summary(outcome.head) : diagnosis.because,
            diagnosis.hints};
}

Error HttpExchange::explain(std::string what, const ServerRefusal& refusal,
                            std::string_view ref) const {
    ServerWords words{
        .http_status = 200, .http_body = {}, .messages = refusal.messages(), .ref_reason = {}};
    words.messages.push_back(refusal.words());
    const Diagnosis diagnosis = m_forge.explain(words, context(ref));
    if (diagnosis.kind == RefusalKind::unknown || diagnosis.because.empty()) {
        return {diagnosis.code, std::move(what),
                fmt::format("the server said: {}", refusal.words()), diagnosis.hints};
    }
    return {diagnosis.code, std::move(what), diagnosis.because, diagnosis.hints};
}

void HttpExchange::require_git_answer(const Outcome& outcome, std::string_view wanted) const {
    if (has_content_type(outcome.response, wanted)) {
        return;
    }
    throw not_git_error(m_settings.url, outcome.response.header("Content-Type"), outcome.head);
}

void HttpExchange::push(const std::string& body, std::string_view ref, std::string_view purpose,
                        PushReportReader& reader) {
    Outcome outcome;
    try {
        outcome = perform(push_request(body), reader);
    } catch (const TransportError& error) {
        if (error.never_sent()) {
            throw;
        }
        uncertain(cause_of(error));
    } catch (const Interrupted&) {
        throw Interrupted("interrupted while the push was under way",
                          "it may or may not have been carried out",
                          {"run the same command again: it reads the refs first and goes on from "
                           "what it finds"});
    }
    tell(purpose, outcome);
    judge_push(outcome, ref, reader);
}

void HttpExchange::judge_push(const Outcome& outcome, std::string_view ref,
                              PushReportReader& reader) const {
    const int status = outcome.response.status;
    if (is_redirect(status)) {
        throw redirect_error(m_settings.url,
                             judge_redirect(m_settings.url, outcome.response.header("Location"),
                                            info_refs_query(Service::receive_pack)),
                             m_settings.token_name);
    }
    if (status >= 400 && status < 500) {
        throw status_error(
            fmt::format("cannot push to {}: the server answered HTTP {}", m_settings.url, status),
            outcome, ref);
    }
    if (status != 200) {
        uncertain(
            fmt::format("the server answered HTTP {} ({})", status, page_summary(outcome.head)));
    }
    if (!has_content_type(outcome.response, content_type(Service::receive_pack, "result"))) {
        uncertain(cause_of(
            not_git_error(m_settings.url, outcome.response.header("Content-Type"), outcome.head)));
    }
    try {
        if (outcome.failure) {
            std::rethrow_exception(outcome.failure);
        }
        reader.end();
    } catch (const ServerRefusal& refusal) {
        if (!reader.begun()) {
            throw explain(fmt::format("cannot push to {}", m_settings.url), refusal, ref);
        }
        uncertain(fmt::format("the server stopped and said: {}", refusal.words()));
    } catch (const ProtocolError& error) {
        uncertain(cause_of(error));
    }
}

}  // namespace headway::git
