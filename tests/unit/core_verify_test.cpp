#include <catch2/catch_test_macros.hpp>

#include "core/verify.hpp"
#include "fakes.hpp"

using namespace headway;
using namespace headway::core;
using fakes::FakeHttp;
using std::chrono::milliseconds;

namespace {

const ProbeSubject k_subject{.environment = "staging",
                             .commit = "1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d"};

struct Bench {
    Bench() {
        configuration.deadline = milliseconds(10'000);
        configuration.interval = milliseconds(1'000);
        configuration.consecutive = 3;
        ProbeConfiguration probe;
        probe.url = "http://127.0.0.1/health";
        configuration.probes = {probe};
    }
    VerifyReport run() { return verify(http, clock, trace, configuration, k_subject); }

    FakeHttp http;
    fakes::FakeClock clock;
    fakes::FakeTrace trace;
    VerifyConfiguration configuration;
};

}  // namespace

TEST_CASE("healthy means so many times in a row, each over a fresh connection") {
    Bench bench;
    bench.http.script = {FakeHttp::reply(200)};
    const VerifyReport report = bench.run();
    CHECK(report.verdict == Verdict::healthy);
    CHECK(report.rounds == 3);
    CHECK(report.duration == milliseconds(2'000));
    CHECK(report.words == "healthy 3 times in a row, its version was not checked");
    for (const HttpRequest& request : bench.http.requests) {
        CHECK(request.connection == Connection::fresh);
    }
    CHECK(bench.trace.lines == std::vector<std::string>{"health: healthy: 200"});
}

TEST_CASE("a streak that breaks starts again") {
    Bench bench;
    bench.http.script = {FakeHttp::reply(200), FakeHttp::reply(200), FakeHttp::reply(503),
                         FakeHttp::reply(200)};
    const VerifyReport report = bench.run();
    CHECK(report.verdict == Verdict::healthy);
    CHECK(report.rounds == 6);
    CHECK(bench.trace.lines == std::vector<std::string>{"health: healthy: 200",
                                                        "health: not healthy: status 503, not 200",
                                                        "health: healthy: 200"});
}

TEST_CASE("a 200 of the old version is not the new one") {
    Bench bench;
    bench.configuration.probes.front().json = {{"/version", "${short_commit}"}};
    bench.http.script = {FakeHttp::reply(200, R"({"version":"00000000"})")};
    VerifyReport report = bench.run();
    CHECK(report.verdict == Verdict::unhealthy);
    CHECK(report.words ==
          "health at http://127.0.0.1/health: 200, but /version is 00000000, not 1a2b3c4d");
    CHECK(report.duration <= bench.configuration.deadline);
    CHECK(report.rounds == 10);

    bench.http.script = {FakeHttp::reply(200, R"({"version":"1a2b3c4d"})")};
    report = bench.run();
    CHECK(report.words == "healthy 3 times in a row, version 1a2b3c4d");
    CHECK(report.version_proven);
}

TEST_CASE("the deadline cuts the request that is under way") {
    Bench bench;
    bench.http.script = {[&](const HttpRequest& request) -> HttpResponse {
        bench.clock.pass(request.timeout);
        throw TransportError(TransportFault::timeout, "no answer", "it took too long", {});
    }};
    bench.configuration.deadline = milliseconds(15'000);
    const VerifyReport report = bench.run();
    CHECK(report.verdict == Verdict::unhealthy);
    CHECK(report.duration == milliseconds(15'000));
    REQUIRE(bench.http.requests.size() == 2);
    CHECK(bench.http.requests[0].timeout == milliseconds(10'000));
    CHECK(bench.http.requests[1].timeout == milliseconds(5'000));
    CHECK(report.words == "health at http://127.0.0.1/health: no answer: it took too long");
}

TEST_CASE("all probes have to be healthy in the same round") {
    Bench bench;
    ProbeConfiguration smoke;
    smoke.name = "smoke";
    smoke.url = "http://127.0.0.1/smoke";
    bench.configuration.probes.push_back(smoke);
    bench.http.script = {[](const HttpRequest& request) {
        return FakeHttp::reply(request.url.ends_with("/smoke") ? 500 : 200)(request);
    }};
    const VerifyReport report = bench.run();
    CHECK(report.verdict == Verdict::unhealthy);
    CHECK(report.words == "smoke at http://127.0.0.1/smoke: status 500, not 200");
}

TEST_CASE("healthy too late is told as such") {
    Bench bench;
    bench.configuration.consecutive = 20;
    bench.http.script = {FakeHttp::reply(200)};
    const VerifyReport report = bench.run();
    CHECK(report.verdict == Verdict::unhealthy);
    CHECK(report.words == "healthy only 10 of 20 times in a row when the deadline came");
}
