#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "headway/trace.hpp"
#include "http/client.hpp"
#include "http/job.hpp"
#include "http/transfer.hpp"

namespace headway::http {

/// A request and its answer, with the redirects on the way to it. Settings, trust and trace must
/// outlive it.
class Exchange final : public Job {
public:
    /// Throws Error(usage) for what must not be sent, see make_client. No traffic yet.
    Exchange(std::shared_ptr<const HttpRequest> request, const ClientSettings& settings,
             TrustStores& trust, Trace& trace);

    /// Tells the trace; the clock of `timeout` runs from now on.
    void begin();

    [[nodiscard]] CURL* handle() const noexcept override { return m_transfer->handle(); }
    [[nodiscard]] const std::string& authority() const noexcept override {
        return m_url->authority();
    }
    [[nodiscard]] OnInterrupt on_interrupt() const noexcept override {
        return m_request->on_interrupt;
    }
    [[nodiscard]] HttpTimings timings() const noexcept override;
    [[nodiscard]] std::optional<TransportError> stalled(Clock::Steady now) override;
    [[nodiscard]] std::optional<JobResult> ended(CURLcode code) override;

private:
    void make_transfer(std::chrono::milliseconds time_left, Pin pin);
    [[nodiscard]] std::optional<HttpResponse> take_answer(CURLcode code);
    void follow(const HttpResponse& response);
    [[nodiscard]] std::chrono::milliseconds time_left() const;
    void trace_failure(const Error& error);

    const ClientSettings& m_settings;
    TrustStores& m_trust;
    Trace& m_trace;
    std::shared_ptr<const HttpRequest> m_first;
    Url m_first_url;
    std::shared_ptr<const HttpRequest> m_request;  // The first, or what became of it.
    std::unique_ptr<const Url> m_url;              // Of m_request.
    unsigned m_redirects = 0;
    Clock::Steady m_start;
    std::chrono::milliseconds m_before{0};  // From m_start to the start of m_transfer.
    std::unique_ptr<Transfer> m_transfer;   // Last: it points to the others.
};

}  // namespace headway::http
