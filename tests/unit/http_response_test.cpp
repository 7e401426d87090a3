#include <catch2/catch_test_macros.hpp>
#include <string>

#include "http/response_reader.hpp"

namespace headway::http {

TEST_CASE("header lines become headers") {
    const HttpRequest request;
    ResponseReader reader(request);
    for (const char* line :
         {"HTTP/1.1 100 Continue\r\n", "A: interim\r\n", "\r\n", "HTTP/1.1 200 OK\r\n", "A: 1\r\n",
          "B:\r\n", "C:two words  \r\n", "\tfolded\r\n", "D : 4\r\n", "\r\n"}) {
        REQUIRE(reader.take_header_line(line));
    }
    REQUIRE(reader.headers().size() == 4);
    CHECK(reader.headers()[0].value == "1");
    CHECK(reader.headers()[1].value.empty());
    CHECK(reader.headers()[2].value == "two words folded");
    CHECK(reader.headers()[3].name == "D");
}

TEST_CASE("headers are counted over all answers of a transfer") {
    const HttpRequest request;
    ResponseReader reader(request);
    bool more = true;
    std::size_t taken = 0;
    while (more && taken < 1000) {
        CHECK(reader.take_header_line("HTTP/1.1 103 Early Hints\r\n"));
        more = reader.take_header_line("A: 1\r\n");
        taken += more ? 1 : 0;
    }
    CHECK(taken == k_max_headers);
    CHECK(reader.stop() == Stop::headers_too_large);
}

TEST_CASE("header bytes are bounded") {
    const HttpRequest request;
    ResponseReader reader(request);
    CHECK(reader.take_header_line("A: " + std::string(k_max_header_bytes - 5, 'x') + "\r\n"));
    CHECK_FALSE(reader.take_header_line("\r\n"));
    CHECK(reader.stop() == Stop::headers_too_large);
}

TEST_CASE("the body is bounded, with the last byte in") {
    HttpRequest request;
    request.max_body = 5;
    ResponseReader reader(request);
    CHECK(reader.take_body("123"));
    CHECK(reader.take_body("45"));
    CHECK(reader.take_body(""));
    CHECK_FALSE(reader.take_body("6"));
    CHECK(reader.stop() == Stop::body_too_large);
    CHECK(reader.body() == "12345");
}

TEST_CASE("a reader of pieces ends it, or throws") {
    HttpRequest request;
    std::string seen;
    request.on_body = [&](std::string_view piece) {
        seen += piece;
        return seen.size() < 3 ? BodyDemand::more : BodyDemand::enough;
    };
    ResponseReader reader(request);
    CHECK(reader.take_body("ab"));
    CHECK_FALSE(reader.take_body("cd"));
    CHECK(reader.stop() == Stop::enough);
    CHECK(reader.body().empty());
    CHECK(reader.body_bytes() == 4);

    request.on_body = [](std::string_view) -> BodyDemand { throw 7; };
    ResponseReader thrower(request);
    CHECK_THROWS_AS(thrower.take_body("x"), int);
}

TEST_CASE("only identity and the gzip that was asked for are read") {
    const auto accepts = [](const char* asked, const std::string& encoding) {
        HttpRequest request;
        if (asked != nullptr) {
            request.headers.push_back({"accept-encoding", asked});
        }
        ResponseReader reader(request);
        REQUIRE(reader.take_header_line("content-encoding: " + encoding + "\r\n"));
        return reader.take_body("x");
    };
    CHECK(accepts(nullptr, "identity"));
    CHECK(accepts(nullptr, ""));
    CHECK(accepts("gzip", "gzip"));
    CHECK(accepts("gzip, identity", "X-GZIP"));
    CHECK_FALSE(accepts(nullptr, "gzip"));
    CHECK_FALSE(accepts("identity", "gzip"));
    CHECK_FALSE(accepts("gzip", "br"));
    CHECK_FALSE(accepts("gzip", "gzip, gzip"));
}

}  // namespace headway::http
