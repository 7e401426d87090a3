#include <catch2/catch_test_macros.hpp>

#include <functional>

#include "config_support.hpp"

/// A probe and its variables, by flags and by variables of the environment.
namespace headway::config::testing {
namespace {

using std::chrono::milliseconds;
using Named = std::map<std::string, std::string, std::less<>>;

constexpr Comparison k_equals = Comparison::equals;
constexpr Comparison k_contains = Comparison::contains;
constexpr Comparison k_matches = Comparison::matches;

/// As `verify --url` asks for it.
Flags url_flags() {
    Flags flags;
    flags.environments = {"url"};
    flags.branch_need = BranchNeed::optional;
    flags.url = "https://a.example/app";
    return flags;
}

VerifyConfiguration verification(const Flags& flags, const Named& named = {}) {
    return resolve(nullptr, flags, variables(named), {}).environments.at(0).verify;
}

std::string refusal(const Flags& flags, const Named& named = {}) {
    return failure([&] { static_cast<void>(verification(flags, named)); });
}

TEST_CASE("config probe flags: one probe of all flags") {
    Flags flags = url_flags();
    flags.probe = "/health";
    flags.method = "PUT";
    flags.header = {"Accept: application/json", "X-Commit:${commit}", "X-Empty:"};
    flags.header_env = {"Authorization=APP_TOKEN"};
    flags.body = " {\"a\": 1} ";
    flags.status = "200-299, 304,5xx";
    flags.expect = {"/version=${short_commit}", "/a~1b~0=c~d", "/build~^[0-9]+=?$", "=whole"};
    flags.expect_header = {"X-Version=v=${tag}", "Content-Type~json|xml"};
    flags.contains = {" two words ", "[ready]"};
    flags.matches = {"[0-9]", "${region}"};
    flags.max_latency = "1s";
    flags.request_timeout = "3s";
    flags.redirects = "any";
    flags.resolve = {"192.0.2.1", "::1"};
    flags.client_cert = "c.pem";
    flags.client_key = "k.pem";
    flags.watch = "10m";
    flags.var = {"region=eu=1", "empty="};
    const VerifyConfiguration verify = verification(flags);
    CHECK(verify.watch == std::chrono::minutes(10));
    CHECK(verify.watch_origin.text == "--watch");
    CHECK(verify.variables.at("region").text == "eu=1");
    CHECK(verify.variables.at("region").origin.text == "--var");
    CHECK_FALSE(verify.variables.at("region").secret);
    CHECK(verify.variables.at("empty").text.empty());
    REQUIRE(verify.probes.size() == 1);
    const ProbeConfiguration& probe = verify.probes[0];
    CHECK(probe.name == "health");
    CHECK(probe.url == "https://a.example/app/health");
    CHECK(probe.origin.text == "--probe");
    CHECK(probe.method == HttpMethod::put);
    REQUIRE(probe.headers.size() == 4);
    CHECK(probe.headers[0].value.text == "application/json");
    CHECK(probe.headers[1].name == "X-Commit");
    CHECK(probe.headers[1].value.text == "${commit}");
    CHECK(probe.headers[2].value.text.empty());
    CHECK(probe.headers[3].value.reference->describe() == "$APP_TOKEN");
    CHECK(probe.headers[3].value.secret);
    CHECK(probe.body.text == " {\"a\": 1} ");
    CHECK(probe.status == std::vector<StatusRange>{{200, 299}, {304, 304}, {500, 599}});
    CHECK(probe.json == std::vector<Expectation>{{"/version", k_equals, "${short_commit}"},
                                                 {"/a~1b~0", k_equals, "c~d"},
                                                 {"/build", k_matches, "^[0-9]+=?$"},
                                                 {"", k_equals, "whole"}});
    CHECK(probe.answer_headers ==
          std::vector<Expectation>{{"X-Version", k_equals, "v=${tag}"},
                                   {"Content-Type", k_matches, "json|xml"}});
    CHECK(probe.answer_body == std::vector<Expectation>{{"", k_contains, " two words "},
                                                        {"", k_contains, "[ready]"},
                                                        {"", k_matches, "[0-9]"},
                                                        {"", k_matches, "${region}"}});
    CHECK(probe.max_latency == milliseconds(1'000));
    CHECK(probe.timeout == milliseconds(3'000));
    CHECK(probe.redirects == Redirects::any);
    CHECK(probe.addresses == std::vector<std::string>{"192.0.2.1", "::1"});
    CHECK(probe.client_certificate == "c.pem");
    CHECK(probe.client_key == "k.pem");
}

TEST_CASE("config probe flags: one probe of all variables") {
    Flags flags = url_flags();
    flags.url.reset();
    const Named named{{"HEADWAY_URL", "https://v.example"},
                      {"HEADWAY_PROBE", "/up"},
                      {"HEADWAY_METHOD", "POST"},
                      {"HEADWAY_HEADER", "Accept: a/b\n  X-A: b\n\n"},
                      {"HEADWAY_HEADER_ENV", "Cookie=C"},
                      {"HEADWAY_BODY_FILE", "/run/body"},
                      {"HEADWAY_STATUS", "2xx"},
                      {"HEADWAY_EXPECT", "/version=${commit}\n/ok~^t\n"},
                      {"HEADWAY_EXPECT_HEADER", "V=${tag}"},
                      {"HEADWAY_CONTAINS", "a\nb"},
                      {"HEADWAY_MATCHES", "c$"},
                      {"HEADWAY_MAX_LATENCY", "2s"},
                      {"HEADWAY_REQUEST_TIMEOUT", "4s"},
                      {"HEADWAY_REDIRECTS", "same-origin"},
                      {"HEADWAY_UNIX_SOCKET", "/run/app.sock"},
                      {"HEADWAY_CLIENT_CERT", "/run/c.pem"},
                      {"HEADWAY_CLIENT_KEY", "/run/k.pem"},
                      {"HEADWAY_WATCH", "1m"},
                      {"HEADWAY_VAR", "a=1\nb=2"}};
    const VerifyConfiguration verify = verification(flags, named);
    CHECK(verify.watch == std::chrono::minutes(1));
    CHECK(verify.variables.size() == 2);
    const ProbeConfiguration& probe = verify.probes.at(0);
    CHECK(probe.url == "https://v.example/up");
    CHECK(probe.origin.text == "HEADWAY_PROBE");
    CHECK(probe.method == HttpMethod::post);
    REQUIRE(probe.headers.size() == 3);
    CHECK(probe.headers[1].name == "X-A");
    CHECK(probe.headers[2].value.reference->origin.text == "HEADWAY_HEADER_ENV");
    CHECK(probe.body.reference->describe() == "file /run/body");
    CHECK(probe.body.secret);
    CHECK(probe.status == std::vector<StatusRange>{{200, 299}});
    CHECK(probe.json.size() == 2);
    CHECK(probe.answer_headers.size() == 1);
    CHECK(probe.answer_body.size() == 3);
    CHECK(probe.max_latency == milliseconds(2'000));
    CHECK(probe.timeout == milliseconds(4'000));
    CHECK(probe.redirects == Redirects::same_origin);
    CHECK(probe.unix_socket == "/run/app.sock");
    CHECK(probe.client_certificate == "/run/c.pem");
    CHECK(probe.client_key == "/run/k.pem");

    // A flag comes before its variable, as a whole.
    flags.contains = {"z"};
    flags.body = "text";
    CHECK(verification(flags, named).probes.at(0).answer_body ==
          std::vector<Expectation>{{"", k_contains, "z"}, {"", k_matches, "c$"}});
    CHECK(verification(flags, named).probes.at(0).body.text == "text");
    Named addresses{{"HEADWAY_RESOLVE", "192.0.2.1\n192.0.2.2"}};
    CHECK(verification(url_flags(), addresses).probes.at(0).addresses.size() == 2);
}

TEST_CASE("config probe flags: each of them alone makes the one probe") {
    const std::string file = R"(
environments:
  s:
    branch: b
    url: https://a.example
    verify: {variables: {region: eu}, probes: [{url: /one}, {url: /two}]}
)";
    const FileConfiguration parsed = parse_file(file, "f.yml");
    struct Row {
        const char* name;
        std::function<void(Flags&)> set;
    };
    const std::vector<Row> rows{
        {"--probe", [](Flags& flags) { flags.probe = "/${region}"; }},
        {"--method", [](Flags& flags) { flags.method = "HEAD"; }},
        {"--header", [](Flags& flags) { flags.header = {"A: ${region}"}; }},
        {"--header-env", [](Flags& flags) { flags.header_env = {"A=B"}; }},
        {"--status", [](Flags& flags) { flags.status = "204"; }},
        {"--expect", [](Flags& flags) { flags.expect = {"/a=${region}"}; }},
        {"--expect-header", [](Flags& flags) { flags.expect_header = {"A=b"}; }},
        {"--contains", [](Flags& flags) { flags.contains = {"${region}"}; }},
        {"--matches", [](Flags& flags) { flags.matches = {"^${region}$"}; }},
        {"--max-latency", [](Flags& flags) { flags.max_latency = "1s"; }},
        {"--request-timeout", [](Flags& flags) { flags.request_timeout = "1s"; }},
        {"--redirects", [](Flags& flags) { flags.redirects = "any"; }},
        {"--resolve", [](Flags& flags) { flags.resolve = {"::1"}; }},
        {"--unix-socket", [](Flags& flags) { flags.unix_socket = "/s"; }},
        {"--client-cert", [](Flags& flags) { flags.client_cert = "c"; }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Flags flags;
        flags.environments = {"s"};
        row.set(flags);
        const auto verify = resolve(&parsed, flags, variables(), {}).environments.at(0).verify;
        REQUIRE(verify.probes.size() == 1);
        CHECK(verify.probes[0].origin.text == row.name);
        CHECK(verify.probes[0].url.starts_with("https://a.example"));
        CHECK(verify.variables.size() == 1);
    }
    Flags flags;
    flags.environments = {"s"};
    flags.var = {"region=us", "more=x"};
    flags.watch = "1s";
    flags.tag = "v1";
    const auto verify = resolve(&parsed, flags, variables(), {}).environments.at(0).verify;
    CHECK(verify.probes.size() == 2);
    CHECK(verify.variables.at("region").text == "us");
    CHECK(verify.variables.at("more").text == "x");
    CHECK(verify.watch == milliseconds(1'000));
}

struct Refused {
    std::function<void(Flags&)> set;
    std::string failure;
};

TEST_CASE("config probe flags: what is refused") {
    const std::vector<Refused> rows{
        {[](Flags& flags) { flags.header = {"Accept"}; },
         "--header: this is not a header\n"
         "  because: a header is a name, ':' and a value; the text is not shown, as it may hold a "
         "secret\n"
         "  try: --header 'Accept: application/json'"},
        {[](Flags& flags) { flags.header = {"Authorization: Bearer s3cret"}; },
         "--header: the value of the header \"Authorization\" must not stand here\n"
         "  because: a secret is never written into the configuration\n"
         "  try: --header-env 'Authorization=NAME'"},
        {[](Flags& flags) { flags.header = {"X-A: glpat-s3cret"}; },
         "--header: the value of the header \"X-A\" must not stand here\n"
         "  because: a secret is never written into the configuration\n"
         "  try: --header-env 'X-A=NAME'"},
        {[](Flags& flags) { flags.header = {"Expect: x"}; },
         "--header: the header \"Expect\" cannot be set\n"
         "  because: it tells how the request is sent, which headway decides\n"
         "  try: leave it out"},
        {[](Flags& flags) { flags.header_env = {"Authorization: s3cret"}; },
         "--header-env: this is not a header and a variable\n"
         "  because: it takes the header's name, '=' and the variable's name; the text is not "
         "shown, as it may hold a secret\n"
         "  try: --header-env 'Authorization=NAME'"},
        {[](Flags& flags) { flags.header_env = {"Authorization=Bearer s3cret"}; },
         "--header-env: this is not the name of an environment variable\n"
         "  because: a name has letters, digits and '_' and no digit in front; the text is not "
         "shown, as it may be the secret itself\n"
         "  try: give the variable's name, without '$', and the secret as its value"},
        {[](Flags& flags) {
             flags.header = {"A: x"};
             flags.header_env = {"a=B"};
         },
         "--header-env: the header \"a\" is given twice\n"
         "  because: upper and lower case are the same in a header's name\n"
         "  try: keep one of the two"},
        {[](Flags& flags) { flags.body = "x"; },
         "--body: a GET request has no body\n"
         "  because: servers may take one amiss (RFC 9110, section 9.3)\n"
         "  try: method: POST in the file, or --method POST"},
        {[](Flags& flags) {
             flags.method = "POST";
             flags.body = "x";
             flags.body_file = "y";
         },
         "--body-file: --body is given as well\n"
         "  because: a request has one body\n"
         "  try: keep one of the two"},
        {[](Flags& flags) {
             flags.method = "POST";
             flags.body = "glpat-s3cret";
         },
         "--body: the body looks as if there were a secret in it\n"
         "  because: a secret is never written into the configuration\n"
         "  try: --body-file FILE"},
        {[](Flags& flags) { flags.status = "200,"; },
         "--status: \"\" is not an HTTP status\n"
         "  because: a status is a number from 100 to 599, a range of them, or a class\n"
         "  try: 200\n  try: 200-299\n  try: 2xx"},
        {[](Flags& flags) { flags.expect = {"/version"}; },
         "--expect: \"/version\" is not an expectation\n"
         "  because: an expectation is a JSON pointer, '=' and the expected text, or '~' and a "
         "regular expression\n"
         "  try: /version=${short_commit}\n  try: /version~^[0-9]"},
        {[](Flags& flags) { flags.expect = {"version=1"}; },
         "--expect: \"version\" is not a JSON pointer\n"
         "  because: a pointer begins with '/' (RFC 6901)\n"
         "  try: /version"},
        {[](Flags& flags) { flags.expect = {"/v~(a"}; },
         "--expect: \"(a\" is not a regular expression\n"
         "  because: missing closing parenthesis, at byte 3"},
        {[](Flags& flags) { flags.expect_header = {"X-Version"}; },
         "--expect-header: \"X-Version\" is not an expectation\n"
         "  because: an expectation is a header's name, '=' and the expected text, or '~' and a "
         "regular expression\n"
         "  try: X-Version=${tag}\n  try: Content-Type~json"},
        {[](Flags& flags) { flags.matches = {"a{2}{"}; }, "no failure"},
        {[](Flags& flags) { flags.matches = {"[a"}; },
         "--matches: \"[a\" is not a regular expression\n"
         "  because: missing terminating ] for character class, at byte 3"},
        {[](Flags& flags) { flags.contains = {"${region}"}; },
         "--contains: unknown template \"${region}\"\n"
         "  because: known templates: ${commit}, ${environment}, ${short_commit}, ${tag}\n"
         "  try: a name of your own: verify.variables in the file, or --var NAME=VALUE"},
        {[](Flags& flags) { flags.contains = {" "}; },
         "--contains: the flag has no value\n  try: give it a value, or leave it out"},
        {[](Flags& flags) { flags.client_key = "k"; },
         "--client-key: the key of a client certificate is given without it\n"
         "  try: client_certificate: PATH in the file, or --client-cert PATH"},
        {[](Flags& flags) {
             flags.unix_socket = "/s";
             flags.resolve = {"::1"};
         },
         "--resolve: addresses are given, and a unix socket as well\n"
         "  because: a request goes to one of the two\n"
         "  try: keep one of the two"},
        {[](Flags& flags) { flags.var = {"region"}; },
         "--var: this is not a variable\n"
         "  because: it takes a name, '=' and a value; the text is not shown, as it may hold a "
         "secret\n"
         "  try: --var region=eu-1"},
        {[](Flags& flags) {
             flags.var = {"a=1", "a=2"};
         },
         "--var: the variable \"a\" is given twice\n  try: keep one of the two"},
        {[](Flags& flags) { flags.var = {"tag=1"}; },
         "--var: \"tag\" already has a meaning\n"
         "  because: headway fills in ${tag} itself\n"
         "  try: give it another name"},
        {[](Flags& flags) { flags.var = {"a=glpat-s3cret"}; },
         "--var: the variable \"a\" takes {env: NAME} or {file: PATH}\n"
         "  because: a secret is never written into the configuration\n"
         "  try: verify.variables: {a: {env: NAME}} in the file"},
        {[](Flags& flags) { flags.watch = "25h"; },
         "--watch: \"25h\" is out of range\n  because: from 0s to 24h is possible here"},
        {[](Flags& flags) { flags.max_latency = "11m"; },
         "--max-latency: \"11m\" is out of range\n  because: from 1ms to 10m is possible here"},
        {[](Flags& flags) { flags.tag = "v 1"; },
         "--tag: \"v 1\" is not a tag's name\n"
         "  because: git allows no spaces, control characters, \"..\" and none of ~^:?*[\\ in it\n"
         "  try: --tag v1.2.3"},
    };
    for (const Refused& row : rows) {
        Flags flags = url_flags();
        row.set(flags);
        CHECK(refusal(flags) == row.failure);
    }
    CHECK(refusal(url_flags(), {{"HEADWAY_MATCHES", "a\n(b"}}) ==
          "HEADWAY_MATCHES: \"(b\" is not a regular expression\n"
          "  because: missing closing parenthesis, at byte 3");
    Flags none = url_flags();
    none.url.reset();
    none.contains = {"x"};
    CHECK(refusal(none) ==
          "--contains: there is no URL to ask\n"
          "  because: environment \"url\" has no url\n"
          "  try: url: https://… in the file, or --url https://…");
}

}  // namespace
}  // namespace headway::config::testing
