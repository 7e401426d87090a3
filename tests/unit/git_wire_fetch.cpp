#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "git/fetch_answer.hpp"
#include "git/fetch_request.hpp"
#include "git_wire_support.hpp"

namespace headway::git {

using test::pkt;
using test::recorded;
using test::recorded_id;

namespace {

constexpr std::uint32_t k_any = 0xFFFFFFFF;

FetchAnswer read_answer(std::string_view body, FetchReader::Dialect dialect,
                        std::size_t piece = 1U << 16U, PackKeep keep = PackKeep::everything,
                        std::uint32_t abandon_above = k_any) {
    test::WireTrace trace;
    FetchReader reader(dialect, keep, abandon_above, trace);
    test::read_all(reader, body, piece);
    return std::move(reader.answer());
}

FetchReader::Dialect dialect_of(std::string_view name) {
    return name.find("v0") == std::string_view::npos ? FetchReader::Dialect::v2
                                                     : FetchReader::Dialect::v0;
}

bool holds(const FetchAnswer& answer, std::string_view name) {
    return std::any_of(answer.objects.begin(), answer.objects.end(),
                       [&](const PackObject& object) { return object.id == recorded_id(name); });
}

struct Recorded {
    const char* name;
    std::vector<std::string> objects;
    std::size_t shallow;
};

const std::vector<Recorded> k_answers{
    {"fetch_ancestor", {"event3"}, 0},     {"fetch_diverged", {"event3", "side"}, 0},
    {"fetch_hidden", {"event3", "c2"}, 0}, {"fetch_nothing", {}, 0},
    {"fetch_deepen", {"c6", "c5"}, 1},     {"fetch_root", {"c6", "tree6"}, 0},
    {"fetch_file", {"file6"}, 0},          {"fetch_v0", {"event3"}, 0},
    {"fetch_v0_deepen", {"event3"}, 2},    {"fetch_v0_raw", {"event3"}, 0},
};

}  // namespace

TEST_CASE("git's answers to a fetch are read, whatever pieces they come in") {
    const std::size_t piece = GENERATE(1U, 3U, 17U, 1U << 16U);
    for (const Recorded& item : k_answers) {
        INFO(item.name);
        const auto answer = read_answer(recorded(item.name), dialect_of(item.name), piece);
        CHECK(answer.objects.size() == item.objects.size());
        CHECK(answer.shallow.size() == item.shallow);
        CHECK_FALSE(answer.abandoned);
        for (const std::string& object : item.objects) {
            INFO(object);
            CHECK(holds(answer, object));
        }
    }
}

TEST_CASE("only commits are kept of an answer without a filter") {
    const auto answer =
        read_answer(recorded("fetch_all"), FetchReader::Dialect::v2, 99, PackKeep::commits);
    CHECK(answer.objects.size() == 6);
    CHECK(read_answer(recorded("fetch_all"), FetchReader::Dialect::v2).objects.size() > 12);
}

TEST_CASE("an answer with too many objects is given up at its header") {
    test::WireTrace trace;
    FetchReader reader(FetchReader::Dialect::v2, PackKeep::commits, 3, trace);
    CHECK(reader.take(recorded("fetch_all")) == BodyDemand::enough);
    reader.end();
    CHECK(reader.answer().abandoned);
    CHECK(reader.answer().objects.empty());
}

TEST_CASE("each beginning of an answer to a fetch is refused") {
    for (const Recorded& item : k_answers) {
        INFO(item.name);
        test::check_every_prefix_fails(recorded(item.name), [&](std::string_view part) {
            (void)read_answer(part, dialect_of(item.name));
        });
    }
}

TEST_CASE("flipped bits of an answer to a fetch end in its objects or in an error") {
    for (const Recorded& item : k_answers) {
        INFO(item.name);
        (void)test::flip_every_bit(recorded(item.name), [&](std::string_view flipped) {
            const auto answer = read_answer(flipped, dialect_of(item.name));
            REQUIRE(answer.objects.size() == item.objects.size());
            for (const std::string& object : item.objects) {
                REQUIRE(holds(answer, object));
            }
        });
    }
}

TEST_CASE("the server's refusals are told in its words") {
    CHECK(test::cause_of([] {
              (void)read_answer(recorded("fetch_unknown"), FetchReader::Dialect::v2);
          }) == "upload-pack: not our ref " + std::string(40, '1'));
    CHECK(test::cause_of([] {
              (void)read_answer(recorded("fetch_unknown"), FetchReader::Dialect::v0);
          }) == "upload-pack: not our ref " + std::string(40, '1'));
    CHECK(test::cause_of([] {
              (void)read_answer(pkt("packfile\n") + pkt("\3out of memory\n"),
                                FetchReader::Dialect::v2);
          }) == "out of memory");
}

TEST_CASE("messages beside a pack are kept") {
    const std::string body = recorded("fetch_nothing");
    const auto at = body.find("packfile\n") + 9;
    const auto answer =
        read_answer(body.substr(0, at) + pkt("\2hello ") + pkt("\2there\n") + body.substr(at),
                    FetchReader::Dialect::v2);
    CHECK(answer.messages == std::vector<std::string>{"hello there"});
}

TEST_CASE("sections that the client may pass over are passed over") {
    const auto answer = read_answer(
        pkt("acknowledgments\n") + pkt("NAK\n") + "0001" + pkt("shallow-info\n") +
            pkt("unshallow " + std::string(40, '2') + "\n") + "0001" + recorded("fetch_nothing"),
        FetchReader::Dialect::v2);
    CHECK(answer.objects.empty());
    CHECK(answer.shallow.empty());
}

TEST_CASE("malformed answers to a fetch are refused") {
    const std::string pack = recorded("fetch_nothing");
    const std::vector<std::string> bodies{
        std::string("0000"),
        std::string("0001") + pack,
        pkt("packfile-uris\n") + pack,
        pkt("shallow-info\n") + pkt("shallow xyz\n") + "0001" + pack,
        pkt("shallow-info\n") + pkt("deep " + std::string(40, '1')) + "0001" + pack,
        pkt("shallow-info\n") + "0000",
        pkt("packfile\n") + "0000",
        pkt("packfile\n") + pkt("\1PACK") + "0000",
        pkt("packfile\n") + pkt("\7PACK") + "0000",
        pkt("packfile\n") + pkt("PACK") + "0000",
        pack + "0000",
        pack + pkt("\1x"),
    };
    for (const std::string& body : bodies) {
        INFO(body);
        CHECK_THROWS_AS(read_answer(body, FetchReader::Dialect::v2), ProtocolError);
    }
    const std::string old = recorded("fetch_v0");
    const std::string raw = recorded("fetch_v0_raw");
    const std::vector<std::string> more_bodies{
        std::string("0000"),
        pkt("NAK\n") + "0000",
        pkt("NAK\n") + "0001",
        pkt("NOK\n") + old,
        pkt("NAK\n") + pkt("\1PACK") + "0000",
        old + "0000",
        raw + "x",
        raw + "0000",
        std::string("PACK"),
    };
    for (const std::string& body : more_bodies) {
        INFO(body);
        CHECK_THROWS_AS(read_answer(body, FetchReader::Dialect::v0), ProtocolError);
    }
}

TEST_CASE("a v2 fetch is asked in one round") {
    const ObjectId one = ObjectId::parse(std::string(40, '1')).value();
    const ObjectId two = ObjectId::parse(std::string(40, '2')).value();
    CHECK(fetch_body_v2(
              {.wants = {one}, .haves = {two}, .shallow = {one}, .depth = 0, .filter = "tree:0"}) ==
          pkt("command=fetch\n") + "0001" + pkt("no-progress\n") + pkt("ofs-delta\n") +
              pkt("want " + one.hex() + "\n") + pkt("have " + two.hex() + "\n") +
              pkt("shallow " + one.hex() + "\n") + pkt("filter tree:0\n") + pkt("done\n") + "0000");
    CHECK(fetch_body_v2({.wants = {one}, .haves = {}, .shallow = {}, .depth = 7, .filter = {}})
              .find(pkt("deepen 7\n")) != std::string::npos);
}

TEST_CASE("a v0 fetch names only what is offered") {
    const ObjectId one = ObjectId::parse(std::string(40, '1')).value();
    const ObjectId two = ObjectId::parse(std::string(40, '2')).value();
    const FetchRequest request{
        .wants = {one, two}, .haves = {two}, .shallow = {one}, .depth = 0, .filter = "tree:0"};
    CHECK(fetch_body_v0(request, Capabilities("multi_ack side-band side-band-64k ofs-delta "
                                              "no-progress shallow filter thin-pack agent=x")) ==
          pkt("want " + one.hex() +
              " multi_ack side-band-64k no-progress ofs-delta shallow filter\n") +
              pkt("want " + two.hex() + "\n") + pkt("shallow " + one.hex() + "\n") +
              pkt("filter tree:0\n") + "0000" + pkt("have " + two.hex() + "\n") + pkt("done\n"));
    CHECK(fetch_body_v0({.wants = {one}, .haves = {}, .shallow = {}, .depth = 0, .filter = {}},
                        Capabilities("multi_ack multi_ack_detailed side-band")) ==
          pkt("want " + one.hex() + " multi_ack_detailed side-band\n") + "0000" + pkt("done\n"));
}

TEST_CASE("what can be left out follows from the protocol's version") {
    Advertisement server;
    server.version = 2;
    server.capabilities.add("fetch=shallow filter");
    CHECK(fetch_abilities(server).filter);
    CHECK(fetch_abilities(server).shallow);
    CHECK(fetch_abilities(server).offset_deltas);
    server.version = 0;
    CHECK_FALSE(fetch_abilities(server).filter);
    CHECK_FALSE(fetch_abilities(server).shallow);
    CHECK_FALSE(fetch_abilities(server).offset_deltas);
    server.capabilities = Capabilities("filter shallow ofs-delta");
    CHECK(fetch_abilities(server).filter);
    CHECK(fetch_abilities(server).shallow);
    CHECK(fetch_abilities(server).offset_deltas);
}

}  // namespace headway::git
