// Ways to a server other than by its name: a chosen address, a Unix socket; and what an answer
// tells besides.

#include <sched.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <string>

#include "support/certificates.hpp"
#include "support/http_fixture.hpp"
#include "support/private_process.hpp"
#include "support/socket_server.hpp"

namespace headway::test {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

SocketServer::Script names_itself(std::string name) {
    return [name = std::move(name)](Peer& peer) {
        for (auto request = peer.read_request(); !request.empty(); request = peer.read_request()) {
            peer.write(ok(name + "\n" + request));
        }
    };
}

HttpRequest request_to(const std::string& url, const std::string& address) {
    HttpRequest request;
    request.url = url;
    request.address = address;
    return request;
}

}  // namespace

TEST_CASE("the chosen address is connected to, and the host stays the URL's") {
    SocketServer one(names_itself("one"), Place{.address = "127.0.0.2"});
    SocketServer two(names_itself("two"), Place{.address = "127.0.0.3", .port = one.port()});
    ClientFixture fixture;
    const std::string url = "http://app.example.com:" + std::to_string(one.port()) + "/";
    const auto first = fixture.client->perform(request_to(url, "127.0.0.2"));
    CHECK_THAT(first.body,
               ContainsSubstring("one\n") &&
                   ContainsSubstring("Host: app.example.com:" + std::to_string(one.port())));
    CHECK(first.remote_address == "127.0.0.2:" + std::to_string(one.port()));
    const auto second = fixture.client->perform(request_to(url, "127.0.0.3"));
    CHECK_THAT(second.body, ContainsSubstring("two\n"));
    // The connections are kept apart, too.
    CHECK_THAT(fixture.client->perform(request_to(url, "127.0.0.2")).body,
               ContainsSubstring("one\n"));
    CHECK(one.connections() == 1);
}

TEST_CASE("with a chosen address SNI and certificate are for the URL's host") {
    const Authority authority("headway test authority");
    const TemporaryFolder folder;
    SocketServer server(always(ok("secure")),
                        TlsSettings{authority.issue({.names = {"DNS:app.example.com"}})},
                        Place{.address = "127.0.0.2"});
    ClientFixture fixture(trusting_only(folder.write("ca.pem", authority.pem())));
    const std::string port = ":" + std::to_string(server.port()) + "/";
    CHECK(fixture.client->perform(request_to("https://app.example.com" + port, "127.0.0.2")).body ==
          "secure");
    const auto error =
        failure_of(*fixture.client, request_to("https://other.example.com" + port, "127.0.0.2"));
    CHECK(error.fault() == TransportFault::tls);
    CHECK(error.because() == "its certificate is for app.example.com, not for other.example.com");
}

TEST_CASE("a chosen address holds for its host only") {
    SocketServer away(names_itself("away"));
    SocketServer server(always("HTTP/1.1 302 Found\r\nLocation: " + away.url("/x") +
                               "\r\nContent-Length: 0\r\n\r\n"),
                        Place{.address = "127.0.0.2"});
    ClientFixture fixture;
    HttpRequest request =
        request_to("http://app.example.com:" + std::to_string(server.port()) + "/", "127.0.0.2");
    request.redirects = Redirects::any;
    CHECK_THAT(fixture.client->perform(request).body, ContainsSubstring("away\n"));
}

TEST_CASE("the failure names the chosen address") {
    ClientFixture fixture;
    const std::string port = std::to_string(closed_port());
    const auto error = failure_of(*fixture.client,
                                  request_to("http://app.example.com:" + port + "/", "127.0.0.9"));
    CHECK(error.fault() == TransportFault::connect);
    CHECK(std::string(error.what()) == "cannot reach app.example.com:" + port + " at 127.0.0.9");
}

TEST_CASE("an address to which this machine has no way is told as that") {
    for (const char* address : {"192.0.2.1", "2001:db8::1"}) {
        const std::string text = in_private_process(
            [] { return unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0; },
            [&] {
                ClientFixture fixture;
                const auto error =
                    failure_of(*fixture.client, request_to("http://app.example.com/", address));
                return std::string(error.fault() == TransportFault::no_route ? "no route\n" : "?") +
                       (error.never_sent() ? "never sent\n" : "?") + all_of(error);
            });
        CHECK_THAT(text, ContainsSubstring("no route\nnever sent\n") &&
                             ContainsSubstring("route get " + std::string(address)));
    }
}

TEST_CASE("what is no address is refused") {
    ClientFixture fixture;
    for (const char* text : {"example.com", "127.0.0.1:80", "[::1]", "1.2.3", "::1%lo"}) {
        const Error error = error_of(*fixture.client, request_to("http://a.example.com/", text));
        CHECK(error.code() == ExitCode::usage);
        CHECK_THAT(all_of(error), ContainsSubstring("without port and brackets"));
    }
}

TEST_CASE("where a proxy leads it chooses the address") {
    std::string asked;
    SocketServer proxy([&](Peer& peer) {
        asked = peer.read_request();
        peer.write(ok("by proxy"));
    });
    ClientFixture fixture;
    const ScopedVariable variable("http_proxy", "http://127.0.0.1:" + std::to_string(proxy.port()));
    const auto response =
        fixture.client->perform(request_to("http://app.example.com/health", "127.0.0.9"));
    CHECK(response.body == "by proxy");
    CHECK(response.through_proxy);
    CHECK_THAT(asked, ContainsSubstring("GET http://app.example.com/health HTTP/1.1\r\n"));
}

TEST_CASE("a Unix socket, whatever the proxy variables say, also with a secret") {
    const TemporaryFolder folder;
    const std::string path = folder.path("app.sock");
    SocketServer server(names_itself("socket"), Place{.unix_socket = path});
    ClientFixture fixture;
    const ScopedVariable variable("http_proxy", "http://127.0.0.1:9/");
    HttpRequest request;
    request.url = "http://app.example.com/health";
    request.unix_socket = path;
    request.secret_headers = {{"X-Token", Secret("token-value")}};
    const auto response = fixture.client->perform(request);
    CHECK_THAT(response.body, ContainsSubstring("socket\nGET /health") &&
                                  ContainsSubstring("Host: app.example.com\r\n") &&
                                  ContainsSubstring("token-value"));
    CHECK_FALSE(response.through_proxy);
}

TEST_CASE("a Unix socket that cannot be connected to is named, with the fix") {
    const TemporaryFolder folder;
    ClientFixture fixture;
    HttpRequest request;
    request.url = "http://localhost/";
    request.unix_socket = folder.path("none.sock");
    const auto missing = failure_of(*fixture.client, request);
    CHECK(missing.fault() == TransportFault::connect);
    CHECK(missing.never_sent());
    CHECK(std::string(missing.what()) == "cannot reach the socket " + request.unix_socket);
    CHECK(missing.because() == "No such file or directory");
    CHECK_THAT(all_of(missing), ContainsSubstring("ls -l " + request.unix_socket));
    request.unix_socket = folder.write("file.sock", "");
    CHECK_THAT(all_of(failure_of(*fixture.client, request)), ContainsSubstring("nobody listens"));
    request.unix_socket = folder.path(std::string(120, 'x'));
    const Error too_long = error_of(*fixture.client, request);
    CHECK(too_long.code() == ExitCode::usage);
    CHECK_THAT(all_of(too_long), ContainsSubstring("shorter path"));
}

TEST_CASE("the expiry of the server's certificate, also on a kept connection") {
    const Authority authority("headway test authority");
    const TemporaryFolder folder;
    SocketServer server(always(ok("secure")), TlsSettings{authority.issue({.valid_to = 12})});
    ClientFixture fixture(trusting_only(folder.write("ca.pem", authority.pem())));
    const auto now = std::chrono::system_clock::now();
    for (int count = 0; count < 2; ++count) {
        const auto response = fixture.get(server.url());
        REQUIRE(response.certificate_expiry);
        CHECK(*response.certificate_expiry - now > std::chrono::days(12) - 1min);
        CHECK(*response.certificate_expiry - now < std::chrono::days(12) + 1min);
    }
    CHECK(server.connections() == 1);
    SocketServer plain(always(ok("plain")));
    CHECK_FALSE(fixture.get(plain.url()).certificate_expiry);
}

TEST_CASE("Retry-After") {
    ClientFixture fixture;
    const auto wait_for = [&](const std::string& value) {
        SocketServer server(
            always("HTTP/1.1 503 Busy\r\nRetry-After: " + value + "\r\nContent-Length: 0\r\n\r\n"));
        return fixture.get(server.url()).retry_after;
    };
    CHECK(wait_for("17") == 17s);
    CHECK(wait_for("0") == 0s);
    CHECK(wait_for("Sun, 06 Nov 1994 08:49:37 GMT") == 0s);
    CHECK_FALSE(wait_for("soon"));
    CHECK_FALSE(wait_for("-5"));
}

TEST_CASE("a body that is too large is cut where that is wanted") {
    ClientFixture fixture;
    HttpRequest request;
    request.max_body = 1000;
    request.on_large_body = OnLargeBody::cut;
    SocketServer exact(always(ok(std::string(1000, 'x'))));
    request.url = exact.url();
    const auto whole = fixture.client->perform(request);
    CHECK(whole.body.size() == 1000);
    CHECK_FALSE(whole.body_cut);
    SocketServer endless([](Peer& peer) {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\n\r\n");
        while (peer.write(std::string(700, 'x'))) {
        }
    });
    request.url = endless.url();
    const auto cut = fixture.client->perform(request);
    CHECK(cut.status == 200);
    CHECK(cut.body == std::string(1000, 'x'));
    CHECK(cut.body_cut);
    request.on_large_body = OnLargeBody::fail;
    CHECK(failure_of(*fixture.client, request).fault() == TransportFault::too_large);
}

}  // namespace headway::test
