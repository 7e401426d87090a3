#include "http/transport_errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "headway/text.hpp"
#include "http/tls_errors.hpp"
#include "http/url.hpp"

namespace headway::http {

namespace {

using Hints = std::vector<std::string>;

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// libcurl's words, if they are fit to be shown: those that quote a URL or a proxy's setting may
/// hold a password.
std::string words_of(const Failure& failure) {
    if (has(failure.words, "://") || has(failure.words, "@") || failure.words.empty()) {
        return curl_easy_strerror(failure.code);
    }
    return printable(trimmed(failure.words));
}

std::string proxy_variable(const Failure& failure) {
    return failure.scheme == Scheme::https ? "HTTPS_PROXY" : "http_proxy";
}

/// What helps when the way to a host is closed.
void add_proxy_hint(const Failure& failure, Hints& hints) {
    if (!is_loopback_address(failure.host) && failure.host != "localhost") {
        hints.push_back(fmt::format("where only a proxy leads out: {}=http://PROXY:PORT",
                                    proxy_variable(failure)));
    }
}

std::string cannot_reach(const Failure& failure) {
    return "cannot reach " + failure.authority +
           (failure.address.empty() || failure.address == failure.host ? ""
                                                                       : " at " + failure.address);
}

std::string no_complete_answer(const std::string& authority) {
    return "no complete answer from " + authority;
}

TransportError explain_resolve(const Failure& failure) {
    std::string because = fmt::format("no address was found for the name '{}'", failure.host);
    if (failure.code == CURLE_OPERATION_TIMEDOUT) {
        because = fmt::format("no name server answered within {}",
                              shown_seconds(std::min(failure.connect_timeout, failure.timeout)));
    }
    Hints hints{"check the host name in the URL",
                "check the name servers of this machine (/etc/resolv.conf)"};
    add_proxy_hint(failure, hints);
    return {TransportFault::resolve, cannot_reach(failure), std::move(because), std::move(hints)};
}

TransportError explain_unix_socket(const Failure& failure) {
    const std::string path = printable(failure.unix_socket);
    std::string because = failure.os_error != 0 ? std::generic_category().message(failure.os_error)
                                                : words_of(failure);
    if (failure.code == CURLE_OPERATION_TIMEDOUT) {
        because = fmt::format("it did not answer within {}",
                              shown_seconds(std::min(failure.connect_timeout, failure.timeout)));
    }
    Hints hints{"check the path in unix_socket, and that the server runs: ls -l " + path};
    if (failure.os_error == EACCES || failure.os_error == EPERM) {
        hints = {"let this user write to the socket and enter its folders: ls -l " + path};
    } else if (failure.os_error == ECONNREFUSED) {
        hints = {"start the server: the socket is there, but nobody listens at it"};
    }
    return {TransportFault::connect, "cannot reach the socket " + path, std::move(because),
            std::move(hints)};
}

/// Whether this machine has no way there. With more than one address only the last is known, so
/// only one that was chosen, or stands in the URL, counts.
bool has_no_route(const Failure& failure) {
    const std::string& address = failure.address.empty() ? failure.host : failure.address;
    return is_address(address) &&
           (failure.os_error == ENETUNREACH || failure.os_error == EAFNOSUPPORT ||
            (failure.os_error == EADDRNOTAVAIL && has(address, ":")));
}

TransportError explain_no_route(const Failure& failure) {
    const std::string& address = failure.address.empty() ? failure.host : failure.address;
    const bool is_v6 = has(address, ":");
    Hints hints{fmt::format("see the routes of this machine: ip {}route get {}", is_v6 ? "-6 " : "",
                            address)};
    add_proxy_hint(failure, hints);
    return {TransportFault::no_route, cannot_reach(failure),
            fmt::format("this machine has no way to {} addresses such as {} ({})",
                        is_v6 ? "IPv6" : "IPv4", address,
                        std::generic_category().message(failure.os_error)),
            std::move(hints)};
}

TransportError explain_connect(const Failure& failure) {
    if (!failure.unix_socket.empty()) {
        return explain_unix_socket(failure);
    }
    if (has_no_route(failure)) {
        return explain_no_route(failure);
    }
    std::string because = words_of(failure);
    Hints hints{"check the host and the port in the URL, and that the server runs"};
    if (failure.code == CURLE_OPERATION_TIMEDOUT) {
        because = fmt::format("it did not answer within {}",
                              shown_seconds(std::min(failure.connect_timeout, failure.timeout)));
        hints = {"check the host and the port in the URL, and the firewalls on the way"};
    } else if (failure.os_error != 0) {
        because = std::generic_category().message(failure.os_error);
    }
    add_proxy_hint(failure, hints);
    return {TransportFault::connect, cannot_reach(failure), std::move(because), std::move(hints)};
}

std::string proxy_cause(const Failure& failure) {
    switch (failure.connect_status) {
        case 0:
        case 200:
            break;
        case 407:
            return "the proxy asks for a user name and a password (status 407)";
        case 403:
            return fmt::format("the proxy forbids connections to {} (status 403)",
                               failure.authority);
        default:
            return fmt::format("the proxy did not connect to {} (status {})", failure.authority,
                               failure.connect_status);
    }
    if (failure.code == CURLE_COULDNT_RESOLVE_PROXY && failure.words.starts_with("Could not")) {
        return "no address was found for the proxy's name";
    }
    if (failure.code == CURLE_OPERATION_TIMEDOUT) {
        return fmt::format("the proxy did not answer within {}",
                           shown_seconds(std::min(failure.connect_timeout, failure.timeout)));
    }
    if (failure.os_error != 0) {
        return "connection to the proxy: " + std::generic_category().message(failure.os_error);
    }
    return "the proxy: " + words_of(failure);
}

TransportError explain_proxy(const Failure& failure) {
    Hints hints;
    if (failure.connect_status == 407) {
        hints.push_back(fmt::format("name them in the variable: {}=http://USER:PASSWORD@PROXY:PORT",
                                    proxy_variable(failure)));
    } else {
        hints.push_back(fmt::format("check the variables {} and ALL_PROXY (also in {} letters)",
                                    proxy_variable(failure),
                                    failure.scheme == Scheme::https ? "small" : "capital"));
    }
    hints.push_back(fmt::format("to go around the proxy: NO_PROXY={}", failure.host));
    return {TransportFault::proxy, cannot_reach(failure) + " through the proxy",
            proxy_cause(failure), std::move(hints)};
}

TransportError explain_timeout(const Failure& failure) {
    const std::string limit = shown_seconds(failure.timeout);
    std::string because = failure.received == 0
                              ? fmt::format("it did not answer within {}", limit)
                              : fmt::format("its answer did not end within {} ({} bytes came)",
                                            limit, failure.received);
    return {TransportFault::timeout,
            no_complete_answer(failure.authority),
            std::move(because),
            {"try again; a longer --timeout, if the server is known to be slow"}};
}

TransportError explain_cut_off(const Failure& failure) {
    std::string because =
        failure.received == 0
            ? std::string("the server closed the connection without an answer")
            : fmt::format("the connection ended after {} bytes of the answer", failure.received);
    if (failure.code != CURLE_GOT_NOTHING) {
        because += " (" + words_of(failure) + ")";
    }
    Hints hints{"try again; if it happens again, look into the server's log"};
    if (failure.peer.asks_for_certificate && failure.received == 0) {
        hints.emplace_back(k_certificate_hint);
    }
    if (failure.route == Route::proxy) {
        hints.push_back(
            fmt::format("or into the proxy's; to go around it: NO_PROXY={}", failure.host));
    }
    return {TransportFault::cut_off, no_complete_answer(failure.authority), std::move(because),
            std::move(hints)};
}

TransportError explain_protocol(const Failure& failure) {
    Hints hints{"check the port in the URL: something other than a web server may answer there"};
    if (failure.scheme == Scheme::http) {
        hints.push_back(fmt::format("if the server speaks TLS: https://{}", failure.authority));
    }
    return {TransportFault::protocol, "the answer of " + failure.authority + " is not valid HTTP",
            words_of(failure), std::move(hints)};
}

bool is_tls_code(CURLcode code) {
    constexpr std::array k_codes{
        CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
        CURLE_SSL_CIPHER,        CURLE_SSL_ISSUER_ERROR,         CURLE_SSL_INVALIDCERTSTATUS,
        CURLE_SSL_CLIENTCERT,    CURLE_SSL_SHUTDOWN_FAILED,      CURLE_SSL_PINNEDPUBKEYNOTMATCH};
    return std::find(k_codes.begin(), k_codes.end(), code) != k_codes.end();
}

bool is_protocol_code(const Failure& failure) {
    return failure.code == CURLE_WEIRD_SERVER_REPLY || failure.code == CURLE_UNSUPPORTED_PROTOCOL ||
           failure.code == CURLE_BAD_CONTENT_ENCODING ||
           (failure.code == CURLE_RECV_ERROR && has(failure.words, "chunk"));
}

bool is_cut_off_code(CURLcode code) {
    return code == CURLE_GOT_NOTHING || code == CURLE_PARTIAL_FILE || code == CURLE_SEND_ERROR ||
           code == CURLE_RECV_ERROR || code == CURLE_COULDNT_CONNECT ||
           code == CURLE_ABORTED_BY_CALLBACK;
}

TransportError explain_before_sending(const Failure& failure) {
    const bool tunnel_is_open = failure.connect_status / 100 == 2;
    if (failure.code == CURLE_COULDNT_RESOLVE_PROXY || failure.code == CURLE_PROXY ||
        (failure.route == Route::proxy && !tunnel_is_open)) {
        return explain_proxy(failure);
    }
    if (failure.code == CURLE_COULDNT_RESOLVE_HOST ||
        (failure.code == CURLE_OPERATION_TIMEDOUT && failure.stage == Stage::nothing)) {
        return explain_resolve(failure);
    }
    if (failure.code == CURLE_OPERATION_TIMEDOUT && failure.stage == Stage::connected) {
        return explain_tls(failure);
    }
    return explain_connect(failure);
}

}  // namespace

TransportError explain(const Failure& failure) {
    if (is_tls_code(failure.code) && failure.stage != Stage::sent) {
        return explain_tls(failure);
    }
    // TLS 1.3 has the client's part of the handshake judged when the request is under way.
    if (failure.received == 0 && refuses_client(failure)) {
        return explain_tls(failure);
    }
    if (failure.code == CURLE_TOO_LARGE) {
        return {TransportFault::too_large,
                "the answer of " + failure.authority + " is too large",
                words_of(failure),
                {}};
    }
    if (failure.stage != Stage::sent &&
        (failure.code == CURLE_COULDNT_RESOLVE_HOST ||
         failure.code == CURLE_COULDNT_RESOLVE_PROXY || failure.code == CURLE_COULDNT_CONNECT ||
         failure.code == CURLE_OPERATION_TIMEDOUT || failure.code == CURLE_PROXY ||
         failure.route == Route::proxy)) {
        return explain_before_sending(failure);
    }
    if (failure.code == CURLE_OPERATION_TIMEDOUT) {
        return explain_timeout(failure);
    }
    if (is_protocol_code(failure)) {
        return explain_protocol(failure);
    }
    if (is_cut_off_code(failure.code)) {
        return explain_cut_off(failure);
    }
    return {TransportFault::other,
            "the request to " + failure.authority + " failed",
            words_of(failure),
            {}};
}

TransportError explain_stop(Stop stop, const ResponseReader& reader, const HttpRequest& request,
                            const std::string& authority) {
    const Hints hints{"check that the URL is the right one: this one answers something else"};
    switch (stop) {
        case Stop::headers_too_large:
            return {TransportFault::too_large, "the answer of " + authority + " is too large",
                    fmt::format("its headers have more than {} bytes or {} lines",
                                k_max_header_bytes, k_max_headers),
                    hints};
        case Stop::foreign_encoding:
            return {TransportFault::protocol,
                    "the answer of " + authority + " cannot be read",
                    fmt::format("it is encoded as '{}', which was not asked for",
                                reader.content_encoding()),
                    {"switch the compression off for this address on the server or proxy"}};
        case Stop::none:
        case Stop::enough:
        case Stop::cut:
        case Stop::redirected:
        case Stop::body_too_large:
            break;
    }
    return {TransportFault::too_large, "the answer of " + authority + " is too large",
            fmt::format("it has more than the {} bytes that are allowed here", request.max_body),
            hints};
}

TransportError explain_stall(const std::string& authority, std::chrono::milliseconds window,
                             std::size_t received) {
    return {TransportFault::timeout,
            no_complete_answer(authority),
            fmt::format("its answer stood still for {} ({} bytes came)", shown_seconds(window),
                        received),
            {"try again; if it happens again, look into the server's log"}};
}

std::string shown_seconds(std::chrono::milliseconds duration) {
    return fmt::format("{:g} s", static_cast<double>(duration.count()) / 1000.0);
}

}  // namespace headway::http
