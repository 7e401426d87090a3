// Redirects that are followed, and those that are not.

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <mutex>
#include <string>

#include "support/certificates.hpp"
#include "support/http_fixture.hpp"
#include "support/socket_server.hpp"

namespace headway::test {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

std::string redirect(const std::string& location, int status = 302) {
    return "HTTP/1.1 " + std::to_string(status) + " Elsewhere\r\nLocation: " + location +
           "\r\nContent-Length: 5\r\n\r\nmoved";
}

/// "/from" leads to `location`; everything else answers with what was asked.
SocketServer::Script leads_to(const std::string& location, int status = 302) {
    return [=](Peer& peer) {
        for (auto request = peer.read_request(); !request.empty(); request = peer.read_request()) {
            const bool leads = request.find(" /from ") != std::string::npos;
            peer.write(leads ? redirect(location, status) : ok(request));
        }
    };
}

HttpRequest request_to(const std::string& url, Redirects redirects = Redirects::any) {
    HttpRequest request;
    request.url = url;
    request.redirects = redirects;
    return request;
}

void expect_refused(const TransportError& error, const std::string& because,
                    const std::string& hint) {
    CHECK(error.fault() == TransportFault::redirect);
    CHECK_FALSE(error.never_sent());
    CHECK_THAT(error.because(), ContainsSubstring(because));
    CHECK_THAT(all_of(error), ContainsSubstring(hint));
}

}  // namespace

TEST_CASE("a relative redirect is followed on the same connection") {
    SocketServer server(leads_to("to?x=1"));
    ClientFixture fixture;
    const auto kind = GENERATE_COPY(Redirects::same_origin, Redirects::any);
    const HttpResponse response = fixture.client->perform(request_to(server.url("/from"), kind));
    CHECK_THAT(response.body, StartsWith("GET /to?x=1 HTTP/1.1\r\n"));
    CHECK(response.status == 200);
    CHECK(response.redirects == 1);
    CHECK(response.url == server.url("/to?x=1"));
    CHECK(server.connections() == 1);
    CHECK_THAT(fixture.trace.all(),
               ContainsSubstring("302 from") &&
                   ContainsSubstring("redirect 1 leads to " + server.url("/to?x=1")));
}

TEST_CASE("a redirect is an answer like any other unless it is to be followed") {
    SocketServer server(leads_to("/to"));
    ClientFixture fixture;
    const HttpResponse response = fixture.get(server.url("/from"));
    CHECK(response.status == 302);
    CHECK(response.body == "moved");
    CHECK(response.url == server.url("/from"));
    CHECK(response.redirects == 0);
}

TEST_CASE("304, and 302 without Location, lead nowhere") {
    ClientFixture fixture;
    SocketServer server(always("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"));
    CHECK(fixture.client->perform(request_to(server.url())).status == 302);
    SocketServer other(always("HTTP/1.1 304 Not Modified\r\nLocation: /x\r\n\r\n"));
    CHECK(fixture.client->perform(request_to(other.url())).status == 304);
}

TEST_CASE("what becomes of method and body") {
    struct Case {
        int status;
        HttpMethod method;
        std::string becomes;
        bool keeps_body;
    };
    for (const auto& [status, method, becomes, keeps_body] : {
             Case{301, HttpMethod::post, "GET", false},
             Case{302, HttpMethod::post, "GET", false},
             Case{303, HttpMethod::post, "GET", false},
             Case{303, HttpMethod::put, "GET", false},
             Case{307, HttpMethod::post, "POST", true},
             Case{308, HttpMethod::patch, "PATCH", true},
             Case{301, HttpMethod::put, "PUT", true},
         }) {
        INFO(status << " " << becomes);
        SocketServer server(leads_to("/to", status));
        ClientFixture fixture;
        HttpRequest request = request_to(server.url("/from"));
        request.method = method;
        request.body = "a=1";
        request.headers = {{"Content-Type", "text/x"}};
        const std::string second = fixture.client->perform(request).body;
        CHECK_THAT(second, StartsWith(becomes + " /to HTTP/1.1\r\n"));
        CHECK(second.ends_with("\r\n\r\na=1") == keeps_body);
        CHECK((second.find("text/x") != std::string::npos) == keeps_body);
    }
}

TEST_CASE("a HEAD stays a HEAD") {
    std::string second;
    SocketServer server([&](Peer& peer) {
        peer.read_request();
        peer.write("HTTP/1.1 303 See Other\r\nLocation: /to\r\nContent-Length: 5\r\n\r\n");
        second = peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    });
    ClientFixture fixture;
    HttpRequest request = request_to(server.url());
    request.method = HttpMethod::head;
    CHECK(fixture.client->perform(request).status == 200);
    CHECK_THAT(second, StartsWith("HEAD /to "));
}

TEST_CASE("what is secret stays at home, also on the way back") {
    std::string second;
    std::string third;
    SocketServer* home_server = nullptr;
    SocketServer away([&](Peer& peer) {
        second = peer.read_request();
        peer.write(redirect(home_server->url("/back")));
    });
    SocketServer home([&](Peer& peer) {
        for (auto request = peer.read_request(); !request.empty(); request = peer.read_request()) {
            const bool is_first = request.starts_with("POST /from");
            if (!is_first) {
                third = request;
            }
            peer.write(is_first ? redirect(away.url("/away"), 307) : ok("back"));
        }
    });
    home_server = &home;
    ClientFixture fixture;
    HttpRequest request = request_to(home.url("/from"));
    request.method = HttpMethod::post;
    request.body = "body-value";
    request.credentials = BasicCredentials{"user", Secret("password-value")};
    request.secret_headers = {{"X-Secret", Secret("header-value")}};
    request.headers = {{"Authorization2", "plain"}, {"Cookie", "cookie-value"}, {"Accept", "a/b"}};
    const HttpResponse response = fixture.client->perform(request);
    CHECK(response.body == "back");
    CHECK(response.redirects == 2);
    for (const auto& text : {second, third}) {
        CHECK_THAT(text, !ContainsSubstring("Authorization:") && !ContainsSubstring("X-Secret") &&
                             !ContainsSubstring("cookie-value") &&
                             !ContainsSubstring("body-value") && ContainsSubstring("Accept: a/b"));
    }
    CHECK_THAT(second, StartsWith("POST /away "));
}

TEST_CASE("on the same origin secrets are sent again") {
    SocketServer server(leads_to("/to"));
    ClientFixture fixture;
    HttpRequest request = request_to(server.url("/from"));
    request.secret_headers = {{"X-Secret", Secret("header-value")}};
    CHECK_THAT(fixture.client->perform(request).body, ContainsSubstring("X-Secret: header-value"));
}

TEST_CASE("beyond the same origin an error names the target and the setting") {
    SocketServer away(always(ok("never")));
    SocketServer server(leads_to(away.url("/page")));
    ClientFixture fixture;
    expect_refused(
        failure_of(*fixture.client, request_to(server.url("/from"), Redirects::same_origin)),
        "it leads to " + away.url("/page"), "redirects: any");
    CHECK(away.connections() == 0);
}

TEST_CASE("a redirect loop ends") {
    SocketServer server(leads_to("/from"));
    ClientFixture fixture;
    expect_refused(failure_of(*fixture.client, request_to(server.url("/from"))), "a redirect loop",
                   "curl -sIL " + server.url("/from"));
    CHECK(server.connections() == 1);
}

TEST_CASE("targets that are refused") {
    struct Case {
        std::string location;
        std::string because;
    };
    for (const auto& [location, because] : {
             Case{"http://user:pass-value@127.0.0.1/", "holds a user name or a password"},
             Case{"//user@127.0.0.1/", "holds a user name or a password"},
             Case{"ftp://127.0.0.1/", "leads to ftp:, and only http and https"},
             Case{"file:///etc/passwd", "only http and https are followed"},
             Case{"http://127.0.0.1:99999/", "no URL"},
         }) {
        SocketServer server(leads_to(location));
        ClientFixture fixture;
        const auto error = failure_of(*fixture.client, request_to(server.url("/from")));
        expect_refused(error, because, "repair the redirect");
        CHECK_THAT(all_of(error), !ContainsSubstring("pass-value"));
    }
}

TEST_CASE("never from https to http") {
    const Authority authority("headway test authority");
    const TemporaryFolder folder;
    SocketServer plain(always(ok("never")));
    SocketServer server(leads_to(plain.url("/x")), TlsSettings{authority.issue()});
    ClientFixture fixture(trusting_only(folder.write("ca.pem", authority.pem())));
    expect_refused(failure_of(*fixture.client, request_to(server.url("/from"))),
                   "from https to " + plain.url("/x"), "redirect to https://");
    CHECK(plain.connections() == 0);
}

TEST_CASE("from http to https is another origin, and allowed") {
    const Authority authority("headway test authority");
    const TemporaryFolder folder;
    SocketServer secure(always(ok("secure")), TlsSettings{authority.issue()});
    SocketServer server(leads_to(secure.url("/x")));
    ClientFixture fixture(trusting_only(folder.write("ca.pem", authority.pem())));
    const auto response = fixture.client->perform(request_to(server.url("/from")));
    CHECK(response.body == "secure");
    CHECK(response.certificate_expiry.has_value());
}

TEST_CASE("the redirects share one timeout") {
    SocketServer server([](Peer& peer) {
        for (auto request = peer.read_request(); !request.empty(); request = peer.read_request()) {
            if (request.find(" /from ") == std::string::npos) {
                peer.wait_for_close();
                return;
            }
            peer.write(redirect("/to"));
        }
    });
    ClientFixture fixture;
    HttpRequest request = request_to(server.url("/from"));
    request.timeout = 300ms;
    const auto start = std::chrono::steady_clock::now();
    const auto error = failure_of(*fixture.client, request);
    CHECK(error.fault() == TransportFault::timeout);
    CHECK_THAT(error.because(), ContainsSubstring("0.3 s"));
    CHECK(std::chrono::steady_clock::now() - start < 4s);
}

TEST_CASE("a redirect's own body is not read by anybody, however long") {
    SocketServer server([](Peer& peer) {
        if (peer.read_request().starts_with("GET /from")) {
            peer.write("HTTP/1.1 302 Found\r\nLocation: /to\r\n\r\n");
            while (peer.write(std::string(10'000, 'x'))) {
            }
        } else {
            peer.write(ok("here"));
        }
    });
    ClientFixture fixture;
    HttpRequest request = request_to(server.url("/from"));
    std::string seen;
    request.max_body = 10;
    request.on_body = [&](std::string_view piece) {
        seen += piece;
        return BodyDemand::more;
    };
    CHECK(fixture.client->perform(request).status == 200);
    CHECK(seen == "here");
}

TEST_CASE("a secret URL's redirect is not shown") {
    SocketServer server(leads_to("/hidden-path"));
    ClientFixture fixture;
    HttpRequest request = request_to(server.url("/from"));
    request.url_is_secret = true;
    const auto response = fixture.client->perform(request);
    CHECK(response.status == 200);
    CHECK_THAT(response.url, !ContainsSubstring("hidden-path"));
    CHECK_THAT(fixture.trace.all(), !ContainsSubstring("hidden-path"));
}

}  // namespace headway::test
