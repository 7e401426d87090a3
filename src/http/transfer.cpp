#include "http/transfer.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "http/request_rules.hpp"

namespace headway::http {

namespace {

template <CURLINFO info>
std::chrono::milliseconds measured(CURL* easy) noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::microseconds(getinfo<info>(easy)));
}

}  // namespace

Transfer::Transfer(const HttpRequest& request, const Url& url, TrustStore& trust,
                   const TransferLimits& limits)
    : m_request(request),
      m_url(url),
      m_trust(trust),
      m_time_left(limits.time_left),
      m_pin(limits.pin),
      m_reader(request),
      m_easy(curl_easy_init()) {
    if (!m_easy) {
        throw std::bad_alloc();
    }
    set_connection_options(limits.user_agent);
    set_request_options();
    set_method();
    set_headers();
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count,
                                void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
        const std::string_view line(data, size * count);
        return transfer.m_reader.take_header_line(line) ? line.size() : CURL_WRITEFUNC_ERROR;
    } catch (...) {
        transfer.m_thrown = std::current_exception();
        return CURL_WRITEFUNC_ERROR;
    }
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count,
                              void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
        const std::string_view piece(data, size * count);
        return transfer.m_reader.take_body(piece) ? piece.size() : CURL_WRITEFUNC_ERROR;
    } catch (...) {
        transfer.m_thrown = std::current_exception();
        return CURL_WRITEFUNC_ERROR;
    }
}

CURLcode Transfer::on_ssl_context(CURL* /*easy*/, void* context, void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.m_handshake_began = true;
    try {
        transfer.m_trust.install(static_cast<SSL_CTX*>(context), transfer.m_peer);
        return CURLE_OK;
    } catch (...) {
        transfer.m_thrown = std::current_exception();
        return CURLE_ABORTED_BY_CALLBACK;
    }
}

// NOLINTNEXTLINE(readability-non-const-parameter): the signature is libcurl's.
int Transfer::before_request(void* self, char* remote_address, char* /*local_address*/,
                             int /*remote_port*/, int /*local_port*/) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
        // libcurl repeats a request whose kept-alive connection died before an answer came, of
        // whatever method it is.
        if (transfer.m_was_sent && !is_repeatable(transfer.m_request.method)) {
            transfer.m_refusal = Refusal::repeated;
            return CURL_PREREQFUNC_ABORT;
        }
        // The URL is a loopback one, but a proxy or a resolver may have led elsewhere.
        if (!transfer.m_url.is_https() && carries_secret(transfer.m_request) &&
            transfer.m_request.unix_socket.empty() &&
            !is_loopback_address(remote_address == nullptr ? "" : remote_address)) {
            transfer.m_refusal = Refusal::exposed;
            return CURL_PREREQFUNC_ABORT;
        }
        transfer.note_certificate();
        transfer.m_was_sent = true;
        return CURL_PREREQFUNC_OK;
    } catch (...) {
        transfer.m_thrown = std::current_exception();
        return CURL_PREREQFUNC_ABORT;
    }
}

curl_socket_t Transfer::open_socket(void* self, curlsocktype /*purpose*/,
                                    curl_sockaddr* address) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    if (getinfo<CURLINFO_USED_PROXY>(transfer.handle()) != 0) {
        // libcurl would make the proxy open a tunnel to the pinned address.
        transfer.m_pin_is_in_vain = true;
        return CURL_SOCKET_BAD;
    }
    const curl_socket_t made =
        socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    transfer.m_socket_error = made == CURL_SOCKET_BAD ? errno : 0;
    return made;
}

void Transfer::note_certificate() {
    curl_tlssessioninfo* session = nullptr;
    if (m_url.is_https() &&
        curl_easy_getinfo(handle(), CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK &&
        session != nullptr && session->internals != nullptr) {
        m_certificate_expiry = certificate_expiry(static_cast<const SSL*>(session->internals));
    }
}

bool Transfer::has_stalled(std::chrono::steady_clock::time_point now,
                           std::chrono::milliseconds window) noexcept {
    const std::size_t received = m_reader.received();
    if (received == 0) {
        return false;  // The server may still be at work: that is what the timeout is for.
    }
    if (m_window_received == 0) {
        m_window_start = now;
        m_window_received = received;
        return false;
    }
    if (now - m_window_start < window) {
        return false;
    }
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(window).count();
    if (received - m_window_received < static_cast<std::size_t>(seconds)) {
        return true;
    }
    m_window_start = now;
    m_window_received = received;
    return false;
}

Failure Transfer::failure(CURLcode code) const {
    CURL* easy = handle();
    Failure failure;
    failure.code = code;
    failure.words = m_words.data();
    failure.os_error = static_cast<int>(getinfo<CURLINFO_OS_ERRNO>(easy));
    if (failure.os_error == 0) {
        failure.os_error = m_socket_error;
    }
    failure.connect_status = getinfo<CURLINFO_HTTP_CONNECTCODE>(easy);
    failure.scheme = m_url.is_https() ? Scheme::https : Scheme::http;
    failure.route =
        getinfo<CURLINFO_USED_PROXY>(easy) != 0 || failure.words.starts_with("Unsupported proxy")
            ? Route::proxy
            : Route::direct;
    if (m_was_sent) {
        failure.stage = Stage::sent;
    } else if (m_handshake_began || getinfo<CURLINFO_CONNECT_TIME_T>(easy) > 0) {
        // libcurl tells the time only once the handshake, too, has ended.
        failure.stage = Stage::connected;
    } else if (getinfo<CURLINFO_NAMELOOKUP_TIME_T>(easy) > 0) {
        failure.stage = Stage::resolved;
    }
    failure.received = m_reader.received();
    failure.peer = *m_peer;
    failure.authority = m_url.authority();
    failure.host = m_url.host();
    failure.address = m_pin == Pin::kept ? m_request.address : std::string();
    failure.unix_socket = m_request.unix_socket;
    failure.shows_certificate = m_request.tls && !m_request.tls->client_certificate.empty();
    failure.connect_timeout = m_request.connect_timeout;
    failure.timeout = m_request.timeout;
    return failure;
}

HttpTimings Transfer::timings() const noexcept {
    CURL* easy = handle();
    HttpTimings timings;
    timings.resolved = measured<CURLINFO_NAMELOOKUP_TIME_T>(easy);
    timings.connected = measured<CURLINFO_CONNECT_TIME_T>(easy);
    timings.secured = measured<CURLINFO_APPCONNECT_TIME_T>(easy);
    timings.first_byte = measured<CURLINFO_STARTTRANSFER_TIME_T>(easy);
    timings.total = measured<CURLINFO_TOTAL_TIME_T>(easy);
    return timings;
}

HttpResponse Transfer::response() {
    CURL* easy = handle();
    HttpResponse response;
    response.status = static_cast<int>(getinfo<CURLINFO_RESPONSE_CODE>(easy));
    response.headers = std::move(m_reader.headers());
    response.body = std::move(m_reader.body());
    response.body_cut = m_reader.stop() == Stop::cut;
    response.through_proxy = getinfo<CURLINFO_USED_PROXY>(easy) != 0;
    response.certificate_expiry = m_certificate_expiry;
    if (const auto value = response.header("Retry-After"); !value.empty()) {
        response.retry_after = retry_after(
            value, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    }
    response.timings = timings();
    if (const char* address = getinfo<CURLINFO_PRIMARY_IP>(easy);
        address != nullptr && *address != '\0') {
        const std::string text = address;
        response.remote_address = (text.find(':') == std::string::npos ? text : "[" + text + "]") +
                                  ":" + std::to_string(getinfo<CURLINFO_PRIMARY_PORT>(easy));
    }
    return response;
}

HttpResponse Transfer::finish(CURLcode code) {
    if (m_thrown) {
        std::rethrow_exception(m_thrown);
    }
    if (code == CURLE_OUT_OF_MEMORY) {
        throw std::bad_alloc();
    }
    if (m_refusal == Refusal::exposed) {
        throw Error(ExitCode::usage,
                    "a secret must not be sent to " + m_url.authority() + " over http",
                    "the way leads through a proxy on another machine, which would see it",
                    {"NO_PROXY=" + m_url.host()});
    }
    if (m_refusal == Refusal::repeated) {
        throw explain(failure(CURLE_GOT_NOTHING));
    }
    const Stop stop = m_reader.stop();
    if (stop != Stop::none && !m_reader.stopped_well()) {
        throw explain_stop(stop, m_reader, m_request, m_url.authority());
    }
    if (code != CURLE_OK && !m_reader.stopped_well()) {
        throw explain(failure(code));
    }
    if (code == CURLE_OK && !m_reader.head_complete()) {
        throw explain(failure(CURLE_GOT_NOTHING));
    }
    return response();
}

}  // namespace headway::http
