#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "git/push_report.hpp"
#include "git_wire_support.hpp"

namespace headway::git {

using test::pkt;
using test::recorded;
using test::recorded_id;

namespace {

const std::string k_staging = "refs/heads/staging";
const std::string k_ledger = "refs/headway/ledger/production";

std::vector<RefUpdate> two_updates() {
    return {{k_staging, recorded_id("c4"), recorded_id("c6")},
            {k_ledger, recorded_id("event3"), recorded_id("event2")}};
}

PushReport read_report(std::string_view body, std::size_t piece = 1U << 16U,
                       const std::vector<RefUpdate>& updates = two_updates()) {
    test::WireTrace trace;
    PushReportReader reader(updates, trace);
    test::read_all(reader, body, piece);
    return reader.report();
}

std::string banded(std::string_view report) {
    return pkt("\1" + std::string(report)) + "0000";
}

}  // namespace

TEST_CASE("the commands of a push are git's") {
    const auto updates = two_updates();
    const std::string first = updates[0].expected.hex() + " " + updates[0].desired.hex() + " " +
                              k_staging + std::string(1, '\0') + " report-status atomic";
    const std::string second =
        updates[1].expected.hex() + " " + updates[1].desired.hex() + " " + k_ledger;
    CHECK(push_commands(updates, "report-status atomic", {}) == pkt(first) + pkt(second) + "0000");
    const std::vector<std::string> options{"ci.skip", "x=y z"};
    CHECK(push_commands(updates, "report-status atomic", options) ==
          pkt(first) + pkt(second) + "0000" + pkt("ci.skip") + pkt("x=y z") + "0000");
}

TEST_CASE("a push that could mean something else is not sent") {
    auto updates = two_updates();
    const std::vector<std::string> newline{"a\nb"};
    CHECK_THROWS_AS(push_commands(updates, "x", newline), Error);
    updates[1].ref = k_staging;
    CHECK_THROWS_AS(push_commands(updates, "x", {}), Error);
    updates[1].ref = "refs/heads/a b";
    CHECK_THROWS_AS(push_commands(updates, "x", {}), Error);
    updates[1].ref = std::string("refs/heads/a\0atomic", 19);
    CHECK_THROWS_AS(push_commands(updates, "x", {}), Error);
}

TEST_CASE("an accepted push is reported") {
    const std::size_t piece = GENERATE(1U, 3U, 10U, 1U << 16U);
    const auto report = read_report(recorded("push_accepted"), piece);
    CHECK(report.all_accepted());
    REQUIRE(report.refs.size() == 2);
    CHECK(report.refs[0].ref == k_staging);
    CHECK(report.refs[1].ref == k_ledger);
    CHECK(report.server_messages.empty());
    CHECK(read_report(recorded("push_plain"), piece, {two_updates()[0]}).all_accepted());
}

TEST_CASE("a hook's refusal and its words are reported") {
    const std::size_t piece = GENERATE(1U, 3U, 10U, 1U << 16U);
    const auto report = read_report(recorded("push_declined"), piece);
    CHECK_FALSE(report.any_accepted());
    CHECK(report.refs[0].outcome == RefOutcome::rejected);
    CHECK(report.refs[0].reason == "pre-receive hook declined");
    CHECK(report.server_messages ==
          std::vector<std::string>{
              "GitLab: You are not allowed to push code to protected branches on this project."});
}

TEST_CASE("a lost race is reported") {
    const auto report = read_report(recorded("push_lost_race"));
    CHECK(report.refs[0].reason == "atomic transaction failed");
    REQUIRE(report.server_messages.size() == 1);
    CHECK(report.server_messages[0].starts_with("error: cannot lock ref 'refs/heads/staging'"));
}

TEST_CASE("a ref that the report leaves out is unreported") {
    const auto report =
        read_report(banded(pkt("unpack ok\n") + pkt("ok " + k_ledger + "\n") + "0000"));
    CHECK(report.refs[0].outcome == RefOutcome::unreported);
    CHECK(report.refs[1].outcome == RefOutcome::accepted);
    CHECK_FALSE(report.all_accepted());
    CHECK(read_report(banded(pkt("unpack ok\n") + "0000")).refs[1].outcome ==
          RefOutcome::unreported);
}

TEST_CASE("what could not be unpacked is told") {
    const auto report = read_report(banded(pkt("unpack index-pack abnormal \x1b[0m exit\n") +
                                           pkt("ng " + k_staging + " unpacker error\n") +
                                           pkt("ng " + k_ledger) + "0000"));
    CHECK(report.unpack_error == "index-pack abnormal \\x1B[0m exit");
    CHECK(report.refs[1].reason == "no reason given");
    CHECK_FALSE(report.all_accepted());
    CHECK(read_report(banded(pkt("unpack\n") + "0000")).unpack_error == "unknown");
}

TEST_CASE("messages may come before and after the report") {
    const auto report =
        read_report(pkt("\2before\n") + pkt("\1" + pkt("unpack ok\n")) + pkt("\2between") +
                    pkt("\1" + std::string("0000")) + pkt("\2\nafter") + "0000");
    CHECK(report.server_messages == std::vector<std::string>{"before", "between", "after"});
}

TEST_CASE("each beginning of a report is refused") {
    for (const std::string_view name : {"push_accepted", "push_declined", "push_lost_race"}) {
        INFO(name);
        test::check_every_prefix_fails(recorded(name),
                                       [](std::string_view part) { (void)read_report(part); });
    }
    test::check_every_prefix_fails(recorded("push_plain"), [](std::string_view part) {
        (void)read_report(part, 99, {two_updates()[0]});
    });
}

TEST_CASE("no flipped bit turns a refusal into a success") {
    for (const std::string_view name : {"push_declined", "push_lost_race"}) {
        (void)test::flip_every_bit(recorded(name), [](std::string_view flipped) {
            const PushReport report = read_report(flipped);
            REQUIRE_FALSE(report.any_accepted());
        });
    }
    (void)test::flip_every_bit(recorded("push_accepted"),
                               [](std::string_view flipped) { (void)read_report(flipped); });
}

TEST_CASE("malformed reports are refused") {
    const std::string unpacked = pkt("unpack ok\n");
    const std::string accepted = pkt("ok " + k_staging + "\n");
    const std::vector<std::string> reports{
        std::string("0000"),
        accepted + "0000",
        unpacked + unpacked + "0000",
        unpacked + accepted + accepted + "0000",
        unpacked + accepted + pkt("ng " + k_staging + " no\n") + "0000",
        unpacked + pkt("ok refs/heads/other\n") + "0000",
        unpacked + pkt("ok\n") + "0000",
        unpacked + pkt("yes " + k_staging + "\n") + "0000",
        unpacked + "0001" + "0000",
        unpacked + accepted + "0000" + accepted,
        unpacked + accepted + "0000" + "0000",
        unpacked + accepted,
        std::string("<html>"),
    };
    for (const std::string& report : reports) {
        INFO(report);
        CHECK_THROWS_AS(read_report(banded(report)), ProtocolError);
        CHECK_THROWS_AS(read_report(report), ProtocolError);
    }
    CHECK_THROWS_AS(read_report(recorded("push_accepted") + "0000"), ProtocolError);
    CHECK_THROWS_AS(read_report(pkt("\1" + unpacked) + pkt("\5x") + "0000"), ProtocolError);
}

TEST_CASE("a report knows whether anything of it arrived") {
    test::WireTrace trace;
    const auto updates = two_updates();
    PushReportReader refused(updates, trace);
    CHECK_THROWS_AS((void)refused.take(pkt("ERR read-only\n")), ServerRefusal);
    CHECK_FALSE(refused.begun());
    PushReportReader stopped(updates, trace);
    (void)stopped.take(pkt("\2working\n"));
    CHECK_THROWS_AS((void)stopped.take(pkt("\3broken\n")), ServerRefusal);
    CHECK(stopped.begun());
}

}  // namespace headway::git
