#include <catch2/catch_test_macros.hpp>

#include <set>

#include "config_support.hpp"

namespace headway::config::testing {
namespace {

using Names = std::vector<std::string>;

Configuration with(const Names& names) {
    Configuration configuration;
    for (const auto& name : names) {
        configuration.environments.emplace_back().name = name;
    }
    return configuration;
}

TEST_CASE("config select: names and globs, in the file's order, none twice") {
    const Configuration configuration = with({"edge-2", "staging", "edge-1", "edge", "production"});
    struct {
        Names patterns;
        Names selected;
    } const rows[] = {
        {{}, {}},
        {{"staging"}, {"staging"}},
        {{"production", "edge-2"}, {"edge-2", "production"}},
        {{"edge-*"}, {"edge-2", "edge-1"}},
        {{"edge*", "edge-1", "edge-1"}, {"edge-2", "edge-1", "edge"}},
        {{"edge-?"}, {"edge-2", "edge-1"}},
        {{"*"}, {"edge-2", "staging", "edge-1", "edge", "production"}},
        {{"**"}, {"edge-2", "staging", "edge-1", "edge", "production"}},
        {{"*g"}, {"staging"}},
        {{"*d*-*"}, {"edge-2", "edge-1"}},
        {{"?*t*n"}, {"production"}},
        {{"edge"}, {"edge"}},
    };
    for (const auto& row : rows) {
        CHECK(select(configuration, row.patterns) == row.selected);
    }
}

TEST_CASE("config select: a pattern that matches nothing") {
    const auto refused = [](const Configuration& configuration, const Names& patterns) {
        return failure([&] { static_cast<void>(select(configuration, patterns)); });
    };
    const Configuration two = with({"staging", "production"});
    CHECK(refused(two, {"staging", "prodution"}) ==
          "unknown environment \"prodution\"\n"
          "  because: known environments: staging, production\n"
          "  try: did you mean \"production\"?");
    CHECK(refused(two, {"Staging*"}) ==
          "no environment matches \"Staging*\"\n"
          "  because: known environments: staging, production\n"
          "  try: did you mean \"staging\"?");
    CHECK(refused(two, {""}) ==
          "unknown environment \"\"\n  because: known environments: staging, production");
    CHECK(refused(two, {"edge-?"}) ==
          "no environment matches \"edge-?\"\n"
          "  because: known environments: staging, production");
    CHECK(refused(with({}), {"a"}) ==
          "unknown environment \"a\"\n  because: no environment is configured");
    CHECK(refused(with({"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "b1", "b2", "b3"}),
                  {"zzz"}) ==
          "unknown environment \"zzz\"\n"
          "  because: known environments: a1, a2, a3, a4, a5, a6, a7, a8, a9, b1 and 2 more");
    // A pattern that would take for ever if every '*' were tried again.
    const Configuration long_name = with({std::string(100, 'a')});
    std::string pattern;
    for (int star = 0; star < 50; ++star) {
        pattern += "*a";
    }
    CHECK(select(long_name, {pattern + "*"}).size() == 1);
    CHECK(refused(long_name, {pattern + "*b"}) != "no failure");
}

TEST_CASE("config find: the nearest file in the folder or above it") {
    std::vector<std::string> asked;
    const auto find = [&](std::string_view folder, const std::set<std::string>& there) {
        asked.clear();
        return find_file(folder, [&](const std::string& path) {
            asked.push_back(path);
            return there.count(path) > 0;
        });
    };
    CHECK(find("/a/b", {"/a/b/.headway.yml", "/a/.headway.yml"}) == "/a/b/.headway.yml");
    CHECK(find("/a/b/", {"/a/.headway.yml"}) == "/a/.headway.yml");
    CHECK(find("/a/b/..", {"/a/b/.headway.yml"}) == std::nullopt);
    CHECK(find("/", {"/.headway.yml"}) == "/.headway.yml");
    CHECK(find("/a/b", {}) == std::nullopt);
    CHECK(asked == Names{"/a/b/.headway.yml", "/a/.headway.yml", "/.headway.yml"});
}

TEST_CASE("config describe: every value with its origin, and no secret") {
    const FileConfiguration file = parse_file(R"(source: main
environments:
  staging:
    branch: deploy/staging
    token: {env: TOKEN}
    url: https://staging.example.com
    verify:
      deadline: 90s
      probes:
        - {url: "/health", status: [200, 204], json: {/version: "${short_commit}"}, max_latency: 800ms}
  bare: {branch: deploy/bare}
notify: {slack: {webhook: {file: $HOOK}}}
)",
                                              ".headway.yml");
    const Configuration configuration =
        resolve(&file, {}, variables({{"CI_PROJECT_URL", "https://ci.example/g/p"}}), {});
    const std::string common =
        "remote = https://ci.example/g/p.git  (CI_PROJECT_URL)\n"
        "source = main  (.headway.yml:1:9)\n";
    const std::string identity =
        "identity.name = headway  (default)\n"
        "identity.email = headway@noreply.ci.example  (default)\n"
        "notify.slack.webhook = file $HOOK  (.headway.yml:12:34)\n";
    CHECK(describe(configuration, "") ==
          common + "ledger = refs/headway/ledger/<environment>  (default)\n" + identity);
    CHECK(describe(configuration, "staging") ==
          common + "ledger = refs/headway/ledger/staging  (default)\n" + identity +
              "environment = staging  (.headway.yml)\n"
              "branch = deploy/staging  (.headway.yml:4:13)\n"
              "token = $TOKEN  (.headway.yml:5:18)\n"
              "url = https://staging.example.com  (.headway.yml:6:10)\n"
              "verify.deadline = 1m30s  (.headway.yml:8:17)\n"
              "verify.interval = 2s  (default)\n"
              "verify.consecutive = 3  (default)\n"
              "probe /health = GET https://staging.example.com/health, status 200 or 204, /version "
              "is \"${short_commit}\", timeout 10s, max_latency 800ms  (.headway.yml:10:17)\n");
    CHECK(describe(configuration, "bare") ==
          common + "ledger = refs/headway/ledger/bare  (default)\n" + identity +
              "environment = bare  (.headway.yml)\n"
              "branch = deploy/bare  (.headway.yml:11:18)\n"
              "token = (none)  (default)\n"
              "url = (none)  (default)\n"
              "verify = (nothing: no url and no probes)  (default)\n");

    Flags flags;
    flags.environments = {"staging"};
    flags.branch = "b";
    flags.token_stdin = true;
    flags.ledger = "off";
    CHECK(describe(resolve(nullptr, flags, variables(), {}), "staging") ==
          "remote = (none)  (default)\n"
          "source = (the remote's HEAD)  (default)\n"
          "ledger = off  (--ledger)\n"
          "identity.name = headway  (default)\n"
          "identity.email = headway@localhost  (default)\n"
          "notify.slack.webhook = (none)  (default)\n"
          "environment = staging  (command line)\n"
          "branch = b  (--branch)\n"
          "token = standard input  (--token-stdin)\n"
          "url = (none)  (default)\n"
          "verify = (nothing: no url and no probes)  (default)\n");
}

TEST_CASE("config describe: what is absent, what is minor, and whose ledger") {
    const FileConfiguration file = parse_file(R"(environments:
  a: {branch: a, url: "http://a", verify: {watch: 0s}}
  b: {branch: b, on_unhealthy: hold}
)",
                                              "f");
    const Configuration configuration = resolve(&file, {}, variables(), {});
    const auto lines = [](const std::vector<ShownSetting>& settings) {
        std::string text;
        for (const ShownSetting& setting : settings) {
            text += (setting.minor ? "- " : "+ ") + line_of(setting) + "\n";
        }
        return text;
    };
    const auto shared = shown_settings(configuration);
    CHECK(shared.at(0).name == "remote");
    CHECK_FALSE(shared.at(0).value.has_value());
    CHECK(line_of(shared.at(1)) == "source = (the remote's HEAD)  (default)");
    CHECK(line_of(shared.at(2)) == "ledger = refs/headway/ledger/<environment>  (default)");
    CHECK(shown_settings(configuration, "a").at(2).value == "refs/headway/ledger/a");
    CHECK(lines(shown_settings(configuration.environments.at(0))) ==
          "+ branch = a  (f:2:15)\n"
          "+ token = (none)  (default)\n"
          "+ url = http://a  (f:2:23)\n"
          "- on_unhealthy = fail  (default)\n"
          "- on_retry = refuse  (default)\n"
          "+ verify.deadline = 5m  (default)\n"
          "+ verify.interval = 2s  (default)\n"
          "+ verify.consecutive = 3  (default)\n"
          "+ verify.watch = 0s  (f:2:51)\n"
          "+ probe health = GET http://a, status 200, timeout 10s  (f:2:23)\n");
    CHECK(lines(shown_settings(configuration.environments.at(1))) ==
          "+ branch = b  (f:3:15)\n"
          "+ token = (none)  (default)\n"
          "+ url = (none)  (default)\n"
          "+ on_unhealthy = hold  (f:3:32)\n"
          "- on_retry = refuse  (default)\n"
          "+ verify = (nothing: no url and no probes)  (default)\n");
}

}  // namespace
}  // namespace headway::config::testing
