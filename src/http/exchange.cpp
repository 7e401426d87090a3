#include "http/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "http/client_identity.hpp"
#include "http/redirects.hpp"
#include "http/request_rules.hpp"
#include "http/trace_lines.hpp"

namespace headway::http {

namespace {

using std::chrono::milliseconds;

TrustStore& store_for(const HttpRequest& request, TrustStores& stores) {
    return stores.with(request.tls ? request.tls->ca_files : std::vector<std::string>());
}

void shift(milliseconds& time, milliseconds by) {
    if (time.count() > 0) {  // 0 is "not reached".
        time += by;
    }
}

}  // namespace

Exchange::Exchange(std::shared_ptr<const HttpRequest> request, const ClientSettings& settings,
                   TrustStores& trust, Trace& trace)
    : m_settings(settings),
      m_trust(trust),
      m_trace(trace),
      m_first(std::move(request)),
      m_first_url(m_first->url, secrecy_of(*m_first)),
      m_request(m_first),
      m_url(std::make_unique<Url>(m_first->url, secrecy_of(*m_first))) {
    check_request(*m_request, *m_url);
    if (m_request->tls) {
        check_client_identity(*m_request->tls);
    }
    if (m_url->is_https()) {
        store_for(*m_request, m_trust).load();
    }
    make_transfer(m_request->timeout, Pin::kept);
}

void Exchange::make_transfer(milliseconds time_left, Pin pin) {
    m_transfer = std::make_unique<Transfer>(
        *m_request, *m_url, store_for(*m_request, m_trust),
        TransferLimits{.user_agent = m_settings.user_agent, .time_left = time_left, .pin = pin});
}

void Exchange::begin() {
    m_start = std::chrono::steady_clock::now();
    m_trace.line(Verbosity::wire, request_line(*m_request, *m_url));
}

milliseconds Exchange::time_left() const {
    return m_first->timeout -
           std::chrono::floor<milliseconds>(std::chrono::steady_clock::now() - m_start);
}

HttpTimings Exchange::timings() const noexcept {
    HttpTimings timings = m_transfer->timings();
    for (milliseconds* time :
         {&timings.resolved, &timings.connected, &timings.secured, &timings.first_byte}) {
        shift(*time, m_before);
    }
    timings.total += m_before;  // Also where the last of them took less than a millisecond.
    return timings;
}

std::optional<TransportError> Exchange::stalled(Clock::Steady now) {
    if (!m_transfer->has_stalled(now, m_settings.stall_window)) {
        return std::nullopt;
    }
    TransportError error =
        explain_stall(m_url->authority(), m_settings.stall_window, m_transfer->received());
    trace_failure(error);
    return error;
}

std::optional<JobResult> Exchange::ended(CURLcode code) {
    try {
        if (m_transfer->pin_is_in_vain()) {
            m_trace.line(Verbosity::wire, fmt::format("a proxy leads to {}: it chooses the address",
                                                      m_url->authority()));
            m_before = m_first->timeout - time_left();
            make_transfer(std::max(time_left(), milliseconds(1)), Pin::dropped);
            return std::nullopt;
        }
        auto response = take_answer(code);
        return response ? std::optional<JobResult>(std::move(*response)) : std::nullopt;
    } catch (const TransportError& error) {
        trace_failure(error);
        return error;
    } catch (const Error& error) {
        trace_failure(error);
        throw;
    }
}

std::optional<HttpResponse> Exchange::take_answer(CURLcode code) {
    const std::size_t bytes = m_transfer->body_bytes();
    HttpResponse response = m_transfer->finish(code);
    response.timings = timings();
    m_trace.line(Verbosity::wire,
                 response_line(*m_request, response, bytes, m_transfer->new_connections()));
    if (m_transfer->is_redirect()) {
        follow(response);
        return std::nullopt;
    }
    response.url = m_url->is_secret() ? m_url->shown() : m_request->url;
    response.redirects = m_redirects;
    return response;
}

void Exchange::follow(const HttpResponse& response) {
    const RedirectStep step{*m_first,   m_first_url,     *m_request,
                            *m_url,     response.status, std::string(response.header("Location")),
                            m_redirects};
    auto request = std::make_shared<const HttpRequest>(redirected(step));
    auto url = std::make_unique<const Url>(request->url, secrecy_of(*request));
    const milliseconds left = time_left();
    if (left.count() < 1) {
        throw explain_late_redirect(step);
    }
    ++m_redirects;
    m_before = m_first->timeout - left;
    // The old transfer points to the old request and URL.
    m_transfer.reset();
    m_request = std::move(request);
    m_url = std::move(url);
    make_transfer(left, Pin::kept);
    m_trace.line(Verbosity::wire,
                 fmt::format("redirect {} leads to {}", m_redirects, m_url->shown()));
    m_trace.line(Verbosity::wire, request_line(*m_request, *m_url));
}

void Exchange::trace_failure(const Error& error) {
    m_trace.line(Verbosity::wire,
                 fmt::format("no answer taken from {}: {}", m_url->authority(),
                             error.because().empty() ? error.what() : error.because()));
}

}  // namespace headway::http
