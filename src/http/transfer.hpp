#pragma once

#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "headway/http.hpp"
#include "http/curl_handles.hpp"
#include "http/response_reader.hpp"
#include "http/transport_errors.hpp"
#include "http/trust_store.hpp"
#include "http/url.hpp"

namespace headway::http {

/// Whether HttpRequest::address is obeyed.
enum class Pin { kept, dropped };

/// What a transfer is given besides its request.
struct TransferLimits {
    std::string user_agent;
    std::chrono::milliseconds time_left{0};  ///< Of the request's `timeout`.
    Pin pin = Pin::kept;
};

/// One request on its way, to be driven by a multi handle. libcurl holds pointers into it, so it
/// is never moved; request, URL and trust store must outlive it.
class Transfer {
public:
    Transfer(const HttpRequest& request, const Url& url, TrustStore& trust,
             const TransferLimits& limits);
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
    [[nodiscard]] HttpTimings timings() const noexcept;
    /// Whether the answer is a redirect that is to be followed.
    [[nodiscard]] bool is_redirect() const noexcept { return m_reader.is_redirect(); }
    /// A proxy leads there, so that an address cannot be chosen; nothing was sent.
    [[nodiscard]] bool pin_is_in_vain() const noexcept { return m_pin_is_in_vain; }
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
    void set_route();
    void set_tls_options();
    void set_method();
    void set_headers();
    [[nodiscard]] Failure failure(CURLcode code) const;
    [[nodiscard]] HttpResponse response();
    void note_certificate();

    static std::size_t on_header(char* data, std::size_t size, std::size_t count,
                                 void* self) noexcept;
    static std::size_t on_body(char* data, std::size_t size, std::size_t count,
                               void* self) noexcept;
    static CURLcode on_ssl_context(CURL* easy, void* context, void* self) noexcept;
    static int before_request(void* self, char* remote_address, char* local_address,
                              int remote_port, int local_port) noexcept;
    static curl_socket_t open_socket(void* self, curlsocktype purpose,
                                     curl_sockaddr* address) noexcept;

    const HttpRequest& m_request;
    const Url& m_url;
    TrustStore& m_trust;
    std::chrono::milliseconds m_time_left;
    Pin m_pin;
    ResponseReader m_reader;
    std::shared_ptr<PeerReport> m_peer = std::make_shared<PeerReport>();
    std::exception_ptr m_thrown;
    Refusal m_refusal = Refusal::none;
    bool m_pin_is_in_vain = false;
    int m_socket_error = 0;  // errno.
    std::optional<Clock::System> m_certificate_expiry;
    bool m_handshake_began = false;
    bool m_was_sent = false;
    std::chrono::steady_clock::time_point m_window_start;
    std::size_t m_window_received = 0;
    std::array<char, CURL_ERROR_SIZE> m_words{};
    LineList m_headers;
    LineList m_connect_to;
    Easy m_easy;  // Last: it goes first, while what it points to still stands.
};

}  // namespace headway::http
