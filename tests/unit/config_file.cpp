#include <catch2/catch_test_macros.hpp>

#include <fstream>
#include <sstream>

#include "config_support.hpp"

namespace headway::config::testing {
namespace {

using std::chrono::milliseconds;

std::string example() {
    std::ifstream file(HEADWAY_EXAMPLES "/headway.yml");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST_CASE("config file: the example holds every key") {
    const FileConfiguration file = parse_file(example(), "examples/headway.yml");

    CHECK(file.path == "examples/headway.yml");
    CHECK(file.remote->value == "https://gitlab.example.com/group/app.git");
    CHECK(file.remote->origin.text == "examples/headway.yml:10:9");
    CHECK(file.forge->value == "gitlab");
    CHECK(file.api->value == "https://gitlab.example.com/api/v4");
    CHECK(file.source->value == "main");
    CHECK(file.ledger->place == LedgerPlace::refs);
    CHECK(file.ledger->prefix == "refs/headway/ledger/");
    CHECK(file.identity_name->value == "Deploy Bot");
    CHECK(file.identity_email->value == "deploy-bot@example.com");
    CHECK(file.slack_webhook->describe() == "$SLACK_WEBHOOK");

    REQUIRE(file.environments.size() == 2);
    const FileEnvironment& staging = file.environments[0];
    CHECK(staging.name == "staging");
    CHECK(staging.branch.value == "refs/heads/_gitlab/agents/staging");
    CHECK(staging.token->describe() == "$STAGING_PUSH_TOKEN");
    CHECK(staging.api_token->describe() == "$FORGE_API_TOKEN");
    CHECK(staging.token_user->value == "deploy");
    CHECK(staging.url->value == "https://staging.example.com");
    CHECK(staging.deadline->value == milliseconds(300'000));
    CHECK(staging.interval->value == milliseconds(2'000));
    CHECK(staging.consecutive->value == 3);
    REQUIRE(staging.probes.size() == 3);
    CHECK(staging.probes[0].name == "health");
    CHECK(staging.probes[0].url == "/health");
    CHECK(staging.probes[0].status == std::vector<StatusRange>{{200, 200}, {204, 204}});
    CHECK(staging.probes[0].json ==
          std::vector<Expectation>{{"/version", Comparison::equals, "${short_commit}"},
                                   {"/region", Comparison::matches, "^${region}"}});
    CHECK(staging.probes[0].timeout == milliseconds(10'000));
    CHECK_FALSE(staging.probes[0].max_latency.has_value());
    CHECK(staging.probes[0].proves_version());
    CHECK(staging.probes[1].name == "smoke");
    CHECK(staging.probes[1].max_latency == milliseconds(800));
    CHECK_FALSE(staging.probes[1].proves_version());

    CHECK(staging.watch->value == milliseconds(0));
    CHECK(staging.variables.at("region").text == "eu-1");
    CHECK(staging.variables.at("probe_key").secret);
    const ProbeConfiguration& order = staging.probes[2];
    CHECK(order.method == HttpMethod::post);
    CHECK(order.headers.size() == 3);
    CHECK(order.body.text == R"({"article": 1, "amount": 1})");
    CHECK(order.status == std::vector<StatusRange>{{200, 299}});
    CHECK(order.answer_headers.size() == 2);
    CHECK(order.answer_body ==
          std::vector<Expectation>{{"", Comparison::contains, "accepted"},
                                   {"", Comparison::matches, "total\\D+[0-9]+"}});
    CHECK(order.redirects == Redirects::same_origin);
    CHECK(order.ca_file == "$ORDER_PROBE_CA");
    CHECK(order.proves_version());

    const FileEnvironment& production = file.environments[1];
    CHECK(production.name == "production");
    CHECK(production.token->describe() == "file $PRODUCTION_PUSH_TOKEN");
    CHECK(production.probes.size() == 3);
    CHECK(production.deadline->origin.text == staging.deadline->origin.text);
    CHECK(production.after.at(0).value == "staging");
    CHECK(production.soak->value == std::chrono::minutes(30));
    REQUIRE(production.freeze->value.size() == 2);
    CHECK(production.freeze->value[0].zone == "Europe/Berlin");
    CHECK(production.freeze->value[1].reason == "Christmas");
    CHECK(production.on_unhealthy->value == OnUnhealthy::rollback);
    CHECK(production.on_retry->value == OnRetry::refuse);
    CHECK_FALSE(staging.on_unhealthy.has_value());
}

TEST_CASE("config file: other ways to write the same") {
    const FileConfiguration file = parse_file(R"(
remote: file:///srv/git/app.git/
source: refs/heads/release/1.x
ledger: {branch: headway-ledger}
environments:
  edge-1:
    <<: &edge
      url: https://edge.example.com/app
      verify: {deadline: 1h30m, probes: [{url: /up, status: 204, json: {"": "", /ok: true}}]}
    branch: deploy/edge-1
    token: {file: /run/secrets/token}
  edge-2:
    <<: [*edge, {url: https://other.example.com, branch: deploy/other}]
    branch: refs/heads/deploy/edge-2
)",
                                              ".headway.yml");
    CHECK(file.remote->value == "file:///srv/git/app.git");
    CHECK(file.source->value == "release/1.x");
    CHECK(file.ledger->place == LedgerPlace::branch);
    CHECK(file.ledger->prefix == "refs/heads/headway-ledger/");
    REQUIRE(file.environments.size() == 2);
    const FileEnvironment& first = file.environments[0];
    CHECK(first.url->value == "https://edge.example.com/app");
    CHECK(first.url->origin.text == ".headway.yml:8:12");
    CHECK(first.deadline->value == milliseconds(5'400'000));
    CHECK(first.token->describe() == "file /run/secrets/token");
    CHECK(first.probes[0].name == "/up");
    CHECK(first.probes[0].status == std::vector<StatusRange>{{204, 204}});
    CHECK(first.probes[0].json == std::vector<Expectation>{{"", Comparison::equals, ""},
                                                           {"/ok", Comparison::equals, "true"}});
    const FileEnvironment& second = file.environments[1];
    CHECK(second.url->value == "https://edge.example.com/app");
    CHECK(second.branch.value == "refs/heads/deploy/edge-2");
    CHECK_FALSE(second.token.has_value());

    CHECK(parse_file("ledger: off", "f").ledger->place == LedgerPlace::off);
    CHECK(parse_file("\xEF\xBB\xBFledger: off\r\nsource: main\r\n", "f").source->value == "main");
    CHECK(parse_file("--- \nsource: main\n...\n", "f").source->value == "main");
}

struct Row {
    const char* text;
    const char* failure;
};

void check(std::initializer_list<Row> rows) {
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(parse_failure(row.text) == row.failure);
    }
}

TEST_CASE("config file: what is not YAML, or not one map") {
    constexpr auto k_empty =
        "f.yml:1:1: the file is empty\n"
        "  try: begin with a line \"environments:\", as examples/headway.yml does";
    constexpr auto k_no_map =
        "f.yml:1:1: the file is not a map of keys and values\n"
        "  try: begin with a line \"environments:\", as examples/headway.yml does";
    check({
        {"", k_empty},
        {"# only a comment\n", k_empty},
        {"foo", k_no_map},
        {"- a", k_no_map},
        {"environments:\n\tstaging: x\n",
         "f.yml:2:9: illegal map value\n"
         "  because: the file is not valid YAML\n"
         "  try: indent with spaces: YAML has no tabs there"},
        {"source: [main\n",
         "f.yml:1:1: end of sequence flow not found\n"
         "  because: the file is not valid YAML\n"
         "  try: compare the line and the one above it with examples/headway.yml"},
        {"source: \"main\n",
         "f.yml:1:14: illegal EOF in scalar\n"
         "  because: the file is not valid YAML\n"
         "  try: compare the line and the one above it with examples/headway.yml"},
        {"remote: *glpat-abc",
         "f.yml:1:9: the referenced anchor is not defined\n"
         "  because: the file is not valid YAML\n"
         "  try: compare the line and the one above it with examples/headway.yml"},
        {"notify: {slack: /a?b}",
         "f.yml:1:19: unknown token\n"
         "  because: the file is not valid YAML\n"
         "  try: put the text with the '?' in quotes"},
        {"source: a\n---\nsource: b\n",
         "f.yml:2:1: a second document begins here\n"
         "  because: the file is one YAML document\n"
         "  try: remove it, or what ends the first one"},
        {"source: a\nremote: b\nsource: c\n",
         "f.yml:3:1: the key \"source\" appears twice here\n"
         "  because: the first one is in line 1\n"
         "  try: keep one of the two"},
        {"source: !reference [a]",
         "f.yml:1:9: the YAML tag \"!reference\" is not understood\n"
         "  because: headway's file has no tags\n"
         "  try: remove the tag"},
        {"? [a]\n: b",
         "f.yml:1:3: a key is missing or is not text\n"
         "  try: write it as key: value"},
        {"a: &a [*a]", "f.yml:1:8: an alias refers to the value that it is part of"},
        {"source: a\nremote: b\x01\n",
         "f.yml:2:10: a control character, or a byte that is not UTF-8\n"
         "  because: the file is plain text in UTF-8\n"
         "  try: save it as UTF-8 without a mark"},
        {"source: \xFF\n",
         "f.yml:1:9: a control character, or a byte that is not UTF-8\n"
         "  because: the file is plain text in UTF-8\n"
         "  try: save it as UTF-8 without a mark"},
        {"environments: {<<: 3}",
         "f.yml:1:20: \"<<\" takes a map or a list of maps\n"
         "  try: <<: *name, where &name stands before a map"},
    });
}

TEST_CASE("config file: bounds") {
    CHECK(parse_failure(std::string(k_max_file_bytes + 1, '#')) ==
          "f.yml: the file has more than 256 KiB\n"
          "  because: it has 262145 bytes\n"
          "  try: is it the right file?");
    CHECK(parse_failure(std::string(k_max_file_bytes, '#')).find("the file is empty") !=
          std::string::npos);

    const std::string deep = std::string(33, '[') + std::string(33, ']');
    CHECK(parse_failure(deep) ==
          "f.yml:1:33: the nesting is too deep\n"
          "  because: at most 32 levels are read, aliases included");
    CHECK(parse_failure(std::string(200'000, '[')) ==
          "f.yml:1:17: the nesting is too deep\n"
          "  because: at most 32 levels are read, aliases included");

    std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int level = 1; level < 10; ++level) {
        const std::string below = "*a" + std::to_string(level - 1);
        laughs += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + below;
        for (int copy = 0; copy < 9; ++copy) {
            laughs += ", " + below;
        }
        laughs += "]\n";
    }
    CHECK(parse_failure(laughs) ==
          "f.yml:5:55: the file unfolds to too many values\n"
          "  because: at most 100000 are read, aliases included");

    std::string chain = "a0: &a0 [x]\n";
    for (int level = 1; level < 40; ++level) {
        chain += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [*a" +
                 std::to_string(level - 1) + "]\n";
    }
    CHECK(parse_failure(chain) ==
          "f.yml:31:6: the nesting is too deep\n"
          "  because: at most 32 levels are read, aliases included");
}

TEST_CASE("config file: unknown keys come with the nearest known one") {
    check({
        {"enviroments: {}",
         "f.yml:1:1: unknown key \"enviroments\"\n"
         "  because: known keys here: api, environments, forge, identity, ledger, notify, remote, "
         "source\n"
         "  try: did you mean \"environments\"?"},
        {"environments:\n  staging:\n    branch: b\n    verfy: {}\n",
         "f.yml:4:5: unknown key \"verfy\"\n"
         "  because: known keys here: after, api_token, branch, freeze, on_retry, on_unhealthy, "
         "soak, "
         "token, token_user, url, verify\n"
         "  try: did you mean \"verify\"?"},
        {"environments: {s: {branch: b, verify: {timeout: 2s}}}",
         "f.yml:1:40: unknown key \"timeout\"\n"
         "  because: known keys here: consecutive, deadline, interval, probes, variables, watch"},
        {"identity: {mail: a@b}",
         "f.yml:1:12: unknown key \"mail\"\n"
         "  because: known keys here: email, name\n"
         "  try: did you mean \"email\"?"},
        {"notify: {slak: {}}",
         "f.yml:1:10: unknown key \"slak\"\n"
         "  because: known keys here: slack\n"
         "  try: did you mean \"slack\"?"},
        {"ledger: {brunch: x}",
         "f.yml:1:10: unknown key \"brunch\"\n"
         "  because: known keys here: branch\n"
         "  try: did you mean \"branch\"?"},
        {"glpat-0123456789: x",
         "f.yml:1:1: unknown key \"***\"\n"
         "  because: known keys here: api, environments, forge, identity, ledger, notify, remote, "
         "source"},
    });
}

std::string later(const std::string& key, const std::string& of, int column) {
    return "f.yml:1:" + std::to_string(column) + ": \"" + key +
           "\" is not in this version of headway\n"
           "  because: headway does not pass over a setting that it cannot honour\n"
           "  try: remove \"" +
           key + "\" from " + of;
}

TEST_CASE("config file: settings of later versions are refused by name") {
    for (const std::string key : {"telegram", "webhook"}) {
        CHECK(parse_failure("notify: {" + key + ": x}") == later(key, "notify", 10));
    }
    for (const std::string key : {"token", "channel"}) {
        CHECK(parse_failure("notify: {slack: {" + key + ": x}}") == later(key, "slack", 18));
    }
}

TEST_CASE("config file: wrong types and missing values") {
    check({
        {"source:\nremote: x",
         "f.yml:1:1: \"source\" has no value\n  try: write a value, or remove the key"},
        {"source: ''",
         "f.yml:1:9: \"source\" has no value\n  try: write a value, or remove the key"},
        {"source: ' '",
         "f.yml:1:9: \"source\" has no value\n  try: write a value, or remove the key"},
        {"source: [main]", "f.yml:1:9: \"source\" takes text, and here is a list"},
        {"source: {a: b}", "f.yml:1:9: \"source\" takes text, and here is a map"},
        {"remote: |\n  a\n  b\n",
         "f.yml:1:9: \"remote\" has a control character or several lines\n"
         "  try: write the value in one line"},
        {"remote: \"a\\x04b\"",
         "f.yml:1:9: \"remote\" has a control character or several lines\n"
         "  try: write the value in one line"},
        {"environments: staging", "f.yml:1:15: \"environments\" takes a map, and here is text"},
        {"environments: {}",
         "f.yml:1:15: \"environments\" names no environment\n"
         "  try: name one, as examples/headway.yml does, or remove the key"},
        {"environments: {s: }",
         "f.yml:1:16: \"s\" has no value\n  try: write a value, or remove the key"},
        {"environments: {s: {url: https://a.example}}",
         "f.yml:1:16: environment \"s\" has no branch\n"
         "  because: a promotion moves the branch that the environment deploys from\n"
         "  try: branch: deploy/s"},
        {"environments: {s: {branch: b, verify: 5m}}",
         "f.yml:1:39: \"verify\" takes a map, and here is text"},
        {"environments: {s: {branch: b, verify: {probes: {url: /}}}}",
         "f.yml:1:48: \"probes\" takes a list, and here is a map"},
        {"environments: {s: {branch: b, verify: {probes: []}}}",
         "f.yml:1:48: \"probes\" has no value\n  try: write a value, or remove the key"},
        {"environments: {s: {branch: b, verify: {probes: [/health]}}}",
         "f.yml:1:49: a probe is a map\n"
         "  try: - {name: health, url: /health, status: 200}"},
        {"environments: {s: {branch: b, verify: {probes: [{name: x}]}}}",
         "f.yml:1:49: the probe has no url\n  try: url: /health"},
        {"environments: {s: {branch: b, verify: {probes: [{url: /a, name: x}, {url: /b, name: "
         "x}]}}}",
         "f.yml:1:69: a second probe is named \"x\"\n"
         "  because: messages tell probes apart by their names\n"
         "  try: give each a \"name\" of its own"},
        {"ledger: {}",
         "f.yml:1:9: \"ledger\" has no branch\n  try: ledger: {branch: headway-ledger}"},
        {"ledger: [off]", "f.yml:1:9: \"ledger\" takes text, and here is a list"},
        {"ledger: nowhere",
         "f.yml:1:9: \"nowhere\" is not a place for the ledger\n"
         "  try: refs (the default), off, or branch:NAME; in the file {branch: NAME}"},
        {"notify: {slack: https://hooks.slack.com/services/T0/B0/XXXX}",
         "f.yml:1:17: \"slack\" takes a map, and here is text"},
    });
}

TEST_CASE("config file: a secret in it is refused and not repeated") {
    constexpr auto k_token =
        "\"token\" takes {env: NAME} or {file: PATH}\n"
        "  because: a token is never written into the file\n"
        "  try: token: {env: STAGING_PUSH_TOKEN}";
    const auto token = [](const std::string& value) {
        return parse_failure("environments: {s: {branch: b, token: " + value + "}}");
    };
    CHECK(token("s3cret") == "f.yml:1:38: " + std::string(k_token));
    CHECK(token("[s3cret]") == "f.yml:1:38: " + std::string(k_token));
    CHECK(token("{s3cret}") == "f.yml:1:39: " + std::string(k_token));
    CHECK(token("{value: s3cret}") == "f.yml:1:39: " + std::string(k_token));
    CHECK(token("{env: A, file: B}") ==
          "f.yml:1:38: \"token\" takes {env: NAME} or {file: PATH}\n"
          "  because: exactly one of the two\n"
          "  try: token: {env: STAGING_PUSH_TOKEN}");
    CHECK(token("") ==
          "f.yml:1:31: \"token\" has no value\n  try: write a value, or remove the key");
    constexpr auto k_variable =
        "f.yml:1:44: this is not the name of an environment variable\n"
        "  because: a name has letters, digits and '_' and no digit in front; the text is not "
        "shown, as it may be the secret itself\n"
        "  try: give the variable's name, without '$', and the secret as its value";
    CHECK(token("{env: s3cret-text}") == k_variable);
    CHECK(token("{env: $NAME}") == k_variable);
    CHECK(token("{env: ghp_0123456789}") == k_variable);
    CHECK(token("{file: glpat-0123456789}") ==
          "f.yml:1:45: this is not the path of a file\n"
          "  because: the text is not shown, as it may be the secret itself\n"
          "  try: give the path of the file that holds the secret, or $NAME of a file variable");
    CHECK(parse_failure("notify: {slack: {webhook: https://example.com/s3cret}}") ==
          "f.yml:1:27: \"webhook\" takes {env: NAME} or {file: PATH}\n"
          "  because: a webhook's address is a secret, which is never written into the file\n"
          "  try: webhook: {env: SLACK_WEBHOOK}");
}

TEST_CASE("config file: branches that exclude each other") {
    check({
        {"environments: {a: {branch: x}, b: {branch: refs/heads/x}}",
         "f.yml:1:44: environment \"b\" has the branch of environment \"a\"\n"
         "  because: each environment deploys from a branch of its own\n"
         "  try: give one of them another branch"},
        {"environments: {a: {branch: x/y/z}, b: {branch: x}}",
         "f.yml:1:28: the branches of \"a\" and \"b\" exclude each other\n"
         "  because: git cannot hold a branch and another one below its name\n"
         "  try: rename one of them"},
        {"ledger: {branch: x}\nenvironments: {a: {branch: x}}",
         "f.yml:1:18: the ledger's branches and the branch of \"a\" exclude each other\n"
         "  because: git cannot hold a branch and another one below its name\n"
         "  try: ledger: {branch: headway-ledger}"},
        {"ledger: {branch: x/y}\nenvironments: {a: {branch: x}}",
         "f.yml:1:18: the ledger's branches and the branch of \"a\" exclude each other\n"
         "  because: git cannot hold a branch and another one below its name\n"
         "  try: ledger: {branch: headway-ledger}"},
        {"ledger: {branch: x}\nenvironments: {a: {branch: x/a}}",
         "f.yml:1:18: the ledger's branches and the branch of \"a\" exclude each other\n"
         "  because: git cannot hold a branch and another one below its name\n"
         "  try: ledger: {branch: headway-ledger}"},
        {"environments: {a: {branch: x-y}, b: {branch: x}}", "no failure"},
    });
}

}  // namespace
}  // namespace headway::config::testing
