#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <string>

#include "http/request_rules.hpp"
#include "http/trace_lines.hpp"

namespace headway::http {

using Catch::Matchers::ContainsSubstring;

namespace {

void judge(const HttpRequest& request) {
    const Url url(request.url, request.url_is_secret ? UrlSecrecy::secret : UrlSecrecy::open);
    check_request(request, url);
}

HttpRequest with_credentials(const std::string& url) {
    HttpRequest request;
    request.url = url;
    request.credentials = BasicCredentials{"oauth2", Secret("token-value")};
    return request;
}

}  // namespace

TEST_CASE("a secret goes over https to anywhere, over http to loopback only") {
    CHECK_NOTHROW(judge(with_credentials("https://gitlab.example.com/")));
    CHECK_NOTHROW(judge(with_credentials("http://127.0.0.1:8080/")));
    CHECK_NOTHROW(judge(with_credentials("http://localhost:8080/")));
    CHECK_NOTHROW(judge(with_credentials("http://[::1]:8080/")));
    CHECK_THROWS_AS(judge(with_credentials("http://gitlab.example.com/")), Error);
    CHECK_THROWS_AS(judge(with_credentials("http://10.0.0.1/")), Error);
    CHECK_THROWS_AS(judge(with_credentials("http://127.0.0.1.example.com/")), Error);
    HttpRequest open;
    open.url = "http://app.example.com/health";
    CHECK_NOTHROW(judge(open));
}

TEST_CASE("headers that would break the request apart are refused") {
    HttpRequest request;
    request.url = "https://host/";
    for (const auto& [name, value] :
         {HttpHeader{"", "v"}, HttpHeader{"A B", "v"}, HttpHeader{"A:", "v"},
          HttpHeader{"A\r\nB", "v"}, HttpHeader{"A", "v\r\nX: y"}, HttpHeader{"A", "v\n"},
          HttpHeader{"A", std::string("v\0w", 3)}, HttpHeader{"\xC3\xA4", "v"}}) {
        request.headers = {{name, value}};
        INFO(name << ": " << value);
        CHECK_THROWS_AS(judge(request), Error);
    }
    request.headers = {{"X-Fine_1.~", "any\tvalue \xC3\xA4"}, {"Empty", ""}};
    CHECK_NOTHROW(judge(request));
}

TEST_CASE("credentials that cannot be sent are refused without being repeated") {
    HttpRequest request = with_credentials("https://host/");
    request.credentials->user = "a:b";
    CHECK_THROWS_AS(judge(request), Error);
    request.credentials = BasicCredentials{"user", Secret("token-value\n")};
    try {
        judge(request);
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK_THAT(std::string(error.what()) + error.because(),
                   !ContainsSubstring("token-value") && ContainsSubstring("line break"));
    }
    request.credentials = BasicCredentials{"", Secret("token:value")};
    CHECK_NOTHROW(judge(request));
}

TEST_CASE("a GET with a body is a mistake of the caller") {
    HttpRequest request;
    request.url = "https://host/";
    request.body = "x";
    CHECK_THROWS_AS(judge(request), Error);
    request.method = HttpMethod::put;
    CHECK_NOTHROW(judge(request));
}

TEST_CASE("traces tell what was asked and answered, without what is secret") {
    HttpRequest request = with_credentials("https://host/a?b=c");
    request.method = HttpMethod::post;
    request.body = "12345";
    request.headers = {{"Git-Protocol", "version=2"}, {"cookie", "cookie-value"}};
    request.secret_headers.emplace_back("X-Key", Secret("key-value"));
    CHECK(request_line(request, Url(request.url, UrlSecrecy::open)) ==
          "POST https://host/a?b=c [Git-Protocol: version=2; cookie: ***; Authorization: ***; "
          "X-Key: ***], 5 bytes");

    HttpResponse response;
    response.status = 200;
    response.remote_address = "127.0.0.1:443";
    response.timings.total = std::chrono::milliseconds(12);
    response.headers = {{"Server", "nginx\x1b[2J"},
                        {"SET-COOKIE", "cookie-value"},
                        {"Location", "https://x/secret"}};
    CHECK(response_line(request, response, 340, 0) ==
          "200 from 127.0.0.1:443 (same connection), 340 bytes in 12 ms "
          "[Server: nginx\\x1B[2J; SET-COOKIE: ***; Location: https://x/secret]");
    request.url_is_secret = true;
    CHECK_THAT(response_line(request, response, 340, 1),
               ContainsSubstring("(new connection)") && !ContainsSubstring("x/secret"));
}

}  // namespace headway::http
