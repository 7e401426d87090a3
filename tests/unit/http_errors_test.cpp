#include <openssl/x509_vfy.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cerrno>
#include <string>

#include "http/transport_errors.hpp"

namespace headway::http {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

Failure failure(CURLcode code, Stage stage = Stage::nothing) {
    Failure made;
    made.code = code;
    made.stage = stage;
    made.authority = "git.example.com:443";
    made.host = "git.example.com";
    made.connect_timeout = 10s;
    made.timeout = 60s;
    return made;
}

std::string all_of(const Error& error) {
    std::string text = std::string(error.what()) + "\n" + error.because();
    for (const auto& hint : error.hints()) {
        text += "\n" + hint;
    }
    return text;
}

}  // namespace

TEST_CASE("each code and stage is its own fault") {
    struct Case {
        CURLcode code;
        Stage stage;
        TransportFault fault;
        std::string because;
    };
    for (const auto& [code, stage, fault, because] : {
             Case{CURLE_COULDNT_RESOLVE_HOST, Stage::nothing, TransportFault::resolve,
                  "no address was found for the name 'git.example.com'"},
             Case{CURLE_OPERATION_TIMEDOUT, Stage::nothing, TransportFault::resolve,
                  "no name server answered within 10 s"},
             Case{CURLE_OPERATION_TIMEDOUT, Stage::resolved, TransportFault::connect,
                  "it did not answer within 10 s"},
             Case{CURLE_OPERATION_TIMEDOUT, Stage::connected, TransportFault::tls,
                  "the TLS handshake did not end within 10 s"},
             Case{CURLE_OPERATION_TIMEDOUT, Stage::sent, TransportFault::timeout,
                  "it did not answer within 60 s"},
             Case{CURLE_GOT_NOTHING, Stage::sent, TransportFault::cut_off,
                  "the server closed the connection without an answer"},
             Case{CURLE_WEIRD_SERVER_REPLY, Stage::sent, TransportFault::protocol, "Weird"},
             Case{CURLE_BAD_CONTENT_ENCODING, Stage::sent, TransportFault::protocol, "ncoding"},
             Case{CURLE_TOO_LARGE, Stage::sent, TransportFault::too_large, ""},
             Case{CURLE_COULDNT_RESOLVE_PROXY, Stage::nothing, TransportFault::proxy, ""},
             Case{CURLE_FAILED_INIT, Stage::nothing, TransportFault::other, ""},
         }) {
        const TransportError error = explain(failure(code, stage));
        INFO(code << " " << all_of(error));
        CHECK(error.fault() == fault);
        CHECK_THAT(error.because(), ContainsSubstring(because));
        CHECK_FALSE(error.because().empty());
        CHECK_THAT(std::string(error.what()), ContainsSubstring("git.example.com:443"));
    }
}

TEST_CASE("a request that may have been carried out is never called unsent") {
    for (const CURLcode code : {CURLE_OPERATION_TIMEDOUT, CURLE_GOT_NOTHING, CURLE_RECV_ERROR,
                                CURLE_SEND_ERROR, CURLE_PARTIAL_FILE, CURLE_WEIRD_SERVER_REPLY,
                                CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_FAILED_INIT}) {
        for (const Route route : {Route::direct, Route::proxy}) {
            Failure sent = failure(code, Stage::sent);
            sent.route = route;
            INFO(code);
            CHECK_FALSE(explain(sent).never_sent());
        }
    }
}

TEST_CASE("a connection's errno is told in words") {
    Failure refused = failure(CURLE_COULDNT_CONNECT, Stage::resolved);
    refused.os_error = ECONNREFUSED;
    CHECK(explain(refused).because() == "Connection refused");
    refused.os_error = ENETUNREACH;
    CHECK(explain(refused).because() == "Network is unreachable");
}

TEST_CASE("no route is told of the one address that was tried, not of many") {
    for (const int error : {ENETUNREACH, EAFNOSUPPORT, EADDRNOTAVAIL}) {
        Failure chosen = failure(CURLE_COULDNT_CONNECT, Stage::resolved);
        chosen.os_error = error;
        CHECK(explain(chosen).fault() == TransportFault::connect);
        chosen.address = "2001:db8::1";
        CHECK(explain(chosen).fault() == TransportFault::no_route);
        CHECK(explain(chosen).never_sent());
        CHECK_THAT(all_of(explain(chosen)), ContainsSubstring("ip -6 route get 2001:db8::1"));
        chosen.address = "192.0.2.1";
        CHECK((explain(chosen).fault() == TransportFault::no_route) == (error != EADDRNOTAVAIL));
    }
}

TEST_CASE("a Unix socket's failures have their fixes") {
    Failure broken = failure(CURLE_COULDNT_CONNECT, Stage::nothing);
    broken.unix_socket = "/run/app.sock";
    const auto text_for = [&](int error) {
        broken.os_error = error;
        return all_of(explain(broken));
    };
    CHECK_THAT(text_for(ENOENT), ContainsSubstring("check the path in unix_socket"));
    CHECK_THAT(text_for(EACCES), ContainsSubstring("let this user write to the socket"));
    CHECK_THAT(text_for(ECONNREFUSED), ContainsSubstring("start the server"));
    broken.code = CURLE_OPERATION_TIMEDOUT;
    broken.stage = Stage::resolved;
    CHECK_THAT(text_for(0), ContainsSubstring("did not answer within 10 s"));
}

TEST_CASE("alerts about a client certificate, also when the request was under way") {
    for (const Stage stage : {Stage::connected, Stage::sent}) {
        Failure refused = failure(CURLE_RECV_ERROR, stage);
        refused.words =
            "OpenSSL SSL_read: OpenSSL/3.0.17: error:0A00045C:SSL routines::tlsv13 alert "
            "certificate required, errno 0";
        CHECK(explain(refused).fault() == TransportFault::tls);
        CHECK(explain(refused).because() ==
              "the server asks for a client certificate (tlsv13 alert certificate required)");
        refused.received = 10;
        CHECK(explain(refused).fault() == TransportFault::cut_off);
    }
    Failure closed = failure(CURLE_RECV_ERROR, Stage::sent);
    closed.words = "Recv failure: Connection reset by peer";
    closed.peer.asks_for_certificate = true;
    CHECK(explain(closed).fault() == TransportFault::cut_off);
    CHECK_THAT(all_of(explain(closed)), ContainsSubstring("client_certificate: FILE"));
}

TEST_CASE("a proxy is only proposed where one can help") {
    Failure refused = failure(CURLE_COULDNT_CONNECT, Stage::resolved);
    CHECK_THAT(all_of(explain(refused)), ContainsSubstring("HTTPS_PROXY="));
    refused.scheme = Scheme::http;
    CHECK_THAT(all_of(explain(refused)), ContainsSubstring("http_proxy="));
    refused.host = "127.0.0.1";
    CHECK_THAT(all_of(explain(refused)), !ContainsSubstring("PROXY"));
}

TEST_CASE("libcurl's words are shown only if they can hold no secret") {
    Failure broken = failure(CURLE_FAILED_INIT);
    broken.words = "plain words\x1b[2J\n";
    CHECK(explain(broken).because() == "plain words\\x1B[2J");
    for (const char* words :
         {"Unsupported proxy scheme for 'gopher://user:secret@proxy'", "user:secret@proxy"}) {
        broken.words = words;
        CHECK_THAT(all_of(explain(broken)), !ContainsSubstring("secret"));
    }
}

TEST_CASE("every verdict on a certificate has its cause and its fix") {
    struct Case {
        int verdict;
        int depth;
        std::string because;
        std::string hint;
    };
    for (const auto& [verdict, depth, because, hint] : {
             Case{X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, 0, "is self-signed", "--ca-file"},
             Case{X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, 1, "authority 'CN = own'", "--ca-file"},
             Case{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0, "issued by 'CN = issuer'",
                  "intermediate"},
             Case{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 1,
                  "the certificate of 'CN = own' in its chain", "--ca-file"},
             Case{X509_V_ERR_CERT_HAS_EXPIRED, 0, "expired at 2025", "renew"},
             Case{X509_V_ERR_CERT_HAS_EXPIRED, 1, "certificate of 'CN = own'", "date -u"},
             Case{X509_V_ERR_CERT_NOT_YET_VALID, 0, "not valid before 2024", "date -u"},
             Case{X509_V_ERR_CA_MD_TOO_WEAK, 1, "weak", "openssl verify"},
         }) {
        Failure refused = failure(CURLE_PEER_FAILED_VERIFICATION, Stage::resolved);
        refused.peer.checked = true;
        refused.peer.error = verdict;
        refused.peer.depth = depth;
        refused.peer.subject = "CN = own";
        refused.peer.issuer = "CN = issuer";
        refused.peer.not_before = "2024-01-01 00:00:00 UTC";
        refused.peer.not_after = "2025-01-01 00:00:00 UTC";
        const TransportError error = explain(refused);
        INFO(all_of(error));
        CHECK(error.fault() == TransportFault::tls);
        CHECK_THAT(error.because(), ContainsSubstring(because));
        CHECK_THAT(all_of(error), ContainsSubstring(hint));
    }
}

TEST_CASE("every failure of a handshake has its cause") {
    struct Case {
        std::string words;
        std::string because;
    };
    for (const auto& [words, because] : {
             Case{"TLS connect error: error:0A00010B:SSL routines::wrong version number",
                  "does not speak TLS on this port (wrong version number)"},
             Case{"TLS connect error: error:0A00042E:SSL routines::tlsv1 alert protocol version",
                  "no TLS version that is still safe"},
             Case{"OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to h:443 ",
                  "closed the connection during the TLS handshake"},
             Case{"Recv failure: Connection reset by peer", "closed the connection during"},
             Case{"TLS connect error: error:0A000410:SSL routines::ssl/tls alert handshake failure",
                  "the TLS handshake failed: ssl/tls alert handshake failure"},
             Case{"TLS connect error: error:0A00045C:SSL routines::tlsv13 alert certificate "
                  "required",
                  "asks for a client certificate"},
         }) {
        Failure broken = failure(CURLE_SSL_CONNECT_ERROR, Stage::connected);
        broken.words = words;
        const TransportError error = explain(broken);
        CHECK(error.fault() == TransportFault::tls);
        CHECK_THAT(error.because(), ContainsSubstring(because));
        CHECK_FALSE(error.hints().empty());
    }
}

TEST_CASE("durations read well") {
    CHECK(shown_seconds(30s) == "30 s");
    CHECK(shown_seconds(1500ms) == "1.5 s");
    CHECK(shown_seconds(5ms) == "0.005 s");
}

}  // namespace headway::http
