#include <catch2/catch_test_macros.hpp>

#include "config/probe_values.hpp"
#include "config/templates.hpp"
#include "config/urls.hpp"
#include "config/values.hpp"
#include "config_support.hpp"
#include "headway/text.hpp"

namespace headway::config::testing {
namespace {

const Origin k_here{"here"};
const TemplateNames k_names = template_names({});

template <typename Check, typename... More>
std::string fault(Check check, std::string_view text, More... more) {
    return failure([&] { static_cast<void>(check(text, more..., k_here)); });
}

TEST_CASE("config values: durations") {
    struct {
        const char* text;
        int milliseconds;
    } const good[] = {{"800ms", 800},       {"2s", 2'000},       {"5m", 300'000},
                      {"1h30m", 5'400'000}, {"1m1s1ms", 61'001}, {"24h", 86'400'000},
                      {"100ms", 100}};
    for (const auto& row : good) {
        CAPTURE(row.text);
        CHECK(checked_duration(row.text, k_deadline_bounds, k_here).count() == row.milliseconds);
        CHECK(format_duration(std::chrono::milliseconds(row.milliseconds)) == row.text);
    }
    CHECK(checked_duration("90m", k_deadline_bounds, k_here).count() == 5'400'000);
    CHECK(format_duration(std::chrono::milliseconds(0)) == "0s");

    for (const char* text : {"", "m", "5 m", "-5m", "1.5h", "5m1h", "5m5m", "5M", "5min", "5m ",
                             "1234567890s", "+5m", "5d", "0x5s", "5s6"}) {
        CAPTURE(text);
        CHECK(fault(checked_duration, text, k_deadline_bounds) ==
              "here: \"" + std::string(text == std::string("5m ") ? "5m" : text) +
                  "\" is not a duration\n"
                  "  because: a duration is made of whole numbers with the units h, m, s and ms\n"
                  "  try: 5m, 2s, 800ms or 1h30m");
    }
    CHECK(fault(checked_duration, "300", k_deadline_bounds) ==
          "here: \"300\" is not a duration\n"
          "  because: a duration is made of whole numbers with the units h, m, s and ms\n"
          "  try: 300s for seconds, 300m for minutes");
    for (const char* text : {"0s", "99ms", "24h1ms", "999999999h"}) {
        CHECK(fault(checked_duration, text, k_deadline_bounds) ==
              "here: \"" + std::string(text) +
                  "\" is out of range\n  because: from 100ms to 24h is possible here");
    }
}

TEST_CASE("config values: numbers and statuses") {
    CHECK(checked_number("1", 1, 100, k_here) == 1);
    CHECK(checked_number("100", 1, 100, k_here) == 100);
    for (const char* text : {"0", "101", "-1", "3.0", "three", "1e2", "99999999999"}) {
        CHECK(fault(checked_number, text, 1U, 100U) ==
              "here: \"" + std::string(text) + "\" is not a whole number from 1 to 100");
    }
    CHECK(checked_status("100", k_here) == StatusRange{100, 100});
    CHECK(checked_status("599", k_here) == StatusRange{599, 599});
    CHECK(checked_status("2xx", k_here) == StatusRange{200, 299});
    CHECK(checked_status("5XX", k_here) == StatusRange{500, 599});
    CHECK(checked_status("200-299", k_here) == StatusRange{200, 299});
    CHECK(checked_status("404 - 404", k_here) == StatusRange{404, 404});
    for (const char* text : {"99", "600", "0200", "-20", "2x", "6xx", "200-", "-299", "200-600",
                             "2xx-3xx", "200,204", "200-204-206"}) {
        CHECK(fault(checked_status, text) ==
              "here: \"" + std::string(text) +
                  "\" is not an HTTP status\n"
                  "  because: a status is a number from 100 to 599, a range of them, or a class\n"
                  "  try: 200\n"
                  "  try: 200-299\n"
                  "  try: 2xx");
    }
    CHECK(fault(checked_status, "299-200") ==
          "here: \"299-200\" is not a range\n"
          "  because: it ends before it begins\n"
          "  try: 200-299");
}

TEST_CASE("config values: branch names") {
    for (const char* text : {"main", "_gitlab/agents/staging", "a.b", "release/1.x", "@a", "a@b",
                             "ümlaut", "a-", "lock", "HEAD/x"}) {
        CHECK(checked_branch(text, k_here) == text);
        CHECK(checked_branch("refs/heads/" + std::string(text), k_here) == text);
    }
    struct {
        const char* text;
        const char* because;
    } const bad[] = {
        {"a b", "a branch's name has no ' '"},
        {"a~b", "a branch's name has no '~'"},
        {"a^", "a branch's name has no '^'"},
        {"a:b", "a branch's name has no ':'"},
        {"a?", "a branch's name has no '?'"},
        {"a*", "a branch's name has no '*'"},
        {"[a", "a branch's name has no '['"},
        {"a\\b", "a branch's name has no '\\'"},
        {"a..b", "a branch's name has no \"..\""},
        {"a@{1}", "\"@\", \"@{\" and \"HEAD\" mean something else to git"},
        {"@", "\"@\", \"@{\" and \"HEAD\" mean something else to git"},
        {"HEAD", "\"@\", \"@{\" and \"HEAD\" mean something else to git"},
        {"-a", "a branch's name does not begin with '-'"},
        {"a.", "a branch's name does not end with '.'"},
        {"/a", "a branch's name has no '/' at either end and none after another"},
        {"a/", "a branch's name has no '/' at either end and none after another"},
        {"a//b", "a branch's name has no '/' at either end and none after another"},
        {".a", "no part of a branch's name begins with '.'"},
        {"a/.b", "no part of a branch's name begins with '.'"},
        {"a.lock", "no part of a branch's name ends with \".lock\""},
        {"a.lock/b", "no part of a branch's name ends with \".lock\""},
    };
    for (const auto& row : bad) {
        CAPTURE(row.text);
        CHECK(fault(checked_branch, row.text) ==
              "here: \"" + std::string(row.text) +
                  "\" is not a branch name\n  because: " + row.because);
    }
    CHECK(fault(checked_branch, "refs/heads/") ==
          "here: \"refs/heads/\" is not a branch name\n  because: a branch's name is not empty");
    CHECK(fault(checked_branch, "a\nb") ==
          "here: \"a b\" is not a branch name\n"
          "  because: a branch's name has no control characters and is UTF-8");
    for (const char* text : {"refs/tags/v1", "refs/headway/x", "refs/heads"}) {
        CHECK(fault(checked_branch, text) ==
              "here: \"" + std::string(text) +
                  "\" is not a branch\n"
                  "  because: headway moves branches: refs below refs/heads/\n"
                  "  try: write the branch's name alone");
    }
    CHECK(checked_branch(std::string(240, 'a'), k_here).size() == 240);
    CHECK_FALSE(fault(checked_branch, std::string(241, 'a')) == "no failure");
}

TEST_CASE("config values: environment names") {
    for (const char* text : {"staging", "edge-1", "A", "1", "eu.west_1", "lock", "a.locked"}) {
        CHECK(checked_environment(text, k_here) == text);
    }
    CHECK(checked_environment(std::string(100, 'a'), k_here).size() == 100);
    for (const char* text : {"", "-a", ".a", "_a", "a/b", "a b", "a*", "é"}) {
        CHECK(fault(checked_environment, text) ==
              "here: \"" + std::string(text) +
                  "\" is not an environment name\n"
                  "  because: a name begins with a letter or digit, goes on with letters, digits, "
                  "'_', '.' and '-', and has at most 100 bytes");
    }
    CHECK_FALSE(fault(checked_environment, std::string(101, 'a')) == "no failure");
    for (const char* text : {"a..b", "a.", "a.lock"}) {
        CHECK(fault(checked_environment, text) ==
              "here: \"" + std::string(text) +
                  "\" is not an environment name\n"
                  "  because: it becomes part of the ledger's ref, where git allows no \"..\", no "
                  "'.' at the end and no \".lock\" at the end");
    }
}

TEST_CASE("config values: URLs") {
    for (const char* text : {"https://a.example", "http://127.0.0.1:8080/x?y=z#w",
                             "HTTPS://[::1]:443/", "http://a_b"}) {
        CHECK(checked_url(text, k_here) == text);
    }
    constexpr auto k_credentials =
        "here: the URL holds credentials\n"
        "  because: a token does not belong in the URL\n"
        "  try: remove it there, and give it as token: {env: NAME}, --token-env NAME or "
        "--token-file PATH";
    for (const char* text :
         {"https://user:s3cret@a.example/x", "https://s3cret@a.example", "https://u:a@b@a.example",
          "https://a.example/?private_token=glpat-s3cret", "ftp://u:s3cret@a.example"}) {
        CHECK(fault(checked_url, text) == k_credentials);
    }
    struct {
        const char* text;
        const char* fault;
    } const bad[] = {
        {"ftp://a.example",
         "\"ftp://a.example\" is not a web URL\n"
         "  because: it has to begin with https:// or http://"},
        {"a.example",
         "\"a.example\" is not a web URL\n  because: it has to begin with https:// or http://"},
        {"u:s3cret@a.example",
         "this is not a web URL\n  because: it has to begin with https:// or http://"},
        {"https://", "\"https://\" is not a URL\n  because: \"\" is not a host and port"},
        {"https:///x", "\"https:///x\" is not a URL\n  because: \"\" is not a host and port"},
        {"https://a.example:0",
         "\"https://a.example:0\" is not a URL\n  because: \"a.example:0\" is not a host and port"},
        {"https://a.example:65536",
         "\"https://a.example:65536\" is not a URL\n"
         "  because: \"a.example:65536\" is not a host and port"},
        {"https://a:b:c",
         "\"https://a:b:c\" is not a URL\n  because: \"a:b:c\" is not a host and port"},
        {"https://ä.example",
         "\"https://ä.example\" is not a URL\n  because: \"ä.example\" is not a host and port"},
        {"https://a.example/x y",
         "\"https://a.example/x y\" is not a URL\n"
         "  because: a space must be percent-encoded there\n"
         "  try: write it as %20"},
        {"https://a.example/{x}",
         "\"https://a.example/{x}\" is not a URL\n"
         "  because: \"{\" must be percent-encoded there\n"
         "  try: write it as %7B"},
    };
    for (const auto& row : bad) {
        CAPTURE(row.text);
        CHECK(fault(checked_url, row.text) == "here: " + std::string(row.fault));
    }
    CHECK_FALSE(fault(checked_url, "https://a/" + std::string(2048, 'a')) == "no failure");
}

TEST_CASE("config values: URLs of probes") {
    for (const char* text : {"/", "/health?deep=1", "https://a.example/${commit}",
                             "/assets/${short_commit}.js", "/${environment}"}) {
        CHECK(checked_probe_url(text, k_names, k_here) == text);
    }
    struct {
        const char* text;
        const char* fault;
    } const bad[] = {
        {"health",
         "\"health\" is not a probe's URL\n"
         "  because: it is a path below the environment's url, which begins with '/', or begins "
         "with https:// or http://"},
        {"//a.example/x",
         "\"//a.example/x\" is not a probe's URL\n"
         "  because: it is a path below the environment's url, which begins with '/', or begins "
         "with https:// or http://"},
        {"https://${environment}.example",
         "\"https://${environment}.example\" has a template in its host\n"
         "  because: the host that is asked stands in the configuration and nowhere else"},
        {"https://u:${commit}@a.example",
         "the URL holds credentials\n"
         "  because: a token does not belong in the URL\n"
         "  try: remove it there, and give it as token: {env: NAME}, --token-env NAME or "
         "--token-file PATH"},
        {"/${shortcommit}",
         "unknown template \"${shortcommit}\"\n"
         "  because: known templates: ${commit}, ${environment}, ${short_commit}, ${tag}\n"
         "  try: did you mean \"${short_commit}\"?"},
        {"/a b",
         "\"/a b\" is not a URL\n"
         "  because: a space must be percent-encoded there\n"
         "  try: write it as %20"},
    };
    for (const auto& row : bad) {
        CAPTURE(row.text);
        CHECK(fault(checked_probe_url, row.text, k_names) == "here: " + std::string(row.fault));
    }
}

TEST_CASE("config values: remotes") {
    for (const char* text : {"https://a.example/g/p.git", "http://127.0.0.1:80/x", "file:///srv/x",
                             "file://localhost/srv/x", "/srv/x.git", "./x", "../x", "x", "/"}) {
        CHECK(checked_remote(text, k_here) == text);
    }
    CHECK(checked_remote("https://a.example/g/p//", k_here) == "https://a.example/g/p");
    CHECK(is_local_remote("/srv/x"));
    CHECK(is_local_remote("file:///srv/x"));
    CHECK_FALSE(is_local_remote("https://a.example/x"));
    CHECK_FALSE(is_local_remote("git@a.example:x"));
    CHECK_FALSE(is_local_remote(""));
    constexpr auto k_credentials =
        "the URL holds credentials\n"
        "  because: a token does not belong in the URL\n"
        "  try: remove it there, and give it as token: {env: NAME}, --token-env NAME or "
        "--token-file PATH";
    struct {
        const char* text;
        const char* fault;
    } const bad[] = {
        {"git@a.example:g/p.git",
         "headway does not speak ssh\n"
         "  because: it pushes over https with an access token\n"
         "  try: https://a.example/g/p.git"},
        {"ssh://git@a.example:2222/g/p.git",
         "headway does not speak ssh\n"
         "  because: it pushes over https with an access token\n"
         "  try: https://a.example/g/p.git"},
        {"u:s3cret@a.example/x",
         "headway does not speak ssh\n"
         "  because: it pushes over https with an access token\n"
         "  try: the repository's https:// URL"},
        {"git://a.example/x",
         "\"git://a.example/x\" is not a remote that headway can talk to\n"
         "  because: a remote is an https, http or file URL, or a path"},
        {"file://host/x",
         "the file URL names a host\n"
         "  because: only repositories on this machine can be reached by path\n"
         "  try: file:///path/to/repository.git"},
        {"file://u:s3cret@/x", k_credentials},
        {"file://u:s3cret@localhost/x", k_credentials},
        {"glpat-0123456789abcdef", k_credentials},
        {"https://a.example/x?y",
         "\"https://a.example/x?y\" is not a repository's URL\n"
         "  because: it has a query or a fragment"},
    };
    for (const auto& row : bad) {
        CAPTURE(row.text);
        CHECK(fault(checked_remote, row.text) == "here: " + std::string(row.fault));
    }
    CHECK(without_credentials("https://u:p@a.example/x") == "https://a.example/x");
    CHECK(without_credentials("https://a.example/x@y") == "https://a.example/x@y");
    CHECK(without_credentials("git@a.example:x") == "a.example:x");
    CHECK(host_of("https://u:p@a.example:8443/x") == "a.example");
    CHECK(host_of("git@a.example:x") == "a.example");
    CHECK(host_of("http://[::1]:80/") == "[::1]");
    CHECK(host_of("/srv/x").empty());
    CHECK(below("https://a.example/app/?x#y", "/health") == "https://a.example/app/health");
}

TEST_CASE("config values: JSON pointers and templates") {
    for (const char* text : {"", "/", "/a/0", "/a~0b/~1", "/ü"}) {
        CHECK(checked_pointer(text, k_here) == text);
    }
    CHECK(fault(checked_pointer, "version") ==
          "here: \"version\" is not a JSON pointer\n"
          "  because: a pointer begins with '/' (RFC 6901)\n"
          "  try: /version");
    for (const char* text : {"/a~", "/~2", "/a~b"}) {
        CHECK(fault(checked_pointer, text) ==
              "here: \"" + std::string(text) +
                  "\" is not a JSON pointer\n"
                  "  because: '~' stands only in \"~0\" for itself and \"~1\" for '/' (RFC 6901)");
    }
    for (const char* text : {"", "$", "$5", "v${commit}-${short_commit} ${environment}", "}{"}) {
        CHECK(checked_template(text, k_names, k_here) == text);
    }
    CHECK(fault(checked_template, "${comit}", k_names) ==
          "here: unknown template \"${comit}\"\n"
          "  because: known templates: ${commit}, ${environment}, ${short_commit}, ${tag}\n"
          "  try: did you mean \"${commit}\"?");
    CHECK(fault(checked_template, "${commit} ${branch}", k_names) ==
          "here: unknown template \"${branch}\"\n"
          "  because: known templates: ${commit}, ${environment}, ${short_commit}, ${tag}\n"
          "  try: a name of your own: verify.variables in the file, or --var NAME=VALUE");
    CHECK(fault(checked_template, "${commit", k_names) ==
          "here: \"${commit\" has a \"${\" without its \"}\"");
}

TEST_CASE("config values: identity") {
    CHECK(checked_identity_name("Deploy Bot", k_here) == "Deploy Bot");
    CHECK(checked_identity_email("bot@a.example", k_here) == "bot@a.example");
    CHECK(fault(checked_identity_name, "a <b>") ==
          "here: \"a <b>\" is not an author's name\n"
          "  because: git wants 1 to 200 bytes without '<', '>' and control characters");
    CHECK(fault(checked_identity_email, "a\nb@c") ==
          "here: \"a b@c\" is not an e-mail address\n"
          "  because: git wants 1 to 200 bytes without '<', '>' and control characters");
    for (const char* text : {"bot", "@a", "a@", "a b@c"}) {
        CHECK(fault(checked_identity_email, text) ==
              "here: \"" + std::string(text) +
                  "\" is not an e-mail address\n  try: headway@noreply.example.com");
    }
}

TEST_CASE("config values: a user name has no colon") {
    CHECK(checked_user("x-token-auth", {"here"}) == "x-token-auth");
    for (const auto& wrong :
         {std::string(), std::string("a:b"), std::string("a\nb"), std::string(256, 'a')}) {
        CHECK_THROWS_AS(checked_user(wrong, {"here"}), Error);
    }
}

}  // namespace
}  // namespace headway::config::testing
