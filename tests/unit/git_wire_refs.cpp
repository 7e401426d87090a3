#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "git/capabilities.hpp"
#include "git/ls_refs.hpp"
#include "git/ref_name.hpp"
#include "git_wire_support.hpp"

namespace headway::git {

using test::cause_of;
using test::pkt;
using test::read_all;
using test::recorded;
using test::recorded_id;

namespace {

using Names = std::vector<std::string>;

const Names k_names{"HEAD", "refs/heads/main", "refs/headway/ledger/production", "refs/heads/none"};

Advertisement advertised(std::string_view body, Service service = Service::upload_pack,
                         std::size_t piece = 1U << 16U) {
    test::WireTrace trace;
    AdvertisementReader reader(service, {k_names.begin(), k_names.end()}, trace);
    read_all(reader, body, piece);
    return reader.advertisement();
}

RemoteRefs listed(std::string_view body, std::size_t piece = 1U << 16U,
                  const Names& names = k_names) {
    test::WireTrace trace;
    LsRefsReader reader(names, trace);
    read_all(reader, body, piece);
    return reader.refs();
}

std::string id(char digit) {
    return std::string(40, digit);
}

}  // namespace

TEST_CASE("names of refs are those that git accepts") {
    for (const std::string_view name :
         {"HEAD", "refs/heads/main", "refs/heads/_gitlab/agents/production", "refs/heads/a.b",
          "refs/heads/über", "refs/heads/@", "refs/heads/a@b", "refs/heads/a{b"}) {
        INFO(name);
        CHECK(is_ref_name(name));
    }
    for (const std::string_view name :
         {"",     "@",  "/",      "/a",       "a/",  "a//b", ".a",   "a/.b",
          "a..b", "a.", "a.lock", "a.lock/b", "a b", "a\nb", "a\tb", "a\x7f",
          "a~",   "a^", "a:",     "a?",       "a*",  "a[",   "a\\",  "a@{b"}) {
        INFO(name);
        CHECK_FALSE(is_ref_name(name));
    }
    CHECK_FALSE(is_ref_name(std::string_view("a\0b", 3)));
    CHECK(is_ref_name(std::string(k_max_ref_name, 'a')));
    CHECK_FALSE(is_ref_name(std::string(k_max_ref_name + 1, 'a')));
}

TEST_CASE("what a v2 server offers is read") {
    const std::size_t piece = GENERATE(1U, 5U, 1000U);
    const auto offer = advertised(recorded("capabilities_v2"), Service::upload_pack, piece);
    CHECK(offer.version == 2);
    CHECK(offer.capabilities.has("ls-refs"));
    CHECK(offer.capabilities.has_feature("fetch", "filter"));
    CHECK(offer.capabilities.has_feature("fetch", "shallow"));
    CHECK_FALSE(offer.capabilities.has_feature("fetch", "filt"));
    CHECK_FALSE(offer.capabilities.has_feature("fetch", ""));
    CHECK_FALSE(offer.capabilities.has("fetc"));
    CHECK(offer.capabilities.value("object-format") == "sha1");
    CHECK(offer.capabilities.value("nothing") == std::nullopt);
    // Some servers name the service in v2 as well.
    CHECK(advertised("001e# service=git-upload-pack\n0000" + recorded("capabilities_v2")).version ==
          2);
}

TEST_CASE("the refs of a v0 or v1 server are read") {
    const std::string name = GENERATE("advertisement_v0", "advertisement_v1");
    const std::size_t piece = GENERATE(1U, 5U, 1000U);
    const auto offer = advertised(recorded(name), Service::upload_pack, piece);
    CHECK(offer.version == 0);
    CHECK(offer.capabilities.has("side-band-64k"));
    CHECK(offer.capabilities.has("filter"));
    CHECK(offer.refs.tips.size() == 3);
    CHECK(offer.refs.find("refs/heads/main") == recorded_id("c6"));
    CHECK(offer.refs.find("HEAD") == recorded_id("c6"));
    CHECK(offer.refs.find("refs/headway/ledger/production") == recorded_id("event3"));
    CHECK(offer.refs.head_target == "refs/heads/main");
}

TEST_CASE("what a server takes in a push is in its first line") {
    const std::string body = recorded("advertisement_receive");
    const auto offer = advertised(body, Service::receive_pack);
    CHECK(offer.capabilities.has("atomic"));
    CHECK(offer.capabilities.has("push-options"));
    CHECK(offer.capabilities.has("report-status"));

    test::WireTrace trace;
    AdvertisementReader reader(Service::receive_pack, {}, trace);
    CHECK(reader.take(body) == BodyDemand::more);
    CHECK(reader.take(std::string(70'000, 'x')) == BodyDemand::enough);
    CHECK_NOTHROW(reader.end());
}

TEST_CASE("an empty repository has no refs") {
    CHECK(
        advertised(pkt(id('0') + " capabilities^{}" + std::string(1, '\0') + "agent=x\n") + "0000")
            .refs.tips.empty());
    CHECK(advertised("001e# service=git-upload-pack\n00000000").refs.tips.empty());
    CHECK(listed("0000").tips.empty());
}

TEST_CASE("peeled tags and shallow lines of v0 are passed over") {
    const auto refs =
        advertised(pkt(id('1') + " refs/heads/main" + std::string(1, '\0')) +
                   pkt(id('2') + " refs/tags/v1\n") + pkt(id('3') + " refs/tags/v1^{}\n") +
                   pkt("shallow " + id('4') + "\n") + "0000")
            .refs;
    REQUIRE(refs.tips.size() == 1);
    CHECK(refs.tips[0].id.hex() == id('1'));
}

TEST_CASE("ls-refs asks for exactly what is needed") {
    CHECK(ls_refs_request(Names{"refs/heads/main"}) ==
          "0014command=ls-refs\n0001001fref-prefix refs/heads/main\n0000");
    CHECK(ls_refs_request(Names{"HEAD"}) ==
          "0014command=ls-refs\n0001000csymrefs\n0014ref-prefix HEAD\n0000");
    CHECK_THROWS_AS(ls_refs_request(Names{"refs/heads/a\nwant x"}), Error);
}

TEST_CASE("of a fleet ls-refs asks for what the names have in common") {
    const auto fleet = [](const std::string& start, int count) {
        Names names{"HEAD", "refs/heads/main"};
        for (int number = 0; number < count; ++number) {
            names.push_back(start + std::to_string(number));
        }
        return names;
    };
    const std::string head =
        "0014command=ls-refs\n0001000csymrefs\n0014ref-prefix HEAD\n"
        "001fref-prefix refs/heads/main\n";
    CHECK(ls_refs_request(fleet("refs/heads/agents/edge-", 100)) ==
          head + "0027ref-prefix refs/heads/agents/edge-\n0000");
    CHECK(ls_refs_request(fleet("refs/heads/agents/", 100)) ==
          head + "0022ref-prefix refs/heads/agents/\n0000");
    // All branches would be too much, and a few names are few.
    CHECK(ls_refs_request(fleet("refs/heads/", 100)).size() > 100 * 20);
    CHECK(ls_refs_request(fleet("refs/heads/agents/edge-", 2)) ==
          head + "0028ref-prefix refs/heads/agents/edge-0\n" +
              "0028ref-prefix refs/heads/agents/edge-1\n0000");
}

TEST_CASE("the answer to ls-refs is picked by exact names") {
    const std::size_t piece = GENERATE(1U, 5U, 1000U);
    const auto refs = listed(recorded("ls_refs_main"), piece);
    CHECK(refs.tips.size() == 2);  // not refs/heads/main-2
    CHECK(refs.find("refs/heads/main") == recorded_id("c6"));
    CHECK_FALSE(refs.head_target);
    CHECK(listed(recorded("ls_refs_head"), piece).head_target == "refs/heads/main");
    CHECK(listed(pkt("unborn HEAD symref-target:refs/heads/main\n") + "0000").tips.empty());
}

TEST_CASE("each beginning of a list of refs is refused") {
    for (const std::string_view name :
         {"capabilities_v2", "advertisement_v0", "advertisement_v1"}) {
        const std::string body = recorded(name);
        // "# service" and a flush could be all that an empty v0 repository tells with one more.
        test::check_every_prefix_fails(body, [](std::string_view part) { (void)advertised(part); });
    }
    for (const std::string_view name : {"ls_refs_main", "ls_refs_head"}) {
        test::check_every_prefix_fails(recorded(name),
                                       [](std::string_view part) { (void)listed(part); });
    }
}

TEST_CASE("flipped bits of a list of refs end in refs or in an error") {
    for (const std::string_view name :
         {"capabilities_v2", "advertisement_v0", "advertisement_receive"}) {
        (void)test::flip_every_bit(recorded(name), [](std::string_view flipped) {
            (void)advertised(flipped);
            (void)advertised(flipped, Service::receive_pack);
        });
    }
    const std::string body = recorded("ls_refs_main");
    const std::size_t accepted = test::flip_every_bit(body, [](std::string_view flipped) {
        for (const RefTip& tip : listed(flipped).tips) {
            REQUIRE(is_ref_name(tip.name));
        }
    });
    CHECK(accepted < body.size() * 8);
}

TEST_CASE("malformed lists of refs are refused") {
    const std::string good = pkt(id('1') + " refs/heads/main" + std::string(1, '\0') + "a b\n");
    const std::vector<std::string> bodies{
        good + pkt(id('2') + " refs/heads/main\n") + "0000",
        good + pkt(id('z') + " refs/heads/x\n") + "0000",
        good + pkt(id('0') + " refs/heads/x\n") + "0000",
        good + pkt(id('2') + "0 refs/heads/x\n") + "0000",
        good + pkt(id('2') + " refs/heads/x..y\n") + "0000",
        good + pkt(id('2') + "\n") + "0000",
        good + "0001" + "0000",
        good + "0000" + good,
        pkt(id('1') + " refs/heads/main\n") + "0000",
        pkt("# service=git-receive-pack\n") + "0000" + good + "0000",
        pkt("# service=git-upload-pack\n") + good + "0000",
        pkt("version 2\n") + "0001" + "0000",
        std::string("0001"),
        std::string("<!DOCTYPE html><html>"),
    };
    for (const std::string& body : bodies) {
        INFO(body);
        CHECK_THROWS_AS(advertised(body), ProtocolError);
    }
    const std::vector<std::string> more_bodies{
        pkt(id('1') + " refs/heads/main\n") + pkt(id('1') + " refs/heads/main\n") + "0000",
        pkt(id('1')) + "0000",
        pkt("x refs/heads/main") + "0000",
        pkt(id('1') + " refs/heads/ma in..") + "0000x",
        pkt(id('1') + " -\x1b") + "0000",
        std::string("0000") + "0000",
        std::string("0001"),
    };
    for (const std::string& body : more_bodies) {
        INFO(body);
        CHECK_THROWS_AS(listed(body), ProtocolError);
    }
}

TEST_CASE("a server's refusal is told in its words") {
    CHECK(cause_of([] { (void)advertised(pkt("ERR no such repository\n")); }) ==
          "no such repository");
    CHECK(cause_of([] { (void)listed(pkt("ERR go away\n")); }) == "go away");
}

TEST_CASE("a SHA-256 repository is refused with the reason") {
    for (const std::string& body :
         {pkt("version 2\n") + pkt("object-format=sha256\n") + "0000",
          pkt(std::string(64, '1') + " HEAD" + std::string(1, '\0') + "object-format=sha256\n")}) {
        try {
            (void)advertised(body);
            FAIL("nothing was thrown");
        } catch (const Error& error) {
            CHECK(error.code() == ExitCode::refused);
            CHECK(std::string(error.what()).find("sha256") != std::string::npos);
            CHECK_FALSE(error.hints().empty());
        }
    }
}

TEST_CASE("an endless list of capabilities or refs is refused") {
    test::WireTrace trace;
    AdvertisementReader reader(Service::upload_pack, {}, trace);
    (void)reader.take(pkt("version 2\n"));
    CHECK_THROWS_AS(
        [&] {
            for (int line = 0; line < 2000; ++line) {
                (void)reader.take(pkt("word\n"));
            }
        }(),
        ProtocolError);

    AdvertisementReader refs(Service::upload_pack, {}, trace);
    const std::string ref = pkt(id('1') + " refs/heads/x" + std::string(1, '\0'));
    CHECK_THROWS_AS(
        [&] {
            for (std::size_t line = 0; line <= AdvertisementReader::k_max_lines; ++line) {
                (void)refs.take(line == 0 ? ref : pkt(id('1') + " refs/heads/x"));
            }
        }(),
        ProtocolError);
}

}  // namespace headway::git
