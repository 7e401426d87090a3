#include <catch2/catch_test_macros.hpp>

#include "headway/object_id.hpp"
#include "headway/text.hpp"

using namespace headway;

TEST_CASE("hostile text becomes printable") {
    CHECK(printable("plain täxt €😀") == "plain täxt €😀");
    CHECK(printable("\x1b[31mred\x07") == "\\x1B[31mred\\x07");
    CHECK(printable("a\r\n\nb\n") == "a b");
    CHECK(printable("tab\there") == "tab\there");
    CHECK(printable("\xff\xc0\x80") == "\\xFF\\xC0\\x80");
    CHECK(printable("\xed\xa0\x80") == "\\xED\\xA0\\x80");
    CHECK(printable("\xf4\x90\x80\x80") == "\\xF4\\x90\\x80\\x80");
    CHECK(printable("\xe2\x82") == "\\xE2\\x82");
    CHECK(printable("x\xc2\x9b"
                    "31m") ==
          "x\\xC2\\x9B"
          "31m");
    CHECK(printable("a\xe2\x80\xae"
                    "b") ==
          "a\\xE2\\x80\\xAE"
          "b");
    CHECK(printable(std::string("a\0b", 3)) == "a\\x00b");
}

TEST_CASE("printable text is cut at a character's border") {
    CHECK(printable("abcdef", 3) == "abc…");
    CHECK(printable("abc", 3) == "abc");
    CHECK(printable("ab€", 4) == "ab…");
    CHECK(printable("ab€", 5) == "ab€");
}

TEST_CASE("the nearest word is near") {
    const std::vector<std::string> words{"verify", "deadline", "interval"};
    CHECK(nearest("verfy", words) == "verify");
    CHECK(nearest("deadlin", words) == "deadline");
    CHECK(nearest("xyz", words).empty());
    CHECK(nearest("", words).empty());
}

TEST_CASE("encodings follow their RFCs") {
    CHECK(percent_encode("a b/ü~") == "a%20b%2F%C3%BC~");
    CHECK(base64_encode("") == "");
    CHECK(base64_encode("f") == "Zg==");
    CHECK(base64_encode("fo") == "Zm8=");
    CHECK(base64_encode("foo") == "Zm9v");
    CHECK(base64_encode("foobar") == "Zm9vYmFy");
    CHECK(base64_encode("\xff\xfe\xfd") == "//79");
}

TEST_CASE("lines and edges") {
    CHECK(lines_of("a\r\nb\n\nc") == std::vector<std::string>{"a", "b", "", "c"});
    CHECK(lines_of("").empty());
    CHECK(trimmed(" \t x y \r\n") == "x y");
    CHECK(trimmed("\n").empty());
}

TEST_CASE("object ids are forty hex digits") {
    const std::string hex = "0123456789abcdef0123456789ABCDEF01234567";
    const auto id = ObjectId::parse(hex);
    REQUIRE(id);
    CHECK(id->hex() == "0123456789abcdef0123456789abcdef01234567");
    CHECK(id->short_hex() == "01234567");
    CHECK_FALSE(ObjectId::parse(hex.substr(1)));
    CHECK_FALSE(ObjectId::parse(hex + "0"));
    CHECK_FALSE(ObjectId::parse("g" + hex.substr(1)));
    CHECK(ObjectId{}.is_null());
}
