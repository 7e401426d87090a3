#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <string>

#include "headway/error.hpp"
#include "http/url.hpp"

namespace headway::http {

using Catch::Matchers::ContainsSubstring;

namespace {

Error refusal_of(const std::string& text, UrlSecrecy secrecy = UrlSecrecy::open) {
    try {
        const Url url(text, secrecy);
        FAIL("accepted: " << url.shown());
    } catch (const Error& error) {
        return error;
    }
    throw 0;
}

}  // namespace

TEST_CASE("a URL's parts") {
    const Url url("https://gitlab.example.com/group/app.git?a=b", UrlSecrecy::open);
    CHECK(url.is_https());
    CHECK(url.host() == "gitlab.example.com");
    CHECK(url.authority() == "gitlab.example.com:443");
    CHECK(url.shown() == "https://gitlab.example.com/group/app.git?a=b");

    const Url v6("http://[::1]:8080/x", UrlSecrecy::open);
    CHECK_FALSE(v6.is_https());
    CHECK(v6.host() == "::1");
    CHECK(v6.authority() == "[::1]:8080");
    CHECK(v6.shown() == "http://[::1]:8080/x");
}

TEST_CASE("a secret URL is shown as scheme and host only") {
    const Url url("https://hooks.example.com:8443/services/T0/secret?x=secret", UrlSecrecy::secret);
    CHECK(url.shown() == "https://hooks.example.com:8443");
}

TEST_CASE("loopback is told by the address that will be connected to") {
    const auto loopback = [](const std::string& text) {
        return Url(text, UrlSecrecy::open).is_loopback();
    };
    for (const char* text :
         {"http://127.0.0.1/", "http://127.255.1.2/", "http://localhost/", "http://LOCALHOST:1/",
          "http://localhost./", "http://[::1]/", "http://[0:0:0:0:0:0:0:1]/", "http://127.1/",
          "http://0x7f.1/", "http://2130706433/", "http://[::ffff:127.0.0.1]/"}) {
        INFO(text);
        CHECK(loopback(text));
    }
    for (const char* text :
         {"http://128.0.0.1/", "http://126.255.255.255/", "http://localhost.example.com/",
          "http://127.0.0.1.example.com/", "http://[::2]/", "http://[fe80::1]/", "http://0.0.0.0/",
          "http://[::ffff:10.0.0.1]/", "http://example.com/127.0.0.1", "http://xlocalhost/"}) {
        INFO(text);
        CHECK_FALSE(loopback(text));
    }
}

TEST_CASE("a peer's address is loopback or not") {
    for (const char* address : {"127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"}) {
        CHECK(is_loopback_address(address));
    }
    for (const char* address : {"", "localhost", "128.0.0.1", "10.0.0.127", "::", "::2",
                                "::ffff:10.0.0.1", "127.0.0.1:80", "::127.0.0.1"}) {
        CHECK_FALSE(is_loopback_address(address));
    }
}

TEST_CASE("what is no http URL is refused with the reason") {
    struct Case {
        std::string text;
        std::string because;
    };
    for (const auto& [text, because] :
         {Case{"", ""}, Case{"gitlab.example.com/app.git", "does not begin with https://"},
          Case{"git@gitlab.example.com:group/app.git", ""},
          Case{"ssh://host/app.git", "does not begin with"},
          Case{"ftp://host/", "does not begin with"},
          Case{"file:///etc/passwd", "does not begin with"}, Case{"https://", ""},
          Case{"https:///path", "names no host"}, Case{"https:/path", "names no host"},
          Case{"https://host:99999/", "Port"}, Case{"https://ho st/", ""},
          Case{"https://h\xC3\xB6st/", "not ASCII"},
          Case{std::string("https://host/\0x", 15), "NUL"}, Case{"https://host/a b", ""}}) {
        INFO(text);
        const Error error = refusal_of(text);
        CHECK(error.code() == ExitCode::usage);
        CHECK_FALSE(error.because().empty());
        CHECK_THAT(error.because(), ContainsSubstring(because));
        CHECK_FALSE(error.hints().empty());
    }
}

TEST_CASE("user info is refused, and not repeated") {
    for (const char* text : {"https://someone@host/", "https://someone:password-value@host/",
                             "https://:password-value@host/"}) {
        INFO(text);
        const Error error = refusal_of(text);
        CHECK(std::string(error.what()) == "the URL for host holds a user name or a password");
        CHECK_THAT(error.because() + error.hints().front(), !ContainsSubstring("password-value"));
    }
    // Also when the rest of it does not parse.
    CHECK_THAT(std::string(refusal_of("https://a:password-value@host:99999/").what()),
               !ContainsSubstring("password-value"));
    CHECK_THAT(std::string(refusal_of("https://host:99999/secret", UrlSecrecy::secret).what()),
               !ContainsSubstring("secret"));
}

TEST_CASE("a hostile URL is shown without its control characters") {
    CHECK(std::string(refusal_of("https://host\x1b[2J:1/").what()).find('\x1b') ==
          std::string::npos);
}

}  // namespace headway::http
