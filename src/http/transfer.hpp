#pragma once

#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <string>

#include "headway/http.hpp"
#include "http/curl_handles.hpp"
#include "http/response_reader.hpp"
#include "http/transport_errors.hpp"
#include "http/trust_store.hpp"
#include "http/url.hpp"

namespace headway::http {

/// One request on its way, to be driven by a multi handle. libcurl holds pointers into it, so it
/// is never moved; request, URL and trust store must outlive it.
class Transfer {
public:
    Transfer(const HttpRequest& request, const Url& url, TrustStore& trust,
             const std::string& user_agent);
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;
    ~Transfer() = default;

    [[nodiscard]] CURL* handle() const noexcept { return m_easy.get(); }
    [[nodiscard]] const HttpRequest& request() const noexcept { return m_request; }
    [[nodiscard]] const Url& url() const noexcept { return m_url; }

    /// True when the answer has begun, and less than 1 byte a second came for `window`.
    [[nodiscard]] bool has_stalled(std::chrono::steady_clock::time_point now,
                                   std::chrono::milliseconds window) noexcept;

    /// Header and body bytes that came so far.
    [[nodiscard]] std::size_t received() const noexcept { return m_reader.received(); }
    [[nodiscard]] std::size_t body_bytes() const noexcept { return m_reader.body_bytes(); }
    /// 0 when the request went over a connection that was open already.
    [[nodiscard]] long new_connections() const noexcept {
        return getinfo<CURLINFO_NUM_CONNECTS>(handle());
    }

    /// Once libcurl is done: the answer, or its failure as TransportError or as what on_body
    /// threw. To be called once.
    [[nodiscard]] HttpResponse finish(CURLcode code);

private:
    /// Why a request was not let out although its connection stood.
    enum class Refusal { none, repeated, exposed };

    void set_connection_options(const std::string& user_agent);
    void set_request_options();
    void set_method();
    void set_headers();
    [[nodiscard]] Failure failure(CURLcode code) const;
    [[nodiscard]] HttpResponse response();

    static std::size_t on_header(char* data, std::size_t size, std::size_t count,
                                 void* self) noexcept;
    static std::size_t on_body(char* data, std::size_t size, std::size_t count,
                               void* self) noexcept;
    static CURLcode on_ssl_context(CURL* easy, void* context, void* self) noexcept;
    static int before_request(void* self, char* remote_address, char* local_address,
                              int remote_port, int local_port) noexcept;

    const HttpRequest& m_request;
    const Url& m_url;
    TrustStore& m_trust;
    ResponseReader m_reader;
    std::shared_ptr<PeerReport> m_peer = std::make_shared<PeerReport>();
    std::exception_ptr m_thrown;
    Refusal m_refusal = Refusal::none;
    bool m_handshake_began = false;
    bool m_was_sent = false;
    std::chrono::steady_clock::time_point m_window_start;
    std::size_t m_window_received = 0;
    std::array<char, CURL_ERROR_SIZE> m_words{};
    LineList m_headers;
    Easy m_easy;  // Last: it goes first, while what it points to still stands.
};

}  // namespace headway::http
