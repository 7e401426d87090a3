// Many requests at the same time.

#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <set>
#include <string>

#include "support/http_fixture.hpp"
#include "support/socket_server.hpp"

namespace headway::test {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

using SteadyClock = std::chrono::steady_clock;

HttpRequest request_to(const std::string& url) {
    HttpRequest request;
    request.url = url;
    request.connection = Connection::fresh;
    return request;
}

/// What `count` things come to; the test fails when they take too long.
std::vector<BatchOutcome> all_outcomes(HttpBatch& batch, std::size_t count) {
    const auto until = SteadyClock::now() + 60s;
    std::vector<BatchOutcome> all;
    while (all.size() < count && SteadyClock::now() < until) {
        for (auto& outcome : batch.wait(until)) {
            all.push_back(std::move(outcome));
        }
    }
    REQUIRE(all.size() == count);
    return all;
}

/// Lets nobody through before `count` have come.
class Gate {
public:
    explicit Gate(std::size_t count) : m_missing(count) {}
    void pass() {
        std::unique_lock lock(m_mutex);
        if (--m_missing == 0) {
            m_all_are_here.notify_all();
        }
        m_all_are_here.wait_for(lock, 60s, [this] { return m_missing == 0; });
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_all_are_here;
    std::size_t m_missing;
};

}  // namespace

TEST_CASE("300 requests are under way at the same time") {
    constexpr std::size_t k_count = 300;
    Gate gate(k_count);
    SocketServer server([&](Peer& peer) {
        const std::string request = peer.read_request();
        gate.pass();  // None is answered before all have been sent.
        peer.write(ok(request.substr(0, request.find(" HTTP"))));
    });
    ClientFixture fixture;
    const auto batch = fixture.client->open_batch();
    for (std::size_t ticket = 0; ticket < k_count; ++ticket) {
        batch->start(ticket, request_to(server.url("/" + std::to_string(ticket))));
    }
    std::set<std::uint64_t> tickets;
    for (const auto& outcome : all_outcomes(*batch, k_count)) {
        tickets.insert(outcome.ticket);
        const auto& response = std::get<HttpResponse>(outcome.result);
        CHECK(response.body == "GET /" + std::to_string(outcome.ticket));
        CHECK(outcome.timings.total == response.timings.total);
    }
    CHECK(tickets.size() == k_count);
    CHECK(server.connections() == k_count);
}

TEST_CASE("an answer comes out while others are under way") {
    std::promise<void> release;
    const auto released = release.get_future().share();
    SocketServer server([&](Peer& peer) {
        if (peer.read_request().starts_with("GET /slow")) {
            released.wait();
        }
        peer.write(ok("done"));
    });
    ClientFixture fixture;
    const auto batch = fixture.client->open_batch();
    batch->start(1, request_to(server.url("/slow")));
    batch->start(2, request_to(server.url("/quick")));
    const auto first = batch->wait(SteadyClock::now() + 60s);
    REQUIRE(first.size() == 1);
    CHECK(first.front().ticket == 2);
    CHECK(batch->wait(SteadyClock::now() + 20ms).empty());
    release.set_value();
    CHECK(all_outcomes(*batch, 1).front().ticket == 1);
    CHECK_THAT(fixture.trace.all(), ContainsSubstring("GET " + server.url("/slow")) &&
                                        ContainsSubstring("200 from 127.0.0.1:"));
}

TEST_CASE("each failure of a batch is an outcome of its own") {
    SocketServer server(always(ok("fine")));
    SocketServer silent([](Peer& peer) { peer.wait_for_close(); });
    ClientFixture fixture;
    const auto batch = fixture.client->open_batch();
    batch->start(1, request_to(server.url()));
    batch->start(2, request_to("http://127.0.0.1:" + std::to_string(closed_port()) + "/"));
    HttpRequest slow = request_to(silent.url());
    slow.timeout = 100ms;
    batch->start(3, std::move(slow));
    auto outcomes = all_outcomes(*batch, 3);
    std::sort(outcomes.begin(), outcomes.end(),
              [](const auto& one, const auto& other) { return one.ticket < other.ticket; });
    CHECK(std::get<HttpResponse>(outcomes[0].result).body == "fine");
    CHECK(std::get<TransportError>(outcomes[1].result).fault() == TransportFault::connect);
    const auto& timeout = std::get<TransportError>(outcomes[2].result);
    CHECK(timeout.fault() == TransportFault::timeout);
    CHECK_THAT(all_of(timeout), ContainsSubstring("--timeout"));
    CHECK(outcomes[2].timings.total >= 100ms);
    CHECK(outcomes[2].timings.first_byte == 0ms);
}

TEST_CASE("what must not be sent is refused at the start, and nothing else is harmed") {
    SocketServer server(always(ok("fine")));
    ClientFixture fixture;
    const auto batch = fixture.client->open_batch();
    batch->start(1, request_to(server.url()));
    HttpRequest secret = request_to("http://app.example.com/");
    secret.secret_headers = {{"Authorization", Secret("token-value")}};
    CHECK_THROWS_AS(fixture.client->check(secret), Error);
    CHECK_THROWS_AS(batch->start(2, std::move(secret)), Error);
    HttpRequest body = request_to("http://app.example.com/");
    body.method = HttpMethod::post;
    body.body = "token-value";
    CHECK_NOTHROW(fixture.client->check(body));
    body.has_secret = true;
    CHECK_THROWS_AS(fixture.client->check(body), Error);
    CHECK_THROWS_AS(batch->start(3, std::move(body)), Error);
    CHECK(all_outcomes(*batch, 1).front().ticket == 1);
}

TEST_CASE("cancel closes what is under way, and no outcome comes of it") {
    std::atomic<int> closed = 0;
    std::promise<void> asked;
    SocketServer server([&](Peer& peer) {
        peer.read_request();
        asked.set_value();
        peer.wait_for_close();
        ++closed;
    });
    ClientFixture fixture;
    const auto batch = fixture.client->open_batch();
    batch->start(1, request_to(server.url()));
    const auto was_asked = asked.get_future();
    while (was_asked.wait_for(0s) != std::future_status::ready) {
        CHECK(batch->wait(SteadyClock::now() + 5ms).empty());
    }
    SECTION("by cancel") {
        batch->cancel();
        while (closed == 0) {
            std::this_thread::yield();
        }
        CHECK(batch->wait(SteadyClock::now()).empty());
    }
    SECTION("by the end of the batch; the test ends when the server sees it") {}
}

TEST_CASE("a signal ends the waiting for a batch") {
    ClientFixture fixture;
    SocketServer server([&](Peer& peer) {
        peer.read_request();
        fixture.interrupt.signal();
        peer.wait_for_close();
    });
    const auto batch = fixture.client->open_batch();
    batch->start(1, request_to(server.url()));
    const auto start = SteadyClock::now();
    CHECK_THROWS_AS(all_outcomes(*batch, 1), Interrupted);
    CHECK(SteadyClock::now() - start < 4s);
    CHECK_THROWS_AS(batch->start(2, request_to(server.url())), Interrupted);
}

TEST_CASE("with nothing under way a batch waits as long as it is told, or until a signal") {
    ClientFixture fixture;
    const auto batch = fixture.client->open_batch();
    const auto start = SteadyClock::now();
    CHECK(batch->wait(start + 30ms).empty());
    CHECK(SteadyClock::now() - start >= 30ms);
    fixture.interrupt.signal();
    CHECK_THROWS_AS(batch->wait(start + 60s), Interrupted);
}

TEST_CASE("a fresh connection each time, in a batch too") {
    SocketServer server(always(ok("fine")));
    ClientFixture fixture;
    const auto batch = fixture.client->open_batch();
    for (std::uint64_t ticket = 0; ticket < 4; ++ticket) {
        batch->start(ticket, request_to(server.url()));
        CHECK(all_outcomes(*batch, 1).front().ticket == ticket);
    }
    CHECK(server.connections() == 4);
}

TEST_CASE("an answer that stands still ends its own request only") {
    http::ClientSettings settings;
    settings.stall_window = 200ms;
    ClientFixture fixture(settings);
    SocketServer server([&](Peer& peer) {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab");
        peer.wait_for_close();
    });
    const auto batch = fixture.client->open_batch();
    batch->start(7, request_to(server.url()));
    const auto outcome = std::move(all_outcomes(*batch, 1).front());
    CHECK(outcome.ticket == 7);
    CHECK_THAT(std::get<TransportError>(outcome.result).because(),
               ContainsSubstring("stood still"));
}

}  // namespace headway::test
