// Servers that send too much, too slowly, or without end.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <string>
#include <thread>

#include "support/http_fixture.hpp"
#include "support/socket_server.hpp"

namespace headway::test {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

HttpRequest request_to(const std::string& url) {
    HttpRequest request;
    request.url = url;
    return request;
}

std::string head(std::string_view fields) {
    return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "\r\n";
}

}  // namespace

TEST_CASE("a body of exactly the allowed size is taken, one byte more is not") {
    SocketServer server(always(ok(std::string(1000, 'x'))));
    ClientFixture fixture;
    HttpRequest request = request_to(server.url());
    request.max_body = 1000;
    CHECK(fixture.client->perform(request).body.size() == 1000);
    request.max_body = 999;
    const TransportError error = failure_of(*fixture.client, request);
    CHECK(error.fault() == TransportFault::too_large);
    CHECK_THAT(error.because(), ContainsSubstring("999 bytes"));
    CHECK_FALSE(error.never_sent());
}

TEST_CASE("an endless body ends at the limit") {
    SocketServer server([](Peer& peer) {
        peer.read_request();
        peer.write(head("Transfer-Encoding: chunked\r\n"));
        while (peer.write("1000\r\n" + std::string(0x1000, 'x') + "\r\n")) {
        }
    });
    ClientFixture fixture;
    CHECK(failure_of(*fixture.client, server.url()).fault() == TransportFault::too_large);
}

TEST_CASE("the limit holds for a body that is read piece by piece") {
    SocketServer server(always(ok(std::string(5000, 'x'))));
    ClientFixture fixture;
    HttpRequest request = request_to(server.url());
    request.max_body = 4999;
    std::size_t seen = 0;
    request.on_body = [&](std::string_view piece) {
        seen += piece.size();
        return BodyDemand::more;
    };
    CHECK(failure_of(*fixture.client, request).fault() == TransportFault::too_large);
    CHECK(seen <= 4999);
}

TEST_CASE("200 headers are taken, 201 are not") {
    const auto answer = [](int count) {
        std::string fields = "Content-Length: 0\r\n";
        for (int index = 1; index < count; ++index) {
            fields += "H" + std::to_string(index) + ": v\r\n";
        }
        return head(fields);
    };
    SocketServer many(always(answer(200)));
    SocketServer too_many(always(answer(201)));
    ClientFixture fixture;
    CHECK(fixture.get(many.url()).headers.size() == 200);
    CHECK(failure_of(*fixture.client, too_many.url()).fault() == TransportFault::too_large);
}

TEST_CASE("headers are bounded in bytes") {
    std::string fields = "Content-Length: 0\r\n";
    for (int index = 0; index < 17; ++index) {
        fields += "H: " + std::string(4000, 'x') + "\r\n";
    }
    SocketServer server(always(head(fields)));
    ClientFixture fixture;
    CHECK(failure_of(*fixture.client, server.url()).fault() == TransportFault::too_large);
}

TEST_CASE("endless interim answers are bounded too") {
    SocketServer server([](Peer& peer) {
        peer.read_request();
        while (peer.write("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")) {
        }
    });
    ClientFixture fixture;
    CHECK(failure_of(*fixture.client, server.url()).fault() == TransportFault::too_large);
}

TEST_CASE("one endless header line is bounded") {
    SocketServer server([](Peer& peer) {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nX: ");
        while (peer.write(std::string(4096, 'x'))) {
        }
    });
    ClientFixture fixture;
    CHECK(failure_of(*fixture.client, server.url()).fault() == TransportFault::too_large);
}

TEST_CASE("a coding that nobody asked for is refused") {
    SocketServer server(always(head("Content-Encoding: br\r\nContent-Length: 3\r\n") + "abc"));
    ClientFixture fixture;
    const TransportError error = failure_of(*fixture.client, server.url());
    CHECK(error.fault() == TransportFault::protocol);
    CHECK_THAT(error.because(), ContainsSubstring("'br'"));
}

TEST_CASE("a server that never answers runs into the timeout") {
    SocketServer server([](Peer& peer) { peer.wait_for_close(); });
    ClientFixture fixture;
    HttpRequest request = request_to(server.url());
    request.timeout = 150ms;
    const TransportError error = failure_of(*fixture.client, request);
    CHECK(error.fault() == TransportFault::timeout);
    CHECK_THAT(error.because(), ContainsSubstring("did not answer within 0.15 s"));
    CHECK_FALSE(error.never_sent());
}

TEST_CASE("an answer that does not end runs into the timeout") {
    SocketServer server([](Peer& peer) {
        peer.read_request();
        peer.write(head("Content-Length: 10\r\n") + "12345");
        peer.wait_for_close();
    });
    ClientFixture fixture;
    HttpRequest request = request_to(server.url());
    request.timeout = 150ms;
    const TransportError error = failure_of(*fixture.client, request);
    CHECK(error.fault() == TransportFault::timeout);
    CHECK_THAT(error.because(), ContainsSubstring("did not end within 0.15 s"));
}

TEST_CASE("an answer that stands still is given up long before the timeout") {
    SocketServer server([](Peer& peer) {
        peer.read_request();
        peer.write(head("Content-Length: 1000\r\n") + "12345");
        peer.wait_for_close();
    });
    http::ClientSettings settings;
    settings.stall_window = 200ms;
    ClientFixture fixture(settings);
    const TransportError error = failure_of(*fixture.client, server.url());
    CHECK(error.fault() == TransportFault::timeout);
    CHECK_THAT(error.because(), ContainsSubstring("stood still for 0.2 s"));
}

TEST_CASE("a server at work is not one that stands still") {
    SocketServer server([](Peer& peer) {
        peer.read_request();
        // The client's own poll is the clock: the answer comes after several stall windows.
        std::this_thread::sleep_for(400ms);
        peer.write(ok("late"));
    });
    http::ClientSettings settings;
    settings.stall_window = 50ms;
    ClientFixture fixture(settings);
    CHECK(fixture.get(server.url()).body == "late");
}

}  // namespace headway::test
