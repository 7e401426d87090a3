#include <catch2/catch_test_macros.hpp>

#include "config_probe_support.hpp"

/// What a file says of probes: every key, in every form.
namespace headway::config::testing {
namespace {

using std::chrono::milliseconds;

TEST_CASE("config probes: all keys") {
    const FileEnvironment read = parse_file(R"yaml(
environments:
  s:
    branch: b
    verify:
      watch: 10m
      variables:
        region: eu-1
        empty: ""
        key: {env: APP_KEY}
        seen: {env: APP_SEEN, secret: false}
        filed: {file: $APP_FILE, secret: true}
      probes:
        - name: all
          url: /check/${region}
          method: post
          headers:
            Accept: application/json
            Host: www.example.com
            X-Region: "${region} ${environment}"
            X-Empty: ""
            Authorization: {env: APP_AUTHORIZATION}
            X-Trace-Key: {file: /run/trace, secret: false}
          body: |
            {"commit": "${commit}",
             "region": "${region}"}
          status: [200, 3xx, 404-405]
          json:
            /version: "${short_commit}"
            /build: {matches: "^${tag}(\\+[0-9]+)?$"}
            "": {equals: whole}
          answer_headers:
            X-Version: "${tag}"
            Content-Type: {matches: "^application/(json|xml)"}
          contains: [ready, "${commit}"]
          matches: "(?i)ok\\b"
          timeout: 3s
          max_latency: 1s
          redirects: same-origin
          ca_file: $APP_CA
          client_certificate: /run/client.pem
          client_key: /run/client.key
          resolve: [192.0.2.1, "2001:db8::1", 192.0.2.1]
        - {name: socket, url: "http://app/", unix_socket: /run/app.sock, body: {file: f.json}, method: PUT}
)yaml",
                                            ".headway.yml")
                                     .environments.at(0);
    CHECK(read.watch->value == std::chrono::minutes(10));
    CHECK(read.watch->origin.text == ".headway.yml:6:14");
    CHECK(read.variables.size() == 5);
    CHECK(read.variables.at("region").text == "eu-1");
    CHECK_FALSE(read.variables.at("region").secret);
    CHECK(read.variables.at("region").origin.text == ".headway.yml:8:17");
    CHECK(read.variables.at("empty").text.empty());
    CHECK(read.variables.at("key").reference->describe() == "$APP_KEY");
    CHECK(read.variables.at("key").secret);
    CHECK_FALSE(read.variables.at("seen").secret);
    CHECK(read.variables.at("filed").reference->describe() == "file $APP_FILE");
    CHECK(read.variables.at("filed").secret);

    const ProbeConfiguration& all = read.probes.at(0);
    CHECK(all.name == "all");
    CHECK(all.url == "/check/${region}");
    CHECK(all.origin.text == ".headway.yml:15:16");
    CHECK(all.method == HttpMethod::post);
    REQUIRE(all.headers.size() == 6);
    CHECK(all.headers[0].name == "Accept");
    CHECK(all.headers[0].value.text == "application/json");
    CHECK_FALSE(all.headers[0].value.secret);
    CHECK(all.headers[2].value.text == "${region} ${environment}");
    CHECK(all.headers[3].value.text.empty());
    CHECK(all.headers[4].value.reference->describe() == "$APP_AUTHORIZATION");
    CHECK(all.headers[4].value.secret);
    CHECK(all.headers[5].value.reference->describe() == "file /run/trace");
    CHECK_FALSE(all.headers[5].value.secret);
    CHECK(all.body.text == "{\"commit\": \"${commit}\",\n \"region\": \"${region}\"}\n");
    CHECK_FALSE(all.body.secret);
    CHECK(all.status == std::vector<StatusRange>{{200, 200}, {300, 399}, {404, 405}});
    CHECK(all.json == std::vector<Expectation>{{"/version", k_equals, "${short_commit}"},
                                               {"/build", k_matches, "^${tag}(\\+[0-9]+)?$"},
                                               {"", k_equals, "whole"}});
    CHECK(all.answer_headers ==
          std::vector<Expectation>{{"X-Version", k_equals, "${tag}"},
                                   {"Content-Type", k_matches, "^application/(json|xml)"}});
    CHECK(all.answer_body == std::vector<Expectation>{{"", k_contains, "ready"},
                                                      {"", k_contains, "${commit}"},
                                                      {"", k_matches, "(?i)ok\\b"}});
    CHECK(all.timeout == milliseconds(3'000));
    CHECK(all.max_latency == milliseconds(1'000));
    CHECK(all.redirects == Redirects::same_origin);
    CHECK(all.ca_file == "$APP_CA");
    CHECK(all.client_certificate == "/run/client.pem");
    CHECK(all.client_key == "/run/client.key");
    CHECK(all.addresses == std::vector<std::string>{"192.0.2.1", "2001:db8::1"});
    CHECK(all.proves_version());

    const ProbeConfiguration& socket = read.probes.at(1);
    CHECK(socket.unix_socket == "/run/app.sock");
    CHECK(socket.body.reference->describe() == "file f.json");
    CHECK(socket.body.secret);
    CHECK(socket.method == HttpMethod::put);
    CHECK_FALSE(socket.proves_version());
}

TEST_CASE("config probes: defaults, and other forms of the same") {
    const ProbeConfiguration plain = environment("{probes: [{url: /up}]}").probes.at(0);
    CHECK(plain.name == "/up");
    CHECK(plain.method == HttpMethod::get);
    CHECK(plain.status == std::vector<StatusRange>{{200, 200}});
    CHECK(plain.redirects == Redirects::none);
    CHECK(plain.headers.empty());
    CHECK_FALSE(plain.body.reference.has_value());
    CHECK(plain.timeout == milliseconds(10'000));
    CHECK_FALSE(environment("{probes: [{url: /up}]}").watch.has_value());
    CHECK(environment("{watch: 0s}").watch->value == milliseconds(0));

    const std::vector<std::pair<std::string, HttpMethod>> methods{
        {"GET", HttpMethod::get}, {"HEAD", HttpMethod::head},   {"POST", HttpMethod::post},
        {"PUT", HttpMethod::put}, {"PATCH", HttpMethod::patch}, {"delete", HttpMethod::del}};
    for (const auto& [word, method] : methods) {
        CHECK(probe("method: " + word).method == method);
    }
    const std::vector<std::pair<std::string, Redirects>> redirects{
        {"none", Redirects::none},
        {"same-origin", Redirects::same_origin},
        {"any", Redirects::any}};
    for (const auto& [word, value] : redirects) {
        CHECK(probe("redirects: " + word).redirects == value);
    }
    CHECK(probe("status: 2xx").status == std::vector<StatusRange>{{200, 299}});
    CHECK(probe("status: [204, 204]").status == std::vector<StatusRange>{{204, 204}});
    CHECK(probe("contains: ok").answer_body == std::vector<Expectation>{{"", k_contains, "ok"}});
    CHECK(probe("contains: ' a '").answer_body ==
          std::vector<Expectation>{{"", k_contains, " a "}});
    CHECK(probe("matches: [a, b]").answer_body ==
          std::vector<Expectation>{{"", k_matches, "a"}, {"", k_matches, "b"}});
    CHECK(probe("resolve: '::1'").addresses == std::vector<std::string>{"::1"});
    CHECK(probe("json: {/ok: true, /n: 3, /null: 'null'}").json ==
          std::vector<Expectation>{
              {"/ok", k_equals, "true"}, {"/n", k_equals, "3"}, {"/null", k_equals, "null"}});
    CHECK(probe("method: DELETE, body: {env: B}").body.reference->describe() == "$B");
    // Merge keys, as everywhere in the file.
    CHECK(probe("headers: {<<: {A: x, B: y}, B: z}").headers.size() == 2);
    CHECK(probe("headers: {X-Key: {<<: {env: A}, secret: false}}").headers.at(0).value.secret ==
          false);
}

TEST_CASE("config probes: what proves the version") {
    for (const char* keys :
         {"json: {/v: '${commit}'}", "json: {/v: {matches: '${short_commit}'}}",
          "answer_headers: {V: '${tag}'}", "contains: '${commit}'", "matches: 'v${tag}'"}) {
        CAPTURE(keys);
        CHECK(probe(keys).proves_version());
    }
    CHECK(environment("{probes: [{url: '/${commit}'}]}").probes.at(0).proves_version());
    for (const char* keys : {"json: {/v: '${environment}'}", "contains: commit",
                             "headers: {V: '${commit}'}", "method: POST, body: '${commit}'"}) {
        CAPTURE(keys);
        CHECK_FALSE(probe(keys).proves_version());
    }
}

TEST_CASE("config probes: unknown keys lead to what is meant") {
    const std::string known =
        "  because: known keys here: answer_headers, body, ca_file, client_certificate, "
        "client_key, contains, headers, json, matches, max_latency, method, name, redirects, "
        "resolve, status, timeout, unix_socket, url";
    const std::vector<std::pair<std::string, std::string>> rows{
        {"regex", "did you mean \"matches\"?"},
        {"version", "json: {/version: \"${short_commit}\"}"},
        {"json_pointer", "json: {/version: \"${short_commit}\"}"},
        {"header", "headers, of the request, or answer_headers"},
        {"body_contains", "did you mean \"contains\"?"},
        {"body_matches", "did you mean \"matches\"?"},
        {"response_headers", "did you mean \"answer_headers\"?"},
        {"latency", "did you mean \"max_latency\"?"},
        {"addresses", "did you mean \"resolve\"?"},
        {"insecure", "ca_file: PATH of the certificate that signs the server's"},
        {"follow_redirects", "redirects: same-origin"},
        {"contain", "did you mean \"contains\"?"},
        {"anser_headers", "did you mean \"answer_headers\"?"},
        {"client_cert", "did you mean \"client_certificate\"?"},
        {"xyz", ""},
    };
    for (const auto& [key, hint] : rows) {
        CHECK(probe_refusal(key + ": x") ==
              "unknown key \"" + key + "\"\n" + known + (hint.empty() ? "" : "\n  try: " + hint));
    }
    check({{"json: {/v: {regex: x}}",
            "unknown key \"regex\"\n  because: known keys here: equals, matches"}});
}

}  // namespace
}  // namespace headway::config::testing
