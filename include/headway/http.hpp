#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "headway/clock.hpp"
#include "headway/error.hpp"
#include "headway/secret.hpp"

namespace headway {

enum class HttpMethod { get, head, post, put, patch, del };

struct HttpHeader {
    std::string name;
    std::string value;
};

/// Whether two header names are the same (RFC 9110, section 5.1: their case does not matter).
[[nodiscard]] bool same_header_name(std::string_view left, std::string_view right) noexcept;

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

/// What a 3xx with a Location means (RFC 9110, section 15.4).
enum class Redirects {
    none,         ///< It is a response like any other.
    same_origin,  ///< It is followed to the same scheme, host and port; another one is an error.
    any,          ///< It is followed, but never from https to http.
};
inline constexpr unsigned k_max_redirects = 10;

/// What happens to a body of more than `max_body` bytes.
enum class OnLargeBody {
    fail,  ///< A TransportError.
    cut,   ///< The transfer ends there as a success, with HttpResponse::body_cut.
};

/// What one request trusts and shows besides the client's own settings. Paths of PEM files.
struct TlsSettings {
    std::vector<std::string> ca_files;  ///< Trusted in addition.
    std::string client_certificate;     ///< Empty: none.
    std::string client_key;             ///< Empty: it is in the certificate's file.
};

/// One request.
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
    std::size_t max_body = 1U << 20U;           ///< Bytes after decoding.
    OnLargeBody on_large_body = OnLargeBody::fail;
    /// Followed within `timeout`, at most k_max_redirects times. What is secret (`credentials`,
    /// `secret_headers`) and the body stay with the URL's own scheme, host and port.
    Redirects redirects = Redirects::none;
    /// The IP address to connect to, without brackets, in place of those that the host's name has.
    /// Empty: they are looked up. Of no meaning beyond the URL's own host and port.
    std::string address;
    std::string unix_socket;  ///< Path of a socket to connect to instead; empty: none.
    std::shared_ptr<const TlsSettings> tls;  ///< Null: the client's own settings alone.
    /// When set, the body is handed over piece by piece and `HttpResponse::body` stays empty.
    /// `enough` ends the transfer as a success. An exception from here ends it and is rethrown by
    /// `perform`.
    std::function<BodyDemand(std::string_view)> on_body;
    /// True: the URL itself is a secret (a webhook); it is shown as its scheme and host only.
    bool url_is_secret = false;
    /// True: the URL or the body has a secret in it, and stays off plain http as `secret_headers`
    /// do.
    bool has_secret = false;
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
    std::string url;             ///< The one that answered, after `redirects` redirects.
    unsigned redirects = 0;
    bool body_cut = false;  ///< More came than max_body, see OnLargeBody::cut.
    bool through_proxy = false;
    std::optional<Clock::System> certificate_expiry;  ///< Of the server's own certificate.
    std::optional<std::chrono::seconds> retry_after;  ///< RFC 9110, section 10.2.3.

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
    redirect,   ///< A redirect that is not followed: too many, or to where none may lead.
    no_route,   ///< This machine has no way to that address at all (an IPv6 one, mostly).
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
               m_fault == TransportFault::tls || m_fault == TransportFault::proxy ||
               m_fault == TransportFault::no_route;
    }

private:
    TransportFault m_fault;
};

/// The addresses of a URL's host.
struct Resolution {
    std::vector<std::string> addresses;  ///< IPv4 and IPv6 without brackets, none twice, sorted.
    bool through_proxy = false;          ///< A proxy leads there and resolves it; no addresses.
    /// The name is localhost (RFC 6761): whichever of its addresses answers, it is this machine;
    /// no addresses.
    bool this_machine = false;
    std::chrono::milliseconds duration{0};
};

/// One thing of a batch that ended.
struct BatchOutcome {
    std::uint64_t ticket = 0;
    std::variant<HttpResponse, Resolution, TransportError> result;
    HttpTimings timings;  ///< As far as it came; also of a transfer that failed.
};

/// Requests that are under way at the same time, driven by one thread. Tickets are the caller's,
/// and different from each other while they are under way.
class HttpBatch {
public:
    HttpBatch() = default;
    HttpBatch(const HttpBatch&) = delete;
    HttpBatch& operator=(const HttpBatch&) = delete;
    virtual ~HttpBatch() = default;  ///< Ends what is under way.

    /// How much may be under way at a time, at least 1: what the limit of open files allows
    /// (RLIMIT_NOFILE, getrlimit(2)).
    [[nodiscard]] virtual std::size_t capacity() const = 0;

    /// Throws as HttpClient::perform does before any traffic, but no TransportError.
    virtual void start(std::uint64_t ticket, HttpRequest request) = 0;

    /// Asks for all addresses of the URL's host, A and AAAA (RFC 1035, RFC 3596), afresh; within
    /// `timeout`. An address in the URL is its own answer. Without traffic where a proxy leads.
    virtual void look_up(std::uint64_t ticket, const std::string& url,
                         std::chrono::milliseconds timeout) = 0;

    /// What has ended, in order; waits for it, at most until `until`. Throws Interrupted.
    [[nodiscard]] virtual std::vector<BatchOutcome> wait(Clock::Steady until) = 0;

    /// Ends what is under way; no outcome comes of it.
    virtual void cancel() noexcept = 0;
};

/// Seam: all network traffic. One client keeps its connections open between requests.
class HttpClient {
public:
    HttpClient() = default;
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;
    virtual ~HttpClient() = default;

    /// Throws Error(usage) for what must not be sent: a secret over plain http to another machine
    /// (loopback and a socket of this one excepted), a line break in a header, a body with GET or
    /// HEAD. No traffic.
    virtual void check(const HttpRequest& request) const = 0;

    /// Throws as `check`, and TransportError; Interrupted when a signal ended the transfer.
    virtual HttpResponse perform(const HttpRequest& request) = 0;

    /// Must not outlive the client.
    [[nodiscard]] virtual std::unique_ptr<HttpBatch> open_batch() = 0;
};

}  // namespace headway
