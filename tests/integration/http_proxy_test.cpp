// Proxies as libcurl takes them from the environment.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <memory>
#include <string>

#include "support/certificates.hpp"
#include "support/http_fixture.hpp"
#include "support/socket_server.hpp"

namespace headway::test {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

/// A client with a trusted authority and a proxy in its environment.
struct ProxyFixture {
    Authority authority{"headway test authority"};
    TemporaryFolder folder;
    ClientFixture base{trusting_only(folder.write("ca.pem", authority.pem()))};
    std::unique_ptr<ScopedVariable> variable;

    void use(const char* name, const std::string& value) {
        variable.reset();  // Puts back what was there before.
        variable = std::make_unique<ScopedVariable>(name, value);
    }
};

std::string proxy_at(int port, const std::string& user = {}) {
    return "http://" + user + "127.0.0.1:" + std::to_string(port);
}

}  // namespace

TEST_CASE("a plain request goes through http_proxy") {
    SocketServer proxy([](Peer& peer) { peer.write(ok(peer.read_request())); });
    ProxyFixture fixture;
    fixture.use("http_proxy", proxy_at(proxy.port()));
    CHECK_THAT(fixture.base.get("http://app.example.com/health").body,
               StartsWith("GET http://app.example.com/health HTTP/1.1\r\n"));
}

TEST_CASE("NO_PROXY goes around it") {
    SocketServer proxy(always(ok("proxy")));
    SocketServer server(always(ok("server")));
    ProxyFixture fixture;
    fixture.use("http_proxy", proxy_at(proxy.port()));
    const ScopedVariable around("no_proxy", "127.0.0.1");
    CHECK(fixture.base.get(server.url()).body == "server");
    CHECK(proxy.connections() == 0);
}

TEST_CASE("https goes through a tunnel that sees neither token nor headers") {
    std::string connect;
    ProxyFixture fixture;
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_server_method()),
                                                         SSL_CTX_free);
    install(context.get(), fixture.authority.issue({.names = {"DNS:gitlab.example.com"}}));
    // Tunnel and server in one: after the CONNECT the same connection speaks TLS.
    SocketServer proxy([&](Peer& peer) {
        connect = peer.read_request();
        peer.write("HTTP/1.1 200 Connection established\r\nVia: proxy\r\n\r\n");
        if (peer.secure(context.get())) {
            peer.write(ok(peer.read_request()));
        }
    });
    fixture.use("HTTPS_PROXY", proxy_at(proxy.port(), "proxy-user:proxy-password@"));
    HttpRequest request;
    request.url = "https://gitlab.example.com/app.git/info/refs";
    request.credentials = BasicCredentials{"oauth2", Secret("token-value")};
    request.headers = {{"Git-Protocol", "version=2"}};
    const HttpResponse response = fixture.base.client->perform(request);
    CHECK_THAT(response.body, StartsWith("GET /app.git/info/refs HTTP/1.1\r\n") &&
                                  ContainsSubstring("Authorization: Basic ") &&
                                  !ContainsSubstring("Proxy-Authorization"));
    CHECK(response.header("Via").empty());
    CHECK_THAT(connect, StartsWith("CONNECT gitlab.example.com:443 HTTP/1.1\r\n") &&
                            ContainsSubstring("Proxy-Authorization: Basic ") &&
                            !ContainsSubstring("\r\nAuthorization") &&
                            !ContainsSubstring("Git-Protocol"));
    CHECK_THAT(fixture.base.trace.all(),
               !ContainsSubstring("proxy-password") && !ContainsSubstring("token-value"));
}

TEST_CASE("what a proxy refuses is the proxy's fault") {
    ProxyFixture fixture;
    const auto refused_with = [&](const std::string& status) {
        SocketServer proxy(always("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n"));
        fixture.use("HTTPS_PROXY", proxy_at(proxy.port(), "proxy-user:proxy-password@"));
        TransportError error =
            failure_of(*fixture.base.client, "https://gitlab.example.com/app.git");
        CHECK(error.fault() == TransportFault::proxy);
        CHECK(error.never_sent());
        CHECK(std::string(error.what()) == "cannot reach gitlab.example.com:443 through the proxy");
        CHECK_THAT(all_of(error), ContainsSubstring("NO_PROXY=gitlab.example.com") &&
                                      ContainsSubstring("HTTPS_PROXY") &&
                                      !ContainsSubstring("proxy-password"));
        return error.because();
    };
    CHECK_THAT(refused_with("403 Forbidden"), ContainsSubstring("forbids connections to"));
    CHECK_THAT(refused_with("407 Authentication Required"), ContainsSubstring("asks for a user"));
    CHECK_THAT(refused_with("502 Bad Gateway"), ContainsSubstring("(status 502)"));
}

TEST_CASE("a proxy that cannot be reached") {
    ProxyFixture fixture;
    SECTION("nobody listens") {
        fixture.use("HTTPS_PROXY", proxy_at(closed_port(), "proxy-user:proxy-password@"));
    }
    SECTION("its name is unknown") {
        fixture.use("HTTPS_PROXY", "http://proxy-user:proxy-password@proxy.onion:3128");
    }
    SECTION("the variable is malformed") {
        fixture.use("HTTPS_PROXY", "gopher://proxy-user:proxy-password@proxy.example.com");
    }
    const TransportError error =
        failure_of(*fixture.base.client, "https://gitlab.example.com/app.git");
    CHECK(error.fault() == TransportFault::proxy);
    CHECK(error.never_sent());
    CHECK_THAT(all_of(error),
               ContainsSubstring("HTTPS_PROXY") && !ContainsSubstring("proxy-password"));
    CHECK_THAT(fixture.base.trace.all(), !ContainsSubstring("proxy-password"));
}

TEST_CASE("a proxy that hangs up on the tunnel") {
    SocketServer proxy([](Peer& peer) { peer.read_request(); });
    ProxyFixture fixture;
    fixture.use("HTTPS_PROXY", proxy_at(proxy.port()));
    const TransportError error =
        failure_of(*fixture.base.client, "https://gitlab.example.com/app.git");
    CHECK(error.fault() == TransportFault::proxy);
}

}  // namespace headway::test
