// Every way in which a transfer does not end, told apart.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <string>

#include "support/http_fixture.hpp"
#include "support/socket_server.hpp"

namespace headway::test {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a refused connection") {
    ClientFixture fixture;
    const std::string authority = "127.0.0.1:" + std::to_string(closed_port());
    const TransportError error = failure_of(*fixture.client, "http://" + authority + "/");
    CHECK(error.fault() == TransportFault::connect);
    CHECK(error.never_sent());
    CHECK(std::string(error.what()) == "cannot reach " + authority);
    CHECK(error.because() == "Connection refused");
    CHECK_FALSE(error.hints().empty());
    CHECK(error.code() == ExitCode::failed);
}

TEST_CASE("an unknown host") {
    ClientFixture fixture;
    // No query leaves the machine for this one (RFC 7686).
    const TransportError error = failure_of(*fixture.client, "https://gitlab.example.onion/");
    CHECK(error.fault() == TransportFault::resolve);
    CHECK(error.never_sent());
    CHECK(std::string(error.what()) == "cannot reach gitlab.example.onion:443");
    CHECK(error.because() == "no address was found for the name 'gitlab.example.onion'");
    CHECK_THAT(all_of(error), ContainsSubstring("HTTPS_PROXY=http://PROXY:PORT"));
}

TEST_CASE("a host that does not answer the connection") {
    // A listener whose queue is full: the kernel drops what comes.
    const FullListener listener;
    ClientFixture fixture;
    HttpRequest request;
    request.url = "http://127.0.0.1:" + std::to_string(listener.port()) + "/";
    request.connect_timeout = 200ms;
    const TransportError error = failure_of(*fixture.client, request);
    CHECK(error.fault() == TransportFault::connect);
    CHECK(error.never_sent());
    CHECK(error.because() == "it did not answer within 0.2 s");
}

TEST_CASE("a connection that closes without an answer") {
    SocketServer server([](Peer& peer) { peer.read_request(); });
    ClientFixture fixture;
    const TransportError error = failure_of(*fixture.client, server.url());
    CHECK(error.fault() == TransportFault::cut_off);
    CHECK_FALSE(error.never_sent());
    CHECK(error.because() == "the server closed the connection without an answer");
}

TEST_CASE("a connection that is reset") {
    SocketServer server([](Peer& peer) {
        peer.read_request();
        peer.reset();
    });
    ClientFixture fixture;
    CHECK(failure_of(*fixture.client, server.url()).fault() == TransportFault::cut_off);
}

TEST_CASE("an answer that is cut off") {
    ClientFixture fixture;
    const auto cut_after = [&](std::string part) {
        SocketServer server([&](Peer& peer) {
            peer.read_request();
            peer.write(part);
        });
        return failure_of(*fixture.client, server.url()).fault();
    };
    CHECK(cut_after("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345") ==
          TransportFault::cut_off);
    CHECK(cut_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n") ==
          TransportFault::cut_off);
    CHECK(cut_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12") ==
          TransportFault::cut_off);
}

TEST_CASE("an answer that is no HTTP") {
    ClientFixture fixture;
    const auto answer = [&](std::string text) {
        SocketServer server([&](Peer& peer) {
            peer.read_request();
            peer.write(text);
        });
        return failure_of(*fixture.client, server.url());
    };
    CHECK(answer("SSH-2.0-OpenSSH_9.2\r\n").fault() == TransportFault::protocol);
    CHECK(answer("HTTP/1.1 abc\r\n\r\n").fault() == TransportFault::protocol);
    CHECK(answer("HTTP/1.1 200 OK\r\nno colon here\r\n\r\n").fault() == TransportFault::protocol);
    const TransportError chunk =
        answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc");
    INFO(all_of(chunk));
    CHECK(chunk.fault() == TransportFault::protocol);
    const TransportError tls = answer(std::string("\x15\x03\x01\x00\x02\x02\x46", 7));
    CHECK(tls.fault() == TransportFault::protocol);
    CHECK_THAT(all_of(tls), ContainsSubstring("https://127.0.0.1:"));
}

TEST_CASE("hostile words are made printable") {
    SocketServer server(
        always("HTTP/1.1 200 OK\r\nContent-Encoding: \x1b[2Jx\r\n"
               "Content-Length: 1\r\n\r\nx"));
    ClientFixture fixture;
    const TransportError error = failure_of(*fixture.client, server.url());
    CHECK(all_of(error).find('\x1b') == std::string::npos);
    CHECK(fixture.trace.all().find('\x1b') == std::string::npos);
}

TEST_CASE("a server that does not read what is sent") {
    SocketServer server([](Peer& peer) {
        peer.read_some();
        peer.reset();
    });
    ClientFixture fixture;
    HttpRequest request;
    request.method = HttpMethod::post;
    request.url = server.url();
    request.body.assign(4'000'000, 'x');
    const TransportError error = failure_of(*fixture.client, request);
    CHECK(error.fault() == TransportFault::cut_off);
}

TEST_CASE("an answer that comes before the request was read is still an answer") {
    SocketServer server([](Peer& peer) {
        peer.write(
            "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n");
        peer.wait_for_close();
    });
    ClientFixture fixture;
    HttpRequest request;
    request.method = HttpMethod::post;
    request.url = server.url();
    request.body.assign(4'000'000, 'x');
    CHECK(fixture.client->perform(request).status == 413);
}

TEST_CASE("what must not leave the machine does not") {
    SocketServer server(always(ok("")));
    ClientFixture fixture;
    HttpRequest request;
    request.url = "http://gitlab.example.com/group/app.git";

    SECTION("credentials over plain http") {
        request.credentials = BasicCredentials{"user", Secret("token-value")};
    }
    SECTION("a secret header over plain http") {
        request.secret_headers.emplace_back("Private-Token", Secret("token-value"));
    }
    SECTION("a secret URL over plain http") {
        request.url = "http://hooks.example.com/services/token-value";
        request.url_is_secret = true;
    }
    SECTION("user info in the URL") {
        request.url = "http://someone:token-value@127.0.0.1:" + std::to_string(server.port());
    }
    SECTION("a line break in a header") {
        request.url = server.url();
        request.secret_headers.emplace_back("Private-Token", Secret("token-value\r\nX: y"));
    }
    const Error error = error_of(*fixture.client, request);
    CHECK(error.code() == ExitCode::usage);
    CHECK_FALSE(error.hints().empty());
    CHECK_THAT(all_of(error), !ContainsSubstring("token-value"));
    CHECK(server.connections() == 0);
    CHECK(fixture.trace.lines().empty());
}

TEST_CASE("no trace and no error shows a secret") {
    SocketServer server([](Peer& peer) {
        peer.read_request();
        peer.write(
            "HTTP/1.1 302 Found\r\nSet-Cookie: session=cookie-value\r\n"
            "Location: https://x/url-value\r\nContent-Length: 0\r\n\r\n");
    });
    ClientFixture fixture;
    HttpRequest request;
    request.url = server.url("/services/url-value?also=url-value");
    request.url_is_secret = true;
    request.credentials = BasicCredentials{"user", Secret("password-value")};
    request.secret_headers.emplace_back("X-Any-Name", Secret("header-value"));
    request.headers = {{"Authorization", "Bearer bearer-value"}, {"X-Open", "open-value"}};
    std::string all;
    REQUIRE(fixture.client->perform(request).status == 302);
    request.url = "http://127.0.0.1:" + std::to_string(closed_port()) + "/services/url-value";
    all += all_of(failure_of(*fixture.client, request));
    all += fixture.trace.all();
    CHECK_THAT(all, !ContainsSubstring("url-value") && !ContainsSubstring("password-value") &&
                        !ContainsSubstring("header-value") && !ContainsSubstring("bearer-value") &&
                        !ContainsSubstring("cookie-value") && !ContainsSubstring("dXNlcjpwYXNz"));
    CHECK_THAT(all,
               ContainsSubstring("X-Open: open-value") && ContainsSubstring("X-Any-Name: ***"));
}

}  // namespace headway::test
