#include "http/tls_errors.hpp"

#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "headway/text.hpp"

namespace headway::http {

namespace {

/// Cause and fix.
struct Cause {
    std::string because;
    std::vector<std::string> hints;
};

std::vector<std::string> trust_hints() {
    return {"headway --ca-file FILE …, with the authority's certificate in PEM form",
            "or set SSL_CERT_FILE (instead of the system's authorities) or CI_SERVER_TLS_CA_FILE "
            "(in addition to them)"};
}

std::string which(const PeerReport& peer) {
    return peer.depth == 0 ? std::string("its certificate")
                           : fmt::format("the certificate of '{}' in its chain", peer.subject);
}

Cause explain_verdict(const PeerReport& peer) {
    switch (peer.error) {
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return {"its certificate is self-signed and not among the trusted ones", trust_hints()};
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
            return {fmt::format("its authority '{}' is not among the trusted ones", peer.subject),
                    trust_hints()};
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
            auto hints = trust_hints();
            hints.emplace_back(
                "if that authority is a public one: let the server send its intermediate "
                "certificates too");
            return {fmt::format("{} was issued by '{}', which is not among the trusted authorities",
                                which(peer), peer.issuer),
                    std::move(hints)};
        }
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return {fmt::format("{} expired at {}", which(peer), peer.not_after),
                    {"renew the certificate on the server", "check this machine's clock: date -u"}};
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return {fmt::format("{} is not valid before {}", which(peer), peer.not_before),
                    {"check this machine's clock: date -u"}};
        default:
            break;
    }
    return {fmt::format("{} was not accepted: {}", which(peer),
                        X509_verify_cert_error_string(peer.error)),
            {"let the server use a certificate that passes: openssl verify -show_chain"}};
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

Cause explain_names(const Failure& failure) {
    std::vector<std::string> hints{"use the name that the certificate is for in the URL",
                                   "or give the server a certificate for " + failure.host};
    if (failure.route == Route::direct) {
        hints.emplace_back("if a proxy or a load balancer answers in its place, check the port");
    }
    return {fmt::format("its certificate is for {}, not for {}", joined(failure.peer.names),
                        failure.host),
            std::move(hints)};
}

/// The last part of "TLS connect error: error:0A00010B:SSL routines::wrong version number".
std::string reason_of(const std::string& words) {
    const auto colons = words.rfind("::");
    std::string_view reason = words;
    if (words.find("error:") != std::string::npos && colons != std::string::npos) {
        reason = reason.substr(colons + 2);
    }
    reason = reason.substr(0, reason.find(", errno"));
    return printable(trimmed(reason));
}

Cause explain_client(const Failure& failure, const std::string& reason) {
    if (failure.shows_certificate) {
        return {"the server does not accept the client certificate (" + reason + ")",
                {"name one that the server's authority issued and that has not expired in the "
                 "probe's client_certificate: openssl x509 -noout -issuer -enddate -in FILE"}};
    }
    return {"the server asks for a client certificate (" + reason + ")",
            {k_certificate_hint, "or reach the server by an address that asks for a token only"}};
}

Cause explain_handshake(const Failure& failure) {
    const std::string reason = reason_of(failure.words);
    const auto says = [&](std::string_view part) { return reason.find(part) != std::string::npos; };
    if (failure.code == CURLE_OPERATION_TIMEDOUT) {
        return {fmt::format("the TLS handshake did not end within {}",
                            shown_seconds(std::min(failure.connect_timeout, failure.timeout))),
                {"check the port in the URL: the server may not speak TLS there"}};
    }
    if (says("wrong version number") || says("packet length too long") || says("http request") ||
        says("unknown protocol")) {
        return {"the server does not speak TLS on this port (" + reason + ")",
                {"check the port in the URL; https has its own, mostly 443"}};
    }
    if (says("protocol version") || says("unsupported protocol") || says("version too low")) {
        return {"the server offers no TLS version that is still safe (" + reason + ")",
                {"enable TLS 1.2 or 1.3 on the server"}};
    }
    if (refuses_client(failure)) {
        return explain_client(failure, reason);
    }
    if (says("SSL_ERROR_SYSCALL") || says("unexpected eof") || says("Send failure") ||
        says("Recv failure")) {
        return {"the server closed the connection during the TLS handshake",
                {"check the port in the URL: the server may not speak TLS there"}};
    }
    return {"the TLS handshake failed: " + reason,
            {"see what the server offers: openssl s_client -connect " + failure.authority}};
}

}  // namespace

bool refuses_client(const Failure& failure) {
    if (failure.scheme != Scheme::https || failure.words.find(" alert ") == std::string::npos) {
        return false;
    }
    constexpr std::array<std::string_view, 2> k_always{"certificate required", "bad certificate"};
    // These may be about other things where no certificate was asked for.
    constexpr std::array<std::string_view, 6> k_with_certificate{
        "unknown ca",          "certificate unknown",     "certificate expired",
        "certificate revoked", "unsupported certificate", "handshake failure"};
    const auto says = [&](std::string_view part) {
        return failure.words.find(part) != std::string::npos;
    };
    return std::any_of(k_always.begin(), k_always.end(), says) ||
           ((failure.shows_certificate || failure.peer.asks_for_certificate) &&
            std::any_of(k_with_certificate.begin(), k_with_certificate.end(), says));
}

TransportError explain_tls(const Failure& failure) {
    Cause cause;
    if (failure.peer.checked && failure.peer.error != X509_V_OK) {
        cause = explain_verdict(failure.peer);
    } else if (failure.peer.checked && failure.code == CURLE_PEER_FAILED_VERIFICATION) {
        cause = explain_names(failure);
    } else {
        cause = explain_handshake(failure);
    }
    return {TransportFault::tls, "no secure connection to " + failure.authority,
            std::move(cause.because), std::move(cause.hints)};
}

}  // namespace headway::http
