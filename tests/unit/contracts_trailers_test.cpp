#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "headway/trailers.hpp"

namespace headway {

static std::ostream& operator<<(std::ostream& stream, const Trailer& trailer) {
    return stream << trailer.key << "=[" << trailer.value << "]";
}

namespace {

using Trailers = std::vector<Trailer>;

struct Row {
    std::string message;
    Trailers trailers;
};

// Every row is what git 2.39's interpret-trailers --parse --no-divider answers; it prints a
// "(cherry picked from commit" line too, which is no key and value.
const std::vector<Row> k_rows{
    {"", {}},
    {"subject", {}},
    {"subject\n", {}},
    {"Key: the first paragraph is the title\n", {}},
    {"Key: title\nOther: title\n", {}},
    {"subject\n\nKey: value\n", {{"Key", "value"}}},
    {"subject\n\nKey: value", {{"Key", "value"}}},
    {"subject\n\nbody\n\nA: 1\nB: 2\nA: 3\n", {{"A", "1"}, {"B", "2"}, {"A", "3"}}},
    {"subject\n\nA: 1\n\nbody\n", {}},
    {"subject\n\nA: 1\n\nB: 2\n", {{"B", "2"}}},
    {"subject\n\nA: 1\n\n\n\n", {{"A", "1"}}},
    {"\nA: 1\n", {{"A", "1"}}},
    {"subject\r\n\r\nA: 1\r\nB: 2\r\n", {{"A", "1"}, {"B", "2"}}},
    {"subject\n\nA:1\nB  :  2  \nC\t: 3\nD:\nE: :\n",
     {{"A", "1"}, {"B", "2"}, {"C", "3"}, {"D", ""}, {"E", ":"}}},
    {"subject\n\nA: long\n  folded\n\tagain\nB: 2\n", {{"A", "long folded again"}, {"B", "2"}}},
    {"subject\n\nA:\n  folded\n", {{"A", "folded"}}},
    {"subject\n\nA: 1\n# note\nB: 2\n", {{"A", "1"}, {"B", "2"}}},
    {"subject\n\nA: 1\n# note\n folded\nB: 2\n", {}},
    {"subject\n\nSigned-off-by: A\n# note\n folded\n", {{"Signed-off-by", "A"}}},
    {"subject\n\nA: 1\n\n# note\n", {{"A", "1"}}},
    {"subject\n\nA: 1\nplain\n", {}},
    {"subject\n\n folded\nA: 1\n", {}},
    {"subject\n\nkey with blanks: 1\n", {}},
    {"subject\n\n: 1\n", {}},
    {"subject\n\n\xC3\xA9: 1\n", {}},
    {"subject\n\nhttps://example.com\n", {{"https", "//example.com"}}},
    {"subject\n\nplain\nSigned-off-by: A <a@b>\n", {{"Signed-off-by", "A <a@b>"}}},
    {"subject\n\na\nb\nc\nSigned-off-by: A <a@b>\n", {{"Signed-off-by", "A <a@b>"}}},
    {"subject\n\na\nb\nc\nd\nSigned-off-by: A <a@b>\n", {}},
    {"subject\n\nplain\n(cherry picked from commit 12)\nA: 1\n", {{"A", "1"}}},
    {"subject\n\nplain\nsigned-off-by: A <a@b>\n", {}},
};

TEST_CASE("trailers are the last paragraph, as git reads it") {
    for (const Row& row : k_rows) {
        CAPTURE(row.message);
        CHECK(parse_trailers(row.message) == row.trailers);
    }
}

TEST_CASE("an event of the ledger gives its keys in order") {
    const Trailers trailers = parse_trailers(
        "Promote 1a2b3c4d to production\n\nHeadway-Event: promoted\n"
        "Headway-Environment: production\nHeadway-Run: https://example.com/pipelines/123\n"
        "Headway-Message: slack:C123:1700000000.1\n");
    CHECK(trailers == Trailers{{"Headway-Event", "promoted"},
                               {"Headway-Environment", "production"},
                               {"Headway-Run", "https://example.com/pipelines/123"},
                               {"Headway-Message", "slack:C123:1700000000.1"}});
}

TEST_CASE("the number of trailers is bounded") {
    std::string message = "subject\n\n";
    for (int index = 0; index < 300; ++index) {
        message += "K: " + std::to_string(index) + "\n";
    }
    const Trailers trailers = parse_trailers(message);
    REQUIRE(trailers.size() == 256);
    CHECK(trailers.back().value == "255");
}

TEST_CASE("a long message is read in one go") {
    const std::string blanks = "subject\n\n" + std::string(1U << 20U, '\n');
    CHECK(parse_trailers(blanks).empty());
    CHECK(parse_trailers(blanks + "A: 1\n") == Trailers{{"A", "1"}});
    const std::string folded(1U << 19U, ' ');
    CHECK(parse_trailers("subject\n\nA: 1\n" + folded + "x\n") == Trailers{{"A", "1 x"}});
}

}  // namespace
}  // namespace headway
