#include <catch2/catch_test_macros.hpp>

#include <string>
#include <utility>

#include "headway/error.hpp"
#include "headway/pattern.hpp"

namespace headway {
namespace {

using Found = Pattern::Found;

std::string times(std::size_t count, std::string_view text) {
    std::string all;
    for (std::size_t index = 0; index < count; ++index) {
        all += text;
    }
    return all;
}

std::string failure(std::string_view expression) {
    try {
        const Pattern pattern(expression);
    } catch (const Error& error) {
        return std::string(error.what()) + ": " + error.because() +
               (error.code() == ExitCode::usage ? "" : " [another exit code]");
    }
    return "no failure";
}

TEST_CASE("pattern: what is found") {
    struct Row {
        std::string pattern;
        std::string text;
        Found found;
    };
    const std::vector<Row> rows{
        {"", "", Found::yes},
        {"b", "abc", Found::yes},
        {"^b", "abc", Found::no},
        {"^1\\.2\\.[0-9]+$", "1.2.30", Found::yes},
        {"^1\\.2\\.[0-9]+$", "1.2.30\n", Found::yes},
        {"^1\\.2\\.[0-9]+$", "1.2.30\r\n", Found::yes},
        {"^1\\.2\\.[0-9]+$", "1.2.30\nmore", Found::no},
        {"(?m)^b$", "a\nb\nc", Found::yes},
        {"(?m)^b$", "a\r\nb\r\nc", Found::yes},
        {"a.c", "a\nc", Found::no},
        {"(?s)a.c", "a\nc", Found::yes},
        {"(?i)OK", "ok", Found::yes},
        {"\\bok\\b", "is ok.", Found::yes},
        {"(?<y>\\d{4})-\\k<y>", "2024-2024", Found::yes},
        {"(?<=v)\\d", "v1", Found::yes},
        {"^..$", "ä", Found::yes},
        {"ä", "Bär", Found::yes},
        {"\\x00", std::string("a\0b", 3), Found::yes},
        {"\xFF", "a\xFF", Found::yes},
        {"(?C1)a", "a", Found::yes},
    };
    for (const Row& row : rows) {
        CAPTURE(row.pattern, row.text);
        CHECK(Pattern(row.pattern).find_in(row.text) == row.found);
    }
}

TEST_CASE("pattern: what is none says why and where") {
    const std::string none = "this is not a regular expression: ";
    CHECK(failure("(a") == none + "missing closing parenthesis, at byte 3");
    CHECK(failure("a{2}{3}*+?+") ==
          none + "quantifier does not follow a repeatable item, at byte 7");
    CHECK(failure("[z-a]") == none + "range out of order in character class, at byte 4");
    CHECK(failure("a\\") == none + "\\ at end of pattern, at byte 3");
    CHECK(failure("\\C") == none + "using \\C is disabled by the application, at byte 3");
    CHECK(failure("\\p{L}").starts_with(none));
    CHECK(failure("(*UTF)a").starts_with(none));
    CHECK(failure("(a)(?9)").starts_with(none));
    CHECK(failure(std::string(4097, 'a')) ==
          none + "it has 4097 bytes, and at most 4096 are possible");
    CHECK(failure(std::string(4096, 'a')) == "no failure");
    CHECK(failure(std::string(4096, '(')).starts_with(none));
    CHECK(failure(times(600, "(?:a{65535}")).starts_with(none));
    CHECK(failure("((((a{999}){999}){999}){999})").starts_with(none));
}

TEST_CASE("pattern: hostile text and hostile patterns end within bounds") {
    const std::string many(1U << 20U, 'a');
    const std::string none = many + "b";
    struct Row {
        std::string pattern;
        const std::string& text;
        Found found;
    };
    const std::vector<Row> rows{
        {"(a+)+$", none, Found::too_costly},
        {"(a*)*[cd]", none, Found::too_costly},
        {"^(a|a)*$", none, Found::too_costly},
        {"(a|aa)+$", none, Found::too_costly},
        // Each of these is quadratic without a step that PCRE2 counts.
        {"a*[cd]", none, Found::too_costly},
        {"a++[cd]", none, Found::too_costly},
        {"(?:a*|x)*+[cd]", none, Found::too_costly},
        {"(a*)\\1[cd]", none, Found::too_costly},
        {"(?i)(a*)\\1[cd]", none, Found::too_costly},
        {"(?=(a*))\\1[cd]", none, Found::too_costly},
        {"(?R)?a", many, Found::too_costly},
        {"(?R)", many, Found::too_costly},
        {"(*LIMIT_MATCH=4000000000)(*LIMIT_HEAP=4000000000)(a+)+$", none, Found::too_costly},
        // And what is only large is answered.
        {"b$", none, Found::yes},
        {"c", none, Found::no},
        {"^a+b$", none, Found::yes},
        {"version: [0-9]+", none, Found::no},
        {"[0-9a-f]{8}", many, Found::yes},
    };
    for (const Row& row : rows) {
        CAPTURE(row.pattern);
        CHECK(Pattern(row.pattern).find_in(row.text) == row.found);
    }
}

TEST_CASE("pattern: quoted text matches itself alone") {
    std::string all;
    for (int byte = 0; byte < 256; ++byte) {
        all += static_cast<char>(byte);
    }
    for (const std::string& text : {all, std::string("1.2.3+build"), std::string("\\E$^[a]{3}|()"),
                                    std::string("a # b"), std::string()}) {
        CHECK(Pattern("^" + Pattern::quoted(text) + "\\z").find_in(text) == Found::yes);
        CHECK(Pattern("(?x)^" + Pattern::quoted(text) + "\\z").find_in(text) == Found::yes);
        CHECK(Pattern("^" + Pattern::quoted(text) + "\\z").find_in(text + "x") == Found::no);
    }
    CHECK(Pattern("^v" + Pattern::quoted("1.2") + "$").find_in("v1x2") == Found::no);
}

TEST_CASE("pattern: can be moved") {
    Pattern first("a");
    Pattern second = std::move(first);
    CHECK(second.find_in("a") == Found::yes);
    second = Pattern("b");
    CHECK(second.find_in("a") == Found::no);
}

}  // namespace
}  // namespace headway
