// What goes over the wire, and what comes back.

#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <string>

#include "support/http_fixture.hpp"
#include "support/socket_server.hpp"

namespace headway::test {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

/// Answers with what was asked.
void echo(Peer& peer) {
    for (std::string request = peer.read_request(); !request.empty();
         request = peer.read_request()) {
        peer.write(ok(request));
    }
}

std::string gzip(std::string_view text) {
    z_stream stream{};
    REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string packed(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

}  // namespace

TEST_CASE("a GET sends what it was told and nothing else") {
    SocketServer server(echo);
    http::ClientSettings settings;
    settings.user_agent = "headway/1.2.3";
    ClientFixture fixture(settings);
    HttpRequest request;
    request.url = server.url("/a/b?c=d#fragment");
    request.headers = {{"Git-Protocol", "version=2"}, {"X-Empty", ""}};
    const HttpResponse response = fixture.client->perform(request);
    CHECK(response.body ==
          "GET /a/b?c=d HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
              "\r\nUser-Agent: headway/1.2.3\r\nAccept: */*\r\n"
              "Git-Protocol: version=2\r\nX-Empty:\r\n\r\n");
    CHECK(response.status == 200);
    CHECK(response.remote_address == "127.0.0.1:" + std::to_string(server.port()));
}

TEST_CASE("every method is sent with its body") {
    SocketServer server(echo);
    ClientFixture fixture;
    HttpRequest request;
    request.url = server.url();
    const auto sent = [&](HttpMethod method, std::string body) {
        request.method = method;
        request.body = std::move(body);
        return fixture.client->perform(request).body;
    };
    CHECK_THAT(sent(HttpMethod::post, "one"), StartsWith("POST / ") &&
                                                  ContainsSubstring("\r\nContent-Length: 3\r\n") &&
                                                  ContainsSubstring("\r\n\r\none"));
    CHECK_THAT(sent(HttpMethod::post, ""),
               StartsWith("POST / ") && ContainsSubstring("\r\nContent-Length: 0\r\n"));
    CHECK_THAT(sent(HttpMethod::put, "two"),
               StartsWith("PUT / ") && ContainsSubstring("\r\n\r\ntwo"));
    CHECK_THAT(sent(HttpMethod::patch, "three"),
               StartsWith("PATCH / ") && ContainsSubstring("\r\n\r\nthree"));
    CHECK_THAT(sent(HttpMethod::del, ""),
               StartsWith("DELETE / ") && !ContainsSubstring("Content-Length"));
    CHECK(server.connections() == 1);
}

TEST_CASE("a HEAD has no body, whatever length is announced") {
    SocketServer server([](Peer& peer) {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n");
        peer.read_request();
        peer.write(ok("next"));
    });
    ClientFixture fixture;
    HttpRequest request;
    request.method = HttpMethod::head;
    request.url = server.url();
    CHECK(fixture.client->perform(request).body.empty());
    CHECK(fixture.get(server.url()).body == "next");
    CHECK(server.connections() == 1);
}

TEST_CASE("a body goes out at once and as it is, NUL bytes included") {
    SocketServer server(echo);
    ClientFixture fixture;
    HttpRequest request;
    request.method = HttpMethod::post;
    request.url = server.url();
    request.max_body = 8U << 20U;
    request.body.assign(3'000'000, '\0');
    request.headers = {{"Content-Type", "application/x-git-receive-pack-request"}};
    const std::string echoed = fixture.client->perform(request).body;
    CHECK(echoed.ends_with(request.body));
    CHECK_THAT(echoed.substr(0, 500), !ContainsSubstring("Expect"));
    CHECK_THAT(echoed.substr(0, 500),
               ContainsSubstring("Content-Type: application/x-git-receive-pack-request\r\n"));
}

TEST_CASE("credentials go with the first request, as Basic") {
    SocketServer server(echo);
    ClientFixture fixture;
    HttpRequest request;
    request.url = server.url();
    request.credentials = BasicCredentials{"oauth2", Secret("glpat-0123456789:colon")};
    CHECK_THAT(fixture.client->perform(request).body,
               ContainsSubstring("Authorization: Basic "
                                 "b2F1dGgyOmdscGF0LTAxMjM0NTY3ODk6Y29sb24=\r\n"));
}

TEST_CASE("a redirect is an answer, and credentials do not travel with it") {
    SocketServer elsewhere(echo);
    SocketServer server(always("HTTP/1.1 302 Found\r\nLocation: " + elsewhere.url("/sign-in") +
                               "\r\nContent-Length: 0\r\n\r\n"));
    ClientFixture fixture;
    HttpRequest request;
    request.url = server.url();
    request.credentials = BasicCredentials{"user", Secret("token-value")};
    const HttpResponse response = fixture.client->perform(request);
    CHECK(response.status == 302);
    CHECK(response.header("location") == elsewhere.url("/sign-in"));
    CHECK(elsewhere.connections() == 0);
}

TEST_CASE("any status is an answer") {
    ClientFixture fixture;
    for (const int status : {201, 204, 304, 400, 401, 403, 404, 407, 418, 500, 503}) {
        SocketServer server(
            always("HTTP/1.1 " + std::to_string(status) + " Words\r\nContent-Length: 0\r\n\r\n"));
        CHECK(fixture.get(server.url()).status == status);
    }
}

TEST_CASE("a 401 does not make the client ask again") {
    std::atomic<int> requests{0};
    SocketServer server([&](Peer& peer) {
        while (!peer.read_request().empty()) {
            ++requests;
            peer.write(
                "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
                "Content-Length: 0\r\n\r\n");
        }
    });
    ClientFixture fixture;
    HttpRequest request;
    request.url = server.url();
    request.credentials = BasicCredentials{"user", Secret("token-value")};
    CHECK(fixture.client->perform(request).status == 401);
    CHECK(requests == 1);
}

TEST_CASE("headers keep their order; only those of the final answer count") {
    SocketServer server(
        always("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
               "HTTP/1.1 200 OK\r\nB: 1\r\nA:  2 \r\nb: 3\r\nContent-Length: 2\r\n\r\nhi"));
    ClientFixture fixture;
    const HttpResponse response = fixture.get(server.url());
    REQUIRE(response.headers.size() == 4);
    CHECK(response.status == 200);
    CHECK(response.headers[0].name == "B");
    CHECK(response.header("a") == "2");
    CHECK(response.header("b") == "1");
    CHECK(response.header("Link").empty());
    CHECK(response.body == "hi");
}

TEST_CASE("requests to one host share a connection") {
    SocketServer server(echo);
    ClientFixture fixture;
    for (int index = 0; index < 5; ++index) {
        fixture.get(server.url("/" + std::to_string(index)));
    }
    CHECK(server.connections() == 1);
    CHECK_THAT(fixture.trace.lines().at(1), ContainsSubstring("(new connection)"));
    CHECK_THAT(fixture.trace.lines().at(3), ContainsSubstring("(same connection)"));
}

TEST_CASE("a fresh connection is neither taken from the others nor left to them") {
    SocketServer server(echo);
    ClientFixture fixture;
    fixture.get(server.url());
    HttpRequest request;
    request.url = server.url();
    request.connection = Connection::fresh;
    fixture.client->perform(request);
    fixture.client->perform(request);
    CHECK(server.connections() == 3);
    fixture.get(server.url());
    CHECK(server.connections() == 3);
}

TEST_CASE("cookies are not kept") {
    SocketServer server([](Peer& peer) {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n");
        peer.write(ok(peer.read_request()));
    });
    ClientFixture fixture;
    fixture.get(server.url());
    CHECK_THAT(fixture.get(server.url()).body, !ContainsSubstring("Cookie"));
}

TEST_CASE("a .netrc is not read") {
    const TemporaryFolder home;
    static_cast<void>(home.write(".netrc", "machine 127.0.0.1 login someone password else\n"));
    const ScopedVariable variable("HOME", home.path(""));
    SocketServer server(echo);
    ClientFixture fixture;
    CHECK_THAT(fixture.get(server.url()).body, !ContainsSubstring("Authorization"));
}

TEST_CASE("a body is handed over piece by piece") {
    SocketServer server(
        always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
               "3\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"));
    ClientFixture fixture;
    HttpRequest request;
    request.url = server.url();
    std::string seen;
    request.on_body = [&](std::string_view piece) {
        seen += piece;
        return BodyDemand::more;
    };
    const HttpResponse response = fixture.client->perform(request);
    CHECK(seen == "abcde");
    CHECK(response.body.empty());
}

TEST_CASE("a reader that has enough ends the transfer as a success") {
    SocketServer server([](Peer& peer) {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nPACK");
        peer.wait_for_close();  // Only the client ends this.
    });
    ClientFixture fixture;
    HttpRequest request;
    request.url = server.url();
    std::string seen;
    request.on_body = [&](std::string_view piece) {
        seen += piece;
        return seen.size() >= 4 ? BodyDemand::enough : BodyDemand::more;
    };
    const HttpResponse response = fixture.client->perform(request);
    CHECK(response.status == 200);
    CHECK(seen == "PACK");
}

TEST_CASE("what a body's reader throws arrives at the caller, and the client lives on") {
    SocketServer server(echo);
    ClientFixture fixture;
    HttpRequest request;
    request.url = server.url();
    request.on_body = [](std::string_view) -> BodyDemand {
        throw Error(ExitCode::refused, "a corrupt pkt-line");
    };
    CHECK_THROWS_AS(fixture.client->perform(request), Error);
    const Error error = error_of(*fixture.client, request);
    CHECK(std::string(error.what()) == "a corrupt pkt-line");
    CHECK(error.code() == ExitCode::refused);
    CHECK(fixture.get(server.url()).status == 200);
}

TEST_CASE("gzip is decoded when it was asked for") {
    const std::string text(50'000, 'x');
    const std::string packed = gzip(text);
    std::string seen_request;
    SocketServer server([&](Peer& peer) {
        seen_request = peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " +
                   std::to_string(packed.size()) + "\r\n\r\n" + packed);
    });
    ClientFixture fixture;
    HttpRequest request;
    request.url = server.url();
    request.headers = {{"Accept-Encoding", "gzip"}};
    CHECK(fixture.client->perform(request).body == text);
    CHECK_THAT(seen_request, ContainsSubstring("Accept-Encoding: gzip\r\n"));
    CHECK(seen_request.find("Accept-Encoding") == seen_request.rfind("Accept-Encoding"));
}

TEST_CASE("localhost needs no resolver") {
    SocketServer server(echo);
    ClientFixture fixture;
    const HttpResponse response =
        fixture.get("http://localhost:" + std::to_string(server.port()) + "/");
    CHECK(response.status == 200);
}

TEST_CASE("timings are those of the request") {
    SocketServer server(echo);
    ClientFixture fixture;
    const HttpTimings timings = fixture.get(server.url()).timings;
    CHECK(timings.connected <= timings.first_byte);
    CHECK(timings.first_byte <= timings.total);
    CHECK(timings.secured.count() == 0);
}

TEST_CASE("a request that died on a kept-alive connection is repeated only if it may be") {
    std::atomic<int> requests{0};
    SocketServer server([&](Peer& peer) {
        while (!peer.read_request().empty()) {
            ++requests;
            if (requests == 2) {
                return;  // It was read, perhaps carried out, and never answered.
            }
            peer.write(ok("fine"));
        }
    });
    ClientFixture fixture;
    fixture.get(server.url());
    HttpRequest request;
    request.url = server.url();

    SECTION("a POST is not") {
        request.method = HttpMethod::post;
        request.body = "push";
        const TransportError error = failure_of(*fixture.client, request);
        CHECK(error.fault() == TransportFault::cut_off);
        CHECK_FALSE(error.never_sent());
        CHECK(requests == 2);
    }
    SECTION("a GET is") {
        CHECK(fixture.client->perform(request).body == "fine");
        CHECK(requests == 3);
    }
}

TEST_CASE("a gzip bomb is bounded after decoding, by failure or by cut") {
    std::string sparse;
    sparse.resize(50'000'000, 'x');
    const std::string packed = gzip(sparse);
    REQUIRE(packed.size() < 100'000);
    SocketServer server(always("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " +
                               std::to_string(packed.size()) + "\r\n\r\n" + packed));
    ClientFixture fixture;
    HttpRequest request;
    request.url = server.url();
    request.headers = {{"Accept-Encoding", "gzip"}};
    request.max_body = 100'000;
    CHECK(failure_of(*fixture.client, request).fault() == TransportFault::too_large);
    request.on_large_body = OnLargeBody::cut;
    const HttpResponse response = fixture.client->perform(request);
    CHECK(response.body_cut);
    CHECK(response.body.size() == 100'000);
}

}  // namespace headway::test
