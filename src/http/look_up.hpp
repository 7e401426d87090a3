#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "headway/trace.hpp"
#include "http/job.hpp"
#include "http/transport_errors.hpp"
#include "http/url.hpp"

namespace headway::http {

/// All addresses of a URL's host, as libcurl finds them: its resolver, /etc/hosts, its rules for
/// proxies. It is a transfer that gets no socket for any address, so that libcurl tries them all.
class LookUp final : public Job {
public:
    /// Throws Error(usage) for what is no URL. `trace` must outlive it.
    LookUp(const std::string& url, std::chrono::milliseconds timeout, Trace& trace);

    [[nodiscard]] CURL* handle() const noexcept override { return m_easy.get(); }
    [[nodiscard]] const std::string& authority() const noexcept override {
        return m_url.authority();
    }
    [[nodiscard]] OnInterrupt on_interrupt() const noexcept override { return OnInterrupt::abort; }
    [[nodiscard]] HttpTimings timings() const noexcept override;
    [[nodiscard]] std::optional<TransportError> stalled(Clock::Steady /*now*/) override {
        return std::nullopt;
    }
    [[nodiscard]] std::optional<JobResult> ended(CURLcode code) override;

private:
    static curl_socket_t open_socket(void* self, curlsocktype purpose,
                                     curl_sockaddr* address) noexcept;
    [[nodiscard]] Failure failure(CURLcode code, Route route) const;

    Url m_url;
    std::chrono::milliseconds m_timeout;
    Trace& m_trace;
    Clock::Steady m_start = std::chrono::steady_clock::now();
    std::chrono::milliseconds m_duration{0};
    std::vector<std::string> m_addresses;
    std::array<char, CURL_ERROR_SIZE> m_words{};
    Easy m_easy;  // Last: it goes first, while what it points to still stands.
};

}  // namespace headway::http
