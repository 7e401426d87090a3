#include <catch2/catch_test_macros.hpp>

#include "config_probe_support.hpp"

/// What a file must not say of probes, and where it says so.
namespace headway::config::testing {
namespace {

TEST_CASE("config probes: requests that are refused") {
    const auto own = [](const std::string& name) {
        return "the header \"" + name +
               "\" cannot be set\n"
               "  because: it tells how the request is sent, which headway decides\n"
               "  try: leave it out";
    };
    const std::string body_of_get =
        " request has no body\n"
        "  because: servers may take one amiss (RFC 9110, section 9.3)\n"
        "  try: method: POST in the file, or --method POST";
    check({
        {"method: TRACE",
         "\"TRACE\" is not a method that a probe can use\n"
         "  because: known are GET, HEAD, POST, PUT, PATCH, DELETE"},
        {"method: PST",
         "\"PST\" is not a method that a probe can use\n"
         "  because: known are GET, HEAD, POST, PUT, PATCH, DELETE\n"
         "  try: did you mean \"POST\"?"},
        {"headers: {Content-Length: 3}", own("Content-Length")},
        {"headers: {transfer-encoding: chunked}", own("transfer-encoding")},
        {"headers: {CONNECTION: close}", own("CONNECTION")},
        {"headers: {Expect: 100-continue}", own("Expect")},
        {"headers: {'a b': c}",
         "\"a b\" is not a header's name\n"
         "  because: a name has letters, digits and '-', and at most 100 bytes (RFC 9110)"},
        {"headers: {A: b, a: c}",
         "the header \"a\" is given twice\n"
         "  because: upper and lower case are the same in a header's name\n"
         "  try: keep one of the two"},
        {"headers: {A: \"x\\ny\"}",
         "\"A\" has a control character or several lines\n"
         "  try: write the value in one line"},
        {"headers: {}", "\"headers\" names nothing\n  try: headers: {Accept: application/json}"},
        {"headers: [A]", "\"headers\" takes a map, and here is a list"},
        {"headers: {A: [b]}",
         "\"A\" takes {env: NAME} or {file: PATH}\n"
         "  because: a header's value is one of these, or text\n"
         "  try: A: {env: NAME}"},
        {"headers: {A: }", "\"A\" has no value\n  try: write a value, or remove the key"},
        {"headers: {A: {env: B, secret: maybe}}",
         "\"maybe\" is neither true nor false\n"
         "  try: secret: false, where everybody may see the value"},
        {"headers: {A: {secret: true}}",
         "\"A\" takes {env: NAME} or {file: PATH}\n"
         "  because: exactly one of the two\n"
         "  try: A: {env: NAME}"},
        {"body: x", "a GET" + body_of_get},
        {"method: HEAD, body: {env: B}", "a HEAD" + body_of_get},
        {"method: POST, body: ''",
         "\"body\" has no value\n  try: write a value, or remove the key"},
        {"method: POST, body: {ping: true}",
         "\"body\" takes {env: NAME} or {file: PATH}\n"
         "  because: a body is one of these, or text\n"
         "  try: body: '{\"ping\": true}'"},
        {"method: POST, body: " + std::string(16'385, 'x'),
         "the body is too long\n"
         "  because: it has 16385 bytes, and at most 16384 can stand here\n"
         "  try: body: {file: PATH}"},
        {"redirects: follow",
         "\"follow\" is not what can be done with a redirect\n"
         "  because: known are none, same-origin, any"},
        {"redirects: same_origin",
         "\"same_origin\" is not what can be done with a redirect\n"
         "  because: known are none, same-origin, any\n"
         "  try: did you mean \"same-origin\"?"},
        {"client_key: k.pem",
         "the key of a client certificate is given without it\n"
         "  try: client_certificate: PATH in the file, or --client-cert PATH"},
        {"unix_socket: /run/a.sock, resolve: 192.0.2.1",
         "addresses are given, and a unix socket as well\n"
         "  because: a request goes to one of the two\n"
         "  try: keep one of the two"},
        {"unix_socket: /" + std::string(107, 'a'),
         "the socket's path is too long\n"
         "  because: it has 108 bytes, and unix(7) allows 107"},
        {"unix_socket: $APP_SOCKET",
         "\"$APP_SOCKET\" is not a socket's path\n"
         "  because: no variable is looked up here\n"
         "  try: write the path itself"},
        {"resolve: localhost",
         "\"localhost\" is not an IP address\n"
         "  because: an address stands without brackets, port and name\n"
         "  try: 192.0.2.1\n"
         "  try: 2001:db8::1"},
        {"resolve: ['[::1]']",
         "\"[::1]\" is not an IP address\n"
         "  because: an address stands without brackets, port and name\n"
         "  try: 192.0.2.1\n"
         "  try: 2001:db8::1"},
        {"resolve: []", "\"resolve\" has no value\n  try: write a value, or remove the key"},
        {"timeout: 11m", "\"11m\" is out of range\n  because: from 1ms to 10m is possible here"},
    });
}

TEST_CASE("config probes: answers that are refused") {
    const std::string unknown =
        "  because: known templates: ${commit}, ${environment}, ${short_commit}, ${tag}\n";
    check({
        {"status: 2x",
         "\"2x\" is not an HTTP status\n"
         "  because: a status is a number from 100 to 599, a range of them, or a class\n"
         "  try: 200\n  try: 200-299\n  try: 2xx"},
        {"status: {a: b}", "\"status\" takes text, and here is a map"},
        {"json: {version: x}",
         "\"version\" is not a JSON pointer\n"
         "  because: a pointer begins with '/' (RFC 6901)\n"
         "  try: /version"},
        {"json: {/v: {}}",
         "an expectation is a text or a regular expression\n"
         "  because: exactly one of the two\n"
         "  try: {equals: TEXT}\n  try: {matches: REGEX}"},
        {"json: {/v: {equals: a, matches: b}}",
         "an expectation is a text or a regular expression\n"
         "  because: exactly one of the two\n"
         "  try: {equals: TEXT}\n  try: {matches: REGEX}"},
        {"json: {/v: [a]}", "\"/v\" takes text, and here is a list"},
        {"json: {}", "\"json\" names nothing\n  try: json: {/version: \"${short_commit}\"}"},
        {"json: {/v: {matches: '(a'}}",
         "\"(a\" is not a regular expression\n"
         "  because: missing closing parenthesis, at byte 3"},
        {"json: {/v: {matches: 'v${commit}[z-a]'}}",
         "\"v${commit}[z-a]\" is not a regular expression\n"
         "  because: range out of order in character class, at byte 14"},
        {"matches: '*'",
         "\"*\" is not a regular expression\n"
         "  because: quantifier does not follow a repeatable item, at byte 1"},
        {"contains: ''", "\"contains\" has no value\n  try: write a value, or remove the key"},
        {"contains: []", "\"contains\" has no value\n  try: write a value, or remove the key"},
        {"contains: " + std::string(1'025, 'x'),
         "the expected text is too long\n  because: it has at most 1024 bytes"},
        {"answer_headers: {'a:b': c}",
         "\"a:b\" is not a header's name\n"
         "  because: a name has letters, digits and '-', and at most 100 bytes (RFC 9110)"},
        {"answer_headers: {}",
         "\"answer_headers\" names nothing\n  try: answer_headers: {X-Version: \"${tag}\"}"},
        {"contains: '${comit}'",
         "unknown template \"${comit}\"\n" + unknown + "  try: did you mean \"${commit}\"?"},
        {"answer_headers: {V: '${tagg}'}",
         "unknown template \"${tagg}\"\n" + unknown + "  try: did you mean \"${tag}\"?"},
        {"matches: '${a'", "\"${a\" has a \"${\" without its \"}\""},
        {"headers: {A: '${region}'}",
         "unknown template \"${region}\"\n" + unknown +
             "  try: a name of your own: verify.variables in the file, or --var NAME=VALUE"},
        {"method: POST, body: '${x}'",
         "unknown template \"${x}\"\n" + unknown +
             "  try: a name of your own: verify.variables in the file, or --var NAME=VALUE"},
    });
    std::string many = "contains: [a0";
    for (int index = 1; index <= 50; ++index) {
        many += ", a" + std::to_string(index);
    }
    CHECK(probe_refusal(many + "]") ==
          "\"contains\" is too long\n  because: it has 51 items, and at most 50 are possible");
    // The places of keys and values.
    CHECK(parse_failure("environments:\n  s:\n    branch: b\n    verify:\n      probes:\n"
                        "        - url: /\n          json:\n            /v: {matches: '('}\n")
              .starts_with("f.yml:8:27: \"(\" is not a regular expression"));
    CHECK(parse_failure("environments:\n  s:\n    branch: b\n    verify:\n      probes:\n"
                        "        - url: /\n          body: x\n")
              .starts_with("f.yml:7:17: a GET request has no body"));
}

TEST_CASE("config probes: a secret in the file is refused and not repeated") {
    for (const std::string name : {"Authorization", "proxy-authorization", "Cookie", "X-Api-Key",
                                   "PRIVATE-TOKEN", "X-Client-Secret", "X-Password"}) {
        CHECK(probe_refusal("headers: {" + name + ": s3cret}") ==
              "the value of the header \"" + name +
                  "\" must not stand here\n"
                  "  because: a secret is never written into the configuration\n"
                  "  try: " +
                  name + ": {env: NAME}");
    }
    const std::string token = "glpat-0123456789abcdef";
    check({
        {"headers: {X-Plain: 'Bearer " + token + "'}",
         "the value of the header \"X-Plain\" must not stand here\n"
         "  because: a secret is never written into the configuration\n"
         "  try: X-Plain: {env: NAME}"},
        {"method: POST, body: '{\"t\": \"" + token + "\"}'",
         "the body looks as if there were a secret in it\n"
         "  because: a secret is never written into the configuration\n"
         "  try: body: {file: PATH}"},
        {"contains: " + token,
         "the text looks like a secret\n"
         "  because: a secret is never written into the configuration\n"
         "  try: verify.variables: {name: {env: NAME}} in the file, and ${name} here"},
        {"matches: '" + token + "('",
         "the text looks like a secret\n"
         "  because: a secret is never written into the configuration\n"
         "  try: verify.variables: {name: {env: NAME}} in the file, and ${name} here"},
    });
    for (const std::string& keys :
         {"headers: {" + token + ": x y, " + token + ": z}", "headers: {'" + token + " ': x}",
          "method: " + token, "redirects: " + token, "status: " + token, "resolve: " + token,
          "unix_socket: " + token, "ca_file: " + token, "client_certificate: " + token,
          "client_key: " + token, "name: x, json: {" + token + ": x}",
          "answer_headers: {'" + token + ":': x}", "headers: {A: {env: " + token + "}}",
          "headers: {A: {file: " + token + "}}", "headers: {A: {" + token + ": x}}",
          "headers: {A: {env: B, secret: " + token + "}}", "contains: '${" + token + "}'",
          "timeout: " + token}) {
        CAPTURE(keys);
        const std::string text = probe_refusal(keys);
        CHECK(text != "no failure");
        CHECK(text.find("0123456789") == std::string::npos);
    }
}

TEST_CASE("config probes: variables and watch") {
    const auto rows = std::vector<Row>{
        {"{variables: {commit: x}}",
         "\"commit\" already has a meaning\n"
         "  because: headway fills in ${commit} itself\n"
         "  try: give it another name"},
        {"{variables: {1a: x}}",
         "\"1a\" is not a variable's name\n"
         "  because: a name has letters, digits and '_', no digit in front, and at most 100 bytes"},
        {"{variables: {a-b: x}}",
         "\"a-b\" is not a variable's name\n"
         "  because: a name has letters, digits and '_', no digit in front, and at most 100 bytes"},
        {"{variables: {a: '${tag}'}}",
         "the variable \"a\" has a template in it\n"
         "  because: a variable's value is taken as it is\n"
         "  try: write the template where the variable is used"},
        {"{variables: {a: ghp_0123456789}}",
         "the variable \"a\" takes {env: NAME} or {file: PATH}\n"
         "  because: a secret is never written into the configuration\n"
         "  try: verify.variables: {a: {env: NAME}} in the file"},
        {"{variables: {a: [b]}}",
         "\"a\" takes {env: NAME} or {file: PATH}\n"
         "  because: a variable's value is one of these, or text\n"
         "  try: a: {env: NAME}"},
        {"{variables: {}}", "\"variables\" names nothing\n  try: variables: {region: eu-1}"},
        {"{variables: {a: " + std::string(1'025, 'x') + "}}",
         "the variable \"a\" is too long\n  because: it has at most 1024 bytes"},
        {"{variables: {region: x}, probes: [{url: '/${regoin}'}]}",
         "unknown template \"${regoin}\"\n"
         "  because: known templates: ${commit}, ${environment}, ${region}, ${short_commit}, "
         "${tag}\n"
         "  try: did you mean \"${region}\"?"},
        {"{watch: 25h}", "\"25h\" is out of range\n  because: from 0s to 24h is possible here"},
        {"{watch: 10}",
         "\"10\" is not a duration\n"
         "  because: a duration is made of whole numbers with the units h, m, s and ms\n"
         "  try: 10s for seconds, 10m for minutes"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.keys);
        CHECK(refusal(row.keys) == row.failure);
    }
    // Those of another environment do not count.
    CHECK(parse_failure("environments:\n"
                        "  a: {branch: a, verify: {variables: {x: y}}}\n"
                        "  b: {branch: b, verify: {probes: [{url: '/${x}'}]}}\n")
              .starts_with("f.yml:3:42: unknown template \"${x}\""));
}

}  // namespace
}  // namespace headway::config::testing
