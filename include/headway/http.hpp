#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headway/error.hpp"
#include "headway/secret.hpp"

namespace headway {

enum class HttpMethod { get, head, post, put, patch, del };

struct HttpHeader {
    std::string name;
    std::string value;
};

/// RFC 7617; sent with the first request, to the URL's own host only.
struct BasicCredentials {
    std::string user;
    Secret password;
};

enum class Connection { reuse, fresh };

/// What a signal does to a transfer that is under way. `finish`: the first signal lets the
/// transfer go on for at most `k_finish_grace`, so that the answer of a push is still read; the
/// second one ends it at once.
enum class OnInterrupt { abort, finish };
inline constexpr std::chrono::seconds k_finish_grace{10};

/// What a body's reader says of the bytes it was given.
enum class BodyDemand { more, enough };

/// One request. Redirects are never followed: a 3xx is a response like any other.
struct HttpRequest {
    HttpMethod method = HttpMethod::get;
    std::string url;  ///< http or https, no user info.
    std::vector<HttpHeader> headers;
    std::vector<std::pair<std::string, Secret>> secret_headers;
    std::string body;
    std::optional<BasicCredentials> credentials;
    Connection connection = Connection::reuse;
    OnInterrupt on_interrupt = OnInterrupt::abort;
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds timeout{60'000};  ///< The whole transfer.
    std::size_t max_body = 1U << 20U;           ///< Bytes after decoding; more is a TransportError.
    /// When set, the body is handed over piece by piece and `HttpResponse::body` stays empty.
    /// `enough` ends the transfer as a success. An exception from here ends it and is rethrown by
    /// `perform`.
    std::function<BodyDemand(std::string_view)> on_body;
    /// True: the URL itself is a secret (a webhook); it is shown as its scheme and host only.
    bool url_is_secret = false;
};

/// Milliseconds from the start of the request (curl_easy_getinfo's *_TIME); 0 where not reached.
struct HttpTimings {
    std::chrono::milliseconds resolved{0};
    std::chrono::milliseconds connected{0};
    std::chrono::milliseconds secured{0};
    std::chrono::milliseconds first_byte{0};
    std::chrono::milliseconds total{0};
};

/// Any status is a response; only a transfer that did not end is an error.
struct HttpResponse {
    int status = 0;
    std::vector<HttpHeader> headers;  ///< In order; at most 64 KiB in all.
    std::string body;
    HttpTimings timings;
    std::string remote_address;  ///< "127.0.0.1:443"; empty when unknown.

    /// The first header of that name (case-insensitive), or empty.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
};

enum class TransportFault {
    resolve,    ///< No address for the name.
    connect,    ///< Refused, unreachable, or no answer within connect_timeout.
    tls,        ///< Certificate or handshake.
    timeout,    ///< `timeout` passed.
    cut_off,    ///< The connection ended before the answer did.
    too_large,  ///< More header or body than allowed.
    protocol,   ///< Not HTTP.
    proxy,      ///< The proxy refused or could not be reached.
    other,
};

/// The transfer did not end. The texts name host, cause and the one fix.
class TransportError : public Error {
public:
    TransportError(TransportFault fault, std::string what, std::string because,
                   std::vector<std::string> hints)
        : Error(ExitCode::failed, std::move(what), std::move(because), std::move(hints)),
          m_fault(fault) {}

    [[nodiscard]] TransportFault fault() const noexcept { return m_fault; }
    /// True when no byte of the request can have reached a server.
    [[nodiscard]] bool never_sent() const noexcept {
        return m_fault == TransportFault::resolve || m_fault == TransportFault::connect ||
               m_fault == TransportFault::tls || m_fault == TransportFault::proxy;
    }

private:
    TransportFault m_fault;
};

/// Seam: all network traffic. One client keeps its connections open between requests.
class HttpClient {
public:
    HttpClient() = default;
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;
    virtual ~HttpClient() = default;

    /// Throws TransportError; Interrupted when a signal ended the transfer.
    virtual HttpResponse perform(const HttpRequest& request) = 0;
};

}  // namespace headway
