// SIGINT and SIGTERM at any moment of a transfer.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <future>
#include <string>
#include <thread>

#include "support/http_fixture.hpp"
#include "support/socket_server.hpp"

namespace headway::test {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

HttpRequest request_to(const SocketServer& server, OnInterrupt on_interrupt) {
    HttpRequest request;
    request.url = server.url();
    request.on_interrupt = on_interrupt;
    return request;
}

}  // namespace

TEST_CASE("a signal before the transfer means no traffic at all") {
    SocketServer server(always(ok("")));
    ClientFixture fixture;
    fixture.interrupt.signal();
    for (const OnInterrupt kind : {OnInterrupt::abort, OnInterrupt::finish}) {
        CHECK_THROWS_AS(fixture.client->perform(request_to(server, kind)), Interrupted);
    }
    CHECK(server.connections() == 0);
}

TEST_CASE("a signal ends a transfer at once") {
    ClientFixture fixture;
    SocketServer server([&](Peer& peer) {
        peer.read_request();
        fixture.interrupt.signal();
        peer.wait_for_close();  // The client hangs up, though the timeout is a minute away.
    });
    const auto start = std::chrono::steady_clock::now();
    const Error error = error_of(*fixture.client, request_to(server, OnInterrupt::abort));
    CHECK(error.code() == ExitCode::interrupted);
    CHECK_THAT(std::string(error.what()), ContainsSubstring("127.0.0.1:"));
    CHECK(std::chrono::steady_clock::now() - start < 4s);
}

TEST_CASE("a push's answer is still read after the first signal") {
    ClientFixture fixture;
    SocketServer server([&](Peer& peer) {
        peer.read_request();
        fixture.interrupt.signal();
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nunpack");
        while (fixture.interrupt.waiting()) {  // The client has noticed it.
            std::this_thread::yield();
        }
        peer.write(" ok\n");
    });
    CHECK(fixture.client->perform(request_to(server, OnInterrupt::finish)).body == "unpack ok\n");
}

TEST_CASE("the second signal ends a push at once") {
    ClientFixture fixture;
    SocketServer server([&](Peer& peer) {
        peer.read_request();
        fixture.interrupt.signal();
        fixture.interrupt.signal();
        peer.wait_for_close();
    });
    const auto start = std::chrono::steady_clock::now();
    CHECK_THROWS_AS(fixture.client->perform(request_to(server, OnInterrupt::finish)), Interrupted);
    CHECK(std::chrono::steady_clock::now() - start < 4s);
}

TEST_CASE("a push's answer is not waited for without end") {
    http::ClientSettings settings;
    settings.finish_grace = 150ms;
    ClientFixture fixture(settings);
    SocketServer server([&](Peer& peer) {
        peer.read_request();
        fixture.interrupt.signal();
        peer.wait_for_close();
    });
    const Error error = error_of(*fixture.client, request_to(server, OnInterrupt::finish));
    CHECK(error.code() == ExitCode::interrupted);
    CHECK(error.because() == "its answer did not come within 0.15 s of the signal");
}

TEST_CASE("a signal while connecting ends it at once") {
    const FullListener listener;
    ClientFixture fixture;
    HttpRequest request;
    request.url = "http://127.0.0.1:" + std::to_string(listener.port()) + "/";
    auto signal = std::async(std::launch::async, [&] { fixture.interrupt.signal(); });
    CHECK_THROWS_AS(fixture.client->perform(request), Interrupted);
}

}  // namespace headway::test
