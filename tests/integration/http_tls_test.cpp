// Certificates and handshakes, good and bad.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <string>

#include "support/certificates.hpp"
#include "support/http_fixture.hpp"
#include "support/socket_server.hpp"

namespace headway::test {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

/// An authority, and a file with its certificate.
struct Trusted {
    explicit Trusted(const std::string& name = "headway test authority") : authority(name) {}

    Authority authority;
    TemporaryFolder folder;
    std::string ca_file = folder.write("ca.pem", authority.pem());
};

TransportError tls_failure(const Trusted& trusted, const TlsSettings& tls,
                           const std::string& host = "127.0.0.1") {
    SocketServer server(always(ok("never")), tls);
    ClientFixture fixture(trusting_only(trusted.ca_file));
    TransportError error =
        failure_of(*fixture.client, "https://" + host + ":" + std::to_string(server.port()) + "/");
    CHECK(error.fault() == TransportFault::tls);
    CHECK(error.never_sent());
    CHECK(error.code() == ExitCode::failed);
    CHECK_FALSE(error.hints().empty());
    return error;
}

}  // namespace

TEST_CASE("a certificate of a trusted authority, by address and by name") {
    const Trusted trusted;
    SocketServer server(always(ok("secure")), TlsSettings{trusted.authority.issue()});
    ClientFixture fixture(trusting_only(trusted.ca_file));
    const HttpResponse response = fixture.get(server.url());
    CHECK(response.body == "secure");
    CHECK(fixture.get("https://localhost:" + std::to_string(server.port())).body == "secure");
    fixture.get(server.url());
    CHECK(server.connections() == 2);
}

TEST_CASE("each way of naming an authority") {
    const Trusted trusted;
    const Trusted other("another authority");
    SocketServer server(always(ok("secure")), TlsSettings{trusted.authority.issue()});
    http::ClientSettings settings;
    settings.certificates.ssl_cert_file = other.ca_file;
    SECTION("--ca-file is added") {
        settings.certificates.ca_files = {trusted.ca_file};
    }
    SECTION("CI_SERVER_TLS_CA_FILE is added") {
        settings.certificates.ci_server_tls_ca_file = trusted.ca_file;
    }
    SECTION("SSL_CERT_FILE is the bundle") {
        settings.certificates.ssl_cert_file = trusted.ca_file;
    }
    SECTION("the second certificate of a file counts") {
        settings.certificates.ssl_cert_file = trusted.folder.write(
            "two.pem", other.authority.pem() + "text\n" + trusted.authority.pem());
    }
    ClientFixture fixture(settings);
    CHECK(fixture.get(server.url()).body == "secure");
}

TEST_CASE("a server's own certificate may be named as trusted") {
    const Identity identity = self_signed();
    const TemporaryFolder folder;
    SocketServer server(always(ok("secure")), TlsSettings{identity});
    ClientFixture fixture(trusting_only(folder.write("server.pem", identity.pem())));
    CHECK(fixture.get(server.url()).body == "secure");
}

TEST_CASE("an unknown authority") {
    const Trusted trusted;
    const Authority unknown("somebody else");
    const TransportError error = tls_failure(trusted, {unknown.issue()});
    CHECK_THAT(std::string(error.what()), ContainsSubstring("no secure connection to 127.0.0.1:"));
    CHECK_THAT(error.because(), ContainsSubstring("issued by 'CN = somebody else'") &&
                                    ContainsSubstring("not among the trusted"));
    CHECK_THAT(all_of(error), ContainsSubstring("--ca-file FILE") &&
                                  ContainsSubstring("SSL_CERT_FILE") &&
                                  ContainsSubstring("CI_SERVER_TLS_CA_FILE"));
}

TEST_CASE("a self-signed certificate") {
    const TransportError error = tls_failure(Trusted(), {self_signed()});
    CHECK_THAT(error.because(), ContainsSubstring("self-signed"));
    CHECK_THAT(all_of(error), ContainsSubstring("--ca-file FILE"));
}

TEST_CASE("an expired certificate") {
    const Trusted trusted;
    const TransportError error =
        tls_failure(trusted, {trusted.authority.issue({.valid_from = -20, .valid_to = -10})});
    CHECK_THAT(error.because(), ContainsSubstring("expired at 2") && ContainsSubstring("UTC"));
    CHECK_THAT(all_of(error), ContainsSubstring("renew"));
}

TEST_CASE("a certificate that is not valid yet") {
    const Trusted trusted;
    const TransportError error =
        tls_failure(trusted, {trusted.authority.issue({.valid_from = 10, .valid_to = 20})});
    CHECK_THAT(error.because(), ContainsSubstring("not valid before 2"));
    CHECK_THAT(all_of(error), ContainsSubstring("date -u"));
}

TEST_CASE("a certificate for another host") {
    const Trusted trusted;
    const TransportError error = tls_failure(
        trusted, {trusted.authority.issue({.names = {"DNS:gitlab.example.com", "IP:10.0.0.1"}})});
    CHECK(error.because() ==
          "its certificate is for gitlab.example.com, 10.0.0.1, not for 127.0.0.1");
    const TransportError by_name = tls_failure(
        trusted, {trusted.authority.issue({.names = {"DNS:gitlab.example.com"}})}, "localhost");
    CHECK(by_name.because() == "its certificate is for gitlab.example.com, not for localhost");
}

TEST_CASE("a server without TLS 1.2") {
    const Trusted trusted;
    const TransportError error = tls_failure(trusted, {trusted.authority.issue(), TLS1_1_VERSION});
    CHECK_THAT(error.because(), ContainsSubstring("no TLS version that is still safe"));
    CHECK_THAT(all_of(error), ContainsSubstring("TLS 1.2"));
}

TEST_CASE("TLS 1.2 is enough") {
    const Trusted trusted;
    SocketServer server(always(ok("secure")),
                        TlsSettings{trusted.authority.issue(), TLS1_2_VERSION});
    ClientFixture fixture(trusting_only(trusted.ca_file));
    CHECK(fixture.get(server.url()).body == "secure");
}

TEST_CASE("https to a server that speaks plain HTTP") {
    const Trusted trusted;
    SocketServer server([](Peer& peer) {
        peer.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        peer.wait_for_close();
    });
    ClientFixture fixture(trusting_only(trusted.ca_file));
    const TransportError error =
        failure_of(*fixture.client, "https://127.0.0.1:" + std::to_string(server.port()) + "/");
    CHECK(error.fault() == TransportFault::tls);
    CHECK_THAT(error.because(), ContainsSubstring("does not speak TLS on this port"));
}

TEST_CASE("a server that hangs up or hangs in the handshake") {
    const Trusted trusted;
    ClientFixture fixture(trusting_only(trusted.ca_file));
    HttpRequest request;
    request.connect_timeout = 200ms;
    SECTION("hangs up") {
        SocketServer server([](Peer&) {});
        request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
        const TransportError error = failure_of(*fixture.client, request);
        CHECK(error.fault() == TransportFault::tls);
        CHECK_THAT(error.because(), ContainsSubstring("closed the connection during"));
    }
    SECTION("hangs") {
        SocketServer server([](Peer& peer) { peer.wait_for_close(); });
        request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
        const TransportError error = failure_of(*fixture.client, request);
        CHECK(error.fault() == TransportFault::tls);
        CHECK(error.never_sent());
        CHECK(error.because() == "the TLS handshake did not end within 0.2 s");
    }
}

TEST_CASE("a CA file that is of no use is named, before any traffic") {
    const TemporaryFolder folder;
    SocketServer server(always(ok("")), TlsSettings{self_signed()});
    http::ClientSettings settings;
    std::string because;
    SECTION("missing") {
        settings.certificates.ca_files = {folder.path("missing.pem")};
        because = "it cannot be read (named by --ca-file)";
    }
    SECTION("empty") {
        settings.certificates.ssl_cert_file = folder.write("empty.pem", "");
        because = "it holds no certificate (named by SSL_CERT_FILE)";
    }
    SECTION("something else") {
        settings.certificates.ci_server_tls_ca_file = folder.write("key.pem", "not a certificate");
        because = "it holds no certificate (named by CI_SERVER_TLS_CA_FILE)";
    }
    SECTION("broken") {
        settings.certificates.ca_files = {folder.write(
            "broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")};
        because = "its certificate number 1 is not valid PEM (named by --ca-file)";
    }
    SECTION("a folder") {
        settings.certificates.ca_files = {folder.path("")};
        because = "it cannot be read (named by --ca-file)";
    }
    ClientFixture fixture(settings);
    HttpRequest request;
    request.url = server.url();
    const Error error = error_of(*fixture.client, request);
    CHECK(error.code() == ExitCode::usage);
    CHECK(error.because() == because);
    CHECK(server.connections() == 0);
}

TEST_CASE("plain http reads no certificates") {
    http::ClientSettings settings;
    settings.certificates.ca_files = {"/does/not/exist.pem"};
    SocketServer server(always(ok("plain")));
    ClientFixture fixture(settings);
    CHECK(fixture.get(server.url()).body == "plain");
}

TEST_CASE("a server that closes TLS during an upload raises no signal") {
    const Trusted trusted;
    SocketServer server(
        [](Peer& peer) {
            peer.read_some();
            peer.reset();
        },
        TlsSettings{trusted.authority.issue()});
    ClientFixture fixture(trusting_only(trusted.ca_file));
    HttpRequest request;
    request.method = HttpMethod::post;
    request.url = server.url();
    request.body.assign(4'000'000, 'x');
    CHECK(failure_of(*fixture.client, request).fault() == TransportFault::cut_off);
}

}  // namespace headway::test
