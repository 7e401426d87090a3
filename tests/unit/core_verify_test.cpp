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
constexpr std::string_view k_new = R"({"version":"1a2b3c4d"})";
constexpr std::string_view k_old = R"({"version":"00000000"})";

/// Writes down what it is told: "health 127.0.0.1: 200".
class FakeObserver final : public VerifyObserver {
public:
    void answered(const VerifyJob& job, const OriginReport& origin, News news) override {
        if (news == News::changed) {
            lines.push_back(origin.probe + " " + origin.address + ": " + origin.words);
        } else if (news == News::gone) {
            lines.push_back(job.name + ": " + origin.address + " is gone");
        }
    }
    void watching(const VerifyJob& job) override { lines.push_back(job.name + " is watched"); }

    std::vector<std::string> lines;
};

struct Bench {
    Bench() {
        http.clock = &clock;
        configuration.deadline = milliseconds(10'000);
        configuration.interval = milliseconds(1'000);
        configuration.consecutive = 3;
        add("health");
    }

    ProbeConfiguration& add(const std::string& name) {
        ProbeConfiguration probe;
        probe.name = name;
        probe.url = "http://app/" + name;
        configuration.probes.push_back(probe);
        return configuration.probes.back();
    }
    void expect_version() {
        configuration.probes.front().json = {{"/version", Comparison::equals, "${short_commit}"}};
    }
    [[nodiscard]] VerifyJob job() const {
        VerifyJob job{"staging", configuration, k_subject, {}};
        for (const ProbeConfiguration& probe : configuration.probes) {
            job.requests.push_back(prepare(probe, k_subject, {}));
        }
        return job;
    }
    VerifyReport run() {
        const std::vector<VerifyJob> jobs{job()};
        return verify({http, clock, observer, [this] { return random; }}, jobs).front().value();
    }
    /// Every name has these addresses.
    void resolve_to(std::vector<std::string> addresses) {
        http.look_up = [addresses = std::move(addresses)](const std::string&) {
            return Resolution{addresses, false, false, milliseconds(0)};
        };
    }
    /// Answers by address: 'n' as the new version, 'o' as the old one, 'd' not at all; the last
    /// letter goes on.
    void answer_by_address(const std::map<std::string, std::string>& letters) {
        const auto asked = std::make_shared<std::map<std::string, std::size_t>>();
        http.script = {[letters, asked](const HttpRequest& request) {
            const std::string& answers = letters.at(request.address);
            const std::size_t index = (*asked)[request.address]++;
            const char letter = answers.at(std::min(index, answers.size() - 1));
            if (letter == 'd') {
                throw TransportError(TransportFault::connect, "cannot reach app", "refused", {});
            }
            return FakeHttp::reply(200, std::string(letter == 'n' ? k_new : k_old))(request);
        }};
    }

    FakeHttp http;
    fakes::FakeClock clock;
    FakeObserver observer;
    VerifyConfiguration configuration;
    double random = 0.0;
};

}  // namespace

TEST_CASE("converged means so many times in a row, each over a fresh connection") {
    Bench bench;
    bench.http.script = {FakeHttp::reply(200)};
    const VerifyReport report = bench.run();
    CHECK(report.outcome == Outcome::converged);
    CHECK(report.requests == 3);
    CHECK(report.duration == milliseconds(2'000));
    CHECK(report.words == "healthy 3 times in a row, its version was not checked");
    CHECK_FALSE(report.version_proven);
    CHECK(report.failing() == nullptr);
    for (const HttpRequest& request : bench.http.requests) {
        CHECK(request.connection == Connection::fresh);
        CHECK(request.address == "127.0.0.1");
    }
    CHECK(bench.observer.lines == std::vector<std::string>{"health 127.0.0.1: 200"});
}

TEST_CASE("jitter makes a round come earlier, by a quarter of the interval at most") {
    Bench bench;
    bench.random = 1.0;
    bench.http.script = {FakeHttp::reply(200)};
    CHECK(bench.run().duration == milliseconds(1'500));
}

TEST_CASE("a streak that breaks starts again") {
    Bench bench;
    bench.http.script = {FakeHttp::reply(200), FakeHttp::reply(200), FakeHttp::reply(503),
                         FakeHttp::reply(200)};
    const VerifyReport report = bench.run();
    CHECK(report.outcome == Outcome::converged);
    CHECK(report.requests == 6);
    CHECK(bench.observer.lines == std::vector<std::string>{"health 127.0.0.1: 200",
                                                           "health 127.0.0.1: status 503, not 200",
                                                           "health 127.0.0.1: 200"});
}

TEST_CASE("a 200 of the old version is still old") {
    Bench bench;
    bench.expect_version();
    bench.http.script = {FakeHttp::reply(200, std::string(k_old))};
    VerifyReport report = bench.run();
    CHECK(report.outcome == Outcome::still_old);
    CHECK(report.words ==
          "health at http://app/health: 200, but /version is 00000000, not 1a2b3c4d");
    CHECK(report.duration <= bench.configuration.deadline);
    CHECK(report.requests == 10);
    CHECK(report.failing()->evidence.body == std::string(k_old) + "\n");

    bench.http.script = {FakeHttp::reply(200, std::string(k_new))};
    report = bench.run();
    CHECK(report.words == "healthy 3 times in a row, version 1a2b3c4d");
    CHECK(report.version_proven);
}

TEST_CASE("every address of a name has to converge") {
    Bench bench;
    bench.expect_version();
    bench.resolve_to({"10.0.0.1", "10.0.0.2", "fd00::1"});
    bench.answer_by_address({{"10.0.0.1", "n"}, {"10.0.0.2", "oonnon"}, {"fd00::1", "ddn"}});
    const VerifyReport report = bench.run();
    CHECK(report.outcome == Outcome::converged);
    CHECK(report.words == "healthy 3 times in a row at each of 3 addresses, version 1a2b3c4d");
    REQUIRE(report.origins.size() == 3);
    CHECK(report.origins[1].address == "10.0.0.2");
    CHECK(report.origins[1].requests == 8);
    CHECK(report.duration == milliseconds(7'000));
}

TEST_CASE("one address that stays old makes it mixed") {
    Bench bench;
    bench.expect_version();
    bench.resolve_to({"10.0.0.1", "10.0.0.2"});
    bench.answer_by_address({{"10.0.0.1", "n"}, {"10.0.0.2", "o"}});
    const VerifyReport report = bench.run();
    CHECK(report.outcome == Outcome::mixed);
    CHECK(report.words ==
          "health at http://app/health (10.0.0.2): 200, but /version is 00000000, not 1a2b3c4d; "
          "1 of 2 addresses have converged");
}

TEST_CASE("old and new in turn are mixed") {
    Bench bench;
    bench.expect_version();
    bench.answer_by_address({{"127.0.0.1", "nonononononono"}});
    const VerifyReport report = bench.run();
    CHECK(report.outcome == Outcome::mixed);
    CHECK(report.words ==
          "health at http://app/health: old and new answer in turn; the last: 200, but /version is "
          "00000000, not 1a2b3c4d");
}

TEST_CASE("addresses come and go") {
    Bench bench;
    bench.expect_version();
    bench.http.look_up = [&](const std::string&) {
        const bool before = bench.http.look_ups < 3;
        return Resolution{
            {"10.0.0.1", before ? "10.0.0.2" : "10.0.0.3"}, false, false, milliseconds(0)};
    };
    bench.answer_by_address({{"10.0.0.1", "n"}, {"10.0.0.2", "o"}, {"10.0.0.3", "n"}});
    const VerifyReport report = bench.run();
    CHECK(report.outcome == Outcome::converged);
    REQUIRE(report.origins.size() == 2);
    CHECK(report.origins[1].address == "10.0.0.3");
    CHECK(report.origins[1].streak == 3);
    CHECK(std::find(bench.observer.lines.begin(), bench.observer.lines.end(),
                    "staging: 10.0.0.2 is gone") != bench.observer.lines.end());
}

TEST_CASE("a name without addresses is unreachable, until it has some") {
    Bench bench;
    const auto fail = [](const std::string&) -> Resolution {
        throw TransportError(TransportFault::resolve, "cannot reach app", "no address", {});
    };
    bench.http.look_up = fail;
    VerifyReport report = bench.run();
    CHECK(report.outcome == Outcome::unreachable);
    CHECK(report.words == "health at http://app/health: cannot reach app: no address");
    CHECK(bench.http.requests.empty());

    bench.http.script = {FakeHttp::reply(200)};
    bench.http.look_ups = 0;
    bench.http.look_up = [&](const std::string& url) {
        return bench.http.look_ups < 3 || bench.http.look_ups > 3
                   ? fail(url)
                   : Resolution{{"10.0.0.1"}, false, false, milliseconds(0)};
    };
    report = bench.run();
    CHECK(report.outcome == Outcome::converged);  // A failed look-up keeps what was known.
    REQUIRE(report.origins.size() == 1);
    CHECK(report.origins[0].address == "10.0.0.1");
}

TEST_CASE("an address that this machine has no way to is left out, if there is another one") {
    Bench bench;
    bench.resolve_to({"10.0.0.1", "fd00::1"});
    bench.http.script = {[](const HttpRequest& request) {
        if (request.address == "fd00::1") {
            throw TransportError(TransportFault::no_route, "cannot reach app", "no route", {});
        }
        return FakeHttp::reply(200)(request);
    }};
    VerifyReport report = bench.run();
    CHECK(report.outcome == Outcome::converged);
    CHECK(report.origins.size() == 1);
    bench.resolve_to({"fd00::1"});
    report = bench.run();
    CHECK(report.outcome == Outcome::unreachable);
}

TEST_CASE("a proxy is one origin, and looks the name up by itself") {
    Bench bench;
    bench.http.look_up = [](const std::string&) {
        return Resolution{{}, true, false, milliseconds(0)};
    };
    bench.http.script = {FakeHttp::reply(200)};
    const VerifyReport report = bench.run();
    CHECK(report.outcome == Outcome::converged);
    CHECK(report.origins[0].address == "proxy");
    CHECK(bench.http.requests[0].address.empty());
    CHECK(bench.http.look_ups == 1);
}

TEST_CASE("localhost is one origin, whichever address of it answers") {
    Bench bench;
    bench.http.look_up = [](const std::string&) {
        return Resolution{{}, false, true, milliseconds(0)};
    };
    bench.http.script = {FakeHttp::reply(200)};
    const VerifyReport report = bench.run();
    CHECK(report.outcome == Outcome::converged);
    CHECK(report.origins[0].address == "localhost");
    CHECK(bench.http.requests[0].address.empty());
}

TEST_CASE("addresses and sockets that are named are asked without a look-up") {
    Bench bench;
    bench.configuration.probes.front().addresses = {"10.0.0.1", "10.0.0.2"};
    bench.add("local").unix_socket = "/run/app.sock";
    bench.http.script = {FakeHttp::reply(200)};
    const VerifyReport report = bench.run();
    CHECK(report.outcome == Outcome::converged);
    REQUIRE(report.origins.size() == 3);
    CHECK(report.origins[2].address == "unix:/run/app.sock");
    CHECK(bench.http.look_ups == 0);
    CHECK(bench.http.requests[2].unix_socket == "/run/app.sock");
    CHECK(bench.http.requests[2].address.empty());
}

TEST_CASE("the deadline cuts the request that is under way") {
    Bench bench;
    bench.http.script = {[&](const HttpRequest& request) -> HttpResponse {
        bench.clock.pass(request.timeout);
        throw TransportError(TransportFault::timeout, "no answer", "it took too long", {});
    }};
    bench.configuration.deadline = milliseconds(15'000);
    const VerifyReport report = bench.run();
    CHECK(report.outcome == Outcome::unreachable);
    CHECK(report.duration == milliseconds(15'000));
    REQUIRE(bench.http.requests.size() == 2);
    CHECK(bench.http.requests[0].timeout == milliseconds(10'000));
    CHECK(bench.http.requests[1].timeout == milliseconds(5'000));
    CHECK(report.words == "health at http://app/health: no answer: it took too long");
}

TEST_CASE("what the deadline cut off does not hide what was answered before") {
    // It may also be the connection or the handshake that had too little time.
    for (const TransportFault fault :
         {TransportFault::timeout, TransportFault::connect, TransportFault::tls}) {
        Bench bench;
        bench.expect_version();
        bench.http.script = {FakeHttp::reply(200, std::string(k_old)),
                             [&](const HttpRequest& request) -> HttpResponse {
                                 bench.clock.pass(request.timeout);
                                 throw TransportError(fault, "no answer", "", {});
                             }};
        CHECK(bench.run().outcome == Outcome::still_old);
    }
}

TEST_CASE("a refusal shortly before the deadline counts") {
    Bench bench;
    bench.http.script = {FakeHttp::reply(500),
                         FakeHttp::failure(TransportFault::connect, "cannot reach app")};
    bench.configuration.deadline = milliseconds(1'500);
    CHECK(bench.run().outcome == Outcome::unreachable);
}

TEST_CASE("Retry-After is respected, and told") {
    Bench bench;
    bench.http.script = {[](const HttpRequest&) {
                             HttpResponse response;
                             response.status = 503;
                             response.retry_after = std::chrono::seconds(5);
                             return response;
                         },
                         FakeHttp::reply(200)};
    VerifyReport report = bench.run();
    CHECK(report.outcome == Outcome::converged);
    CHECK(report.duration == milliseconds(7'000));
    CHECK(bench.observer.lines.front() ==
          "health 127.0.0.1: status 503, not 200, and it asks to come back in 5 s");

    bench.http.script = {[](const HttpRequest&) {
        HttpResponse response;
        response.status = 503;
        response.retry_after = std::chrono::seconds(60);
        return response;
    }};
    report = bench.run();
    CHECK(report.outcome == Outcome::unhealthy);
    CHECK(report.duration == milliseconds(0));  // There is nothing left to wait for.
}

TEST_CASE("all probes have to converge") {
    Bench bench;
    bench.add("smoke");
    bench.http.script = {[](const HttpRequest& request) {
        return FakeHttp::reply(request.url.ends_with("/smoke") ? 500 : 200)(request);
    }};
    const VerifyReport report = bench.run();
    CHECK(report.outcome == Outcome::unhealthy);
    CHECK(report.words == "smoke at http://app/smoke: status 500, not 200");
}

TEST_CASE("healthy too late is told as such") {
    Bench bench;
    bench.configuration.consecutive = 20;
    bench.http.script = {FakeHttp::reply(200)};
    const VerifyReport report = bench.run();
    CHECK(report.outcome == Outcome::unhealthy);
    CHECK(report.words ==
          "health at http://app/health: healthy only 10 of 20 times in a row when the deadline "
          "came");
}

TEST_CASE("after convergence it is watched, and the first regression fails") {
    Bench bench;
    bench.configuration.watch = milliseconds(60'000);
    bench.http.script = {FakeHttp::reply(200)};
    VerifyReport report = bench.run();
    CHECK(report.outcome == Outcome::converged);
    CHECK(report.watched == milliseconds(60'000));
    CHECK(report.words ==
          "healthy 3 times in a row, its version was not checked, and for 60 s after that");
    CHECK(bench.observer.lines.back() == "staging is watched");

    bench.http.script = {FakeHttp::reply(200), FakeHttp::reply(200), FakeHttp::reply(200),
                         FakeHttp::reply(200), FakeHttp::reply(500), FakeHttp::reply(200)};
    report = bench.run();
    CHECK(report.outcome == Outcome::unhealthy);
    CHECK(report.regressed);
    CHECK(report.watched == milliseconds(2'000));
    CHECK(report.words ==
          "it regressed 2.0 s after it had converged: health at http://app/health: status 500, not "
          "200");
}

TEST_CASE("jobs run at the same time, and a failure may end them all") {
    Bench bench;
    VerifyJob good = bench.job();
    VerifyJob slow = bench.job();
    bench.configuration.probes.front().url = "http://app/bad";
    VerifyJob bad = bench.job();
    bad.name = "bad";
    bad.configuration.deadline = milliseconds(1'500);
    slow.configuration.consecutive = 8;
    bench.http.script = {[](const HttpRequest& request) {
        return FakeHttp::reply(request.url.ends_with("/bad") ? 500 : 200)(request);
    }};
    const VerifyActors actors{bench.http, bench.clock, bench.observer, [] { return 0.0; }};
    const std::vector<VerifyJob> jobs{good, bad, slow};
    auto reports = verify(actors, jobs, Until::a_failure);
    CHECK_FALSE(reports[0]);
    CHECK(reports[1].value().outcome == Outcome::unhealthy);
    CHECK_FALSE(reports[2]);
    reports = verify(actors, jobs);
    CHECK(reports[0].value().duration == milliseconds(2'000));
    CHECK(reports[1].value().outcome == Outcome::unhealthy);
    CHECK(reports[2].value().duration == milliseconds(7'000));
}
