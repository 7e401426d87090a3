#include <catch2/catch_test_macros.hpp>
#include <chrono>
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

TEST_CASE("Retry-After in seconds and as a date") {
    using namespace std::chrono_literals;
    const Clock::System now = std::chrono::sys_days(2026y / 1 / 31) + 12h;
    CHECK(retry_after("120", now) == 120s);
    CHECK(retry_after(" 0 ", now) == 0s);
    CHECK(retry_after("Sat, 31 Jan 2026 12:00:30 GMT", now) == 30s);
    CHECK(retry_after("Sat, 31 Jan 2026 11:00:00 GMT", now) == 0s);
    CHECK(retry_after("99999999999999999999999", now) == std::chrono::years(1));
    for (const char* text : {"", "soon", "-1", "1.5 hours"}) {
        CHECK_FALSE(retry_after(text, now));
    }
}

TEST_CASE("the body of a redirect that is followed is nobody's") {
    HttpRequest request;
    request.redirects = Redirects::any;
    request.max_body = 3;
    ResponseReader reader(request);
    CHECK(reader.take_header_line("HTTP/1.1 307 Elsewhere\r\n"));
    CHECK(reader.take_header_line("Location: /x\r\n"));
    CHECK_FALSE(reader.is_redirect());
    CHECK(reader.take_header_line("\r\n"));
    CHECK(reader.is_redirect());
    CHECK(reader.take_body("moved"));
    CHECK(reader.body().empty());
    CHECK_FALSE(reader.take_body(std::string(k_max_redirect_body, 'x')));
    CHECK(reader.stopped_well());
}

}  // namespace headway::http
