#include <catch2/catch_test_macros.hpp>

#include <sstream>

#include "core/gates.hpp"
#include "core/way_back.hpp"
#include "fakes.hpp"

using namespace headway;
using namespace headway::core;

namespace {

ObjectId named(char name) {
    return fakes::id(static_cast<std::uint8_t>(name));
}

/// A ledger, oldest first: "p A" is promoted, v verified, u unhealthy, r rolled back, h held,
/// s resumed. The n-th event happened at n.
Chronicle chronicle(const std::string& story) {
    Chronicle made;
    std::istringstream words(story);
    std::string kind;
    char name = 0;
    ObjectId deployed;
    for (std::int64_t when = 1; words >> kind >> name; ++when) {
        LedgerTip tip;
        tip.when = when;
        tip.event.kind = kind == "p"   ? EventKind::promoted
                         : kind == "v" ? EventKind::verified
                         : kind == "u" ? EventKind::unhealthy
                         : kind == "r" ? EventKind::rolled_back
                         : kind == "h" ? EventKind::held
                                       : EventKind::resumed;
        tip.event.commit = named(name);
        if (!deployed.is_null()) {
            tip.event.previous = deployed;
        }
        deployed = tip.event.commit;
        made.events.insert(made.events.begin(), tip);
    }
    return made;
}

std::string names(const std::vector<Station>& stations) {
    std::string text;
    for (const Station& station : stations) {
        text += static_cast<char>(station.commit.bytes()[0]);
        text += station.verified ? "+" : "";
        text += station.failed ? "-" : "";
        text += station.doubtful ? "?" : "";
    }
    return text;
}

std::string name_of(const std::optional<Station>& station) {
    return station ? names({*station}).substr(0, 1) : "none";
}

}  // namespace

TEST_CASE("the way back is what was deployed and not taken back") {
    struct Row {
        std::string story;
        std::string way;  ///< Newest first; + verified, - failed, ? doubtful.
        char deployed;
        std::string last_verified;
        std::string one_step;
        std::string two_steps;
    };
    const std::vector<Row> rows{
        {"", "", 'A', "none", "none", "none"},
        {"p A", "A", 'A', "none", "none", "none"},
        {"p A v A", "A+", 'A', "none", "none", "none"},
        {"p A v A p B", "BA+", 'B', "A", "A", "none"},
        {"p A v A p B v B p C", "CB+A+", 'C', "B", "B", "A"},
        {"p A v A p B p C", "CBA+", 'C', "A", "B", "A"},
        {"p A v A p B u B p C", "CB-A+", 'C', "A", "B", "A"},
        {"p A v A p B v B u B", "B-A+", 'B', "A", "A", "none"},
        {"p A v A p B u B v B", "B+A+", 'B', "A", "A", "none"},
        // What was rolled back from is gone.
        {"p A v A p B v B p C r B", "B+A+", 'B', "A", "A", "none"},
        {"p A v A p B v B p C r A", "A+", 'A', "none", "none", "none"},
        {"p A v A p B v B r A p C", "CA+", 'C', "A", "A", "none"},
        // Holds and their ends change nothing.
        {"p A v A h A s A p B", "BA+", 'B', "A", "A", "none"},
        // To a commit between two deployments: what is left may be newer.
        {"p A v A p B v B p C r X", "XB+?A+?", 'X', "B", "B", "A"},
        // Moved by something else: the ledger's present one is the first way back.
        {"p A v A p B v B", "B+A+", 'Z', "B", "B", "A"},
    };
    for (const Row& row : rows) {
        INFO(row.story);
        const auto known = stations(chronicle(row.story));
        CHECK(names(known) == row.way);
        CHECK(name_of(last_verified(known, named(row.deployed))) == row.last_verified);
        CHECK(name_of(steps_back(known, named(row.deployed), 1)) == row.one_step);
        CHECK(name_of(steps_back(known, named(row.deployed), 2)) == row.two_steps);
    }
}

TEST_CASE("a station knows since when it was deployed and verified") {
    const auto known = stations(chronicle("p A v A v A p B"));
    REQUIRE(known.size() == 2);
    CHECK(known[1].since == 1);
    CHECK(known[1].verified_since == 2);
    CHECK(known[0].since == 4);
}

TEST_CASE("steps are counted from before the rollbacks of the present hold") {
    const auto before = [](const std::string& story) {
        return names(stations(before_rollbacks(chronicle(story))));
    };
    CHECK(before("p A p B p C") == "CBA");
    CHECK(before("p A p B p C r B") == "CBA");
    CHECK(before("p A p B p C r B v B r A") == "CBA");
    CHECK(before("p A p B r A p C") == "CA");
    CHECK(before("p A p B u B r A u A") == "B-A");
    CHECK(before("r A") == "");
}

TEST_CASE("a commit that was taken back was deployed all the same") {
    const Chronicle story = chronicle("p A v A p B r A");
    CHECK(ever_deployed(story, named('B'))->since == 3);
    CHECK(ever_deployed(story, named('A'))->verified);
    CHECK_FALSE(ever_deployed(story, named('C')));
}

TEST_CASE("a commit counts as verified from its first verdict since it last failed") {
    struct Row {
        std::string story;
        std::optional<std::int64_t> since;
    };
    const std::vector<Row> rows{
        {"p A", std::nullopt},
        {"p A v A", 2},
        {"p A v A v A", 2},
        {"p A v A p B", 2},
        {"p A v A p B v B", 2},
        {"p A v A u A", std::nullopt},
        {"p A v A u A v A", 4},
        {"p B v B p A v A r B", std::nullopt},
        {"p B v B p A r B p A v A", 6},
        {"p A v A h A s A", 2},
    };
    for (const Row& row : rows) {
        INFO(row.story);
        CHECK(verified_since(chronicle(row.story), named('A')) == row.since);
    }
}
