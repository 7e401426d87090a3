#include <catch2/catch_test_macros.hpp>

#include "config_support.hpp"

namespace headway::config::testing {
namespace {

using std::chrono::milliseconds;

constexpr auto k_file = R"(remote: https://file.example/g/p.git
source: trunk
ledger: off
identity: {name: File Bot, email: file@bot.example}
environments:
  staging:
    branch: deploy/staging
    token: {env: STAGING_TOKEN}
    url: https://staging.example.com/app/
    verify: {deadline: 1m, interval: 1s, consecutive: 2, probes: [{url: /health}]}
  production:
    branch: deploy/production
    verify: {probes: [{name: up, url: /up}]}
notify: {slack: {webhook: {env: FILE_HOOK}}}
)";

struct Input {
    std::string file;  ///< Empty: none.
    Flags flags;
    std::map<std::string, std::string, std::less<>> variables;
    std::string origin_url;
};

Configuration resolved(const Input& input) {
    std::optional<FileConfiguration> file;
    if (!input.file.empty()) {
        file = parse_file(input.file, ".headway.yml");
    }
    return resolve(file ? &*file : nullptr, input.flags, variables(input.variables),
                   {input.origin_url});
}

std::string resolve_failure(const Input& input) {
    return failure([&] { static_cast<void>(resolved(input)); });
}

std::string shown(const Setting<std::string>& setting) {
    return setting.value + " (" + setting.origin.text + ")";
}

std::string shown(const std::optional<SecretReference>& reference) {
    return reference ? reference->describe() + " (" + reference->origin.text + ")" : "none";
}

Flags named(std::vector<std::string> environments) {
    Flags flags;
    flags.environments = std::move(environments);
    return flags;
}

TEST_CASE("config resolve: flag, variable, file, CI and default, in this order") {
    Input input;
    CHECK(shown(resolved(input).remote) == " (default)");
    CHECK(shown(resolved(input).source) == " (default)");
    CHECK(resolved(input).ledger.prefix == "refs/headway/ledger/");
    CHECK(resolved(input).ledger.origin.text == "default");
    CHECK(shown(resolved(input).identity.name) == "headway (default)");
    CHECK(shown(resolved(input).identity.email) == "headway@localhost (default)");
    CHECK(shown(resolved(input).slack_webhook) == "none");
    CHECK(resolved(input).environments.empty());
    CHECK(resolved(input).file.empty());

    input.origin_url = "https://gitlab-ci-token:s3cret@origin.example/g/p.git";
    CHECK(shown(resolved(input).remote) ==
          "https://origin.example/g/p.git (the checkout's origin)");
    CHECK(shown(resolved(input).identity.email) == "headway@noreply.origin.example (default)");

    input.variables = {{"CI_PROJECT_URL", "https://ci.example/g/p"},
                       {"CI_DEFAULT_BRANCH", "main"},
                       {"GITLAB_USER_NAME", "Jane <Doe>"},
                       {"GITLAB_USER_EMAIL", "jane@ci.example"}};
    CHECK(shown(resolved(input).remote) == "https://ci.example/g/p.git (CI_PROJECT_URL)");
    CHECK(shown(resolved(input).source) == "main (CI_DEFAULT_BRANCH)");
    CHECK(shown(resolved(input).identity.name) == "Jane Doe (GITLAB_USER_NAME)");
    CHECK(shown(resolved(input).identity.email) == "jane@ci.example (GITLAB_USER_EMAIL)");

    input.file = k_file;
    CHECK(shown(resolved(input).remote) == "https://file.example/g/p.git (.headway.yml:1:9)");
    CHECK(shown(resolved(input).source) == "trunk (.headway.yml:2:9)");
    CHECK(resolved(input).ledger.place == LedgerPlace::off);
    CHECK(resolved(input).ledger.origin.text == ".headway.yml:3:9");
    CHECK(shown(resolved(input).identity.name) == "File Bot (.headway.yml:4:18)");
    CHECK(shown(resolved(input).identity.email) == "file@bot.example (.headway.yml:4:35)");
    CHECK(shown(resolved(input).slack_webhook) == "$FILE_HOOK (.headway.yml:14:33)");
    CHECK(resolved(input).file == ".headway.yml");

    input.variables["HEADWAY_REMOTE"] = "/srv/app.git";
    input.variables["HEADWAY_SOURCE"] = "refs/heads/next";
    input.variables["HEADWAY_LEDGER"] = "branch:log";
    input.variables["HEADWAY_IDENTITY_NAME"] = "Variable";
    input.variables["HEADWAY_IDENTITY_EMAIL"] = "v@v.example";
    input.variables["HEADWAY_SLACK_WEBHOOK_FILE"] = "/run/hook";
    CHECK(shown(resolved(input).remote) == "/srv/app.git (HEADWAY_REMOTE)");
    CHECK(shown(resolved(input).source) == "next (HEADWAY_SOURCE)");
    CHECK(resolved(input).ledger.prefix == "refs/heads/log/");
    CHECK(shown(resolved(input).identity.name) == "Variable (HEADWAY_IDENTITY_NAME)");
    CHECK(shown(resolved(input).identity.email) == "v@v.example (HEADWAY_IDENTITY_EMAIL)");
    CHECK(shown(resolved(input).slack_webhook) == "file /run/hook (HEADWAY_SLACK_WEBHOOK_FILE)");

    input.flags.remote = "https://flag.example/x";
    input.flags.source = "flagged";
    input.flags.ledger = "refs";
    input.flags.identity_name = "Flag";
    input.flags.identity_email = "f@f.example";
    input.flags.slack_webhook_env = "FLAG_HOOK";
    CHECK(shown(resolved(input).remote) == "https://flag.example/x (--remote)");
    CHECK(shown(resolved(input).source) == "flagged (--source)");
    CHECK(resolved(input).ledger.prefix == "refs/headway/ledger/");
    CHECK(resolved(input).ledger.origin.text == "--ledger");
    CHECK(shown(resolved(input).identity.name) == "Flag (--identity-name)");
    CHECK(shown(resolved(input).identity.email) == "f@f.example (--identity-email)");
    CHECK(shown(resolved(input).slack_webhook) == "$FLAG_HOOK (--slack-webhook-env)");
}

TEST_CASE("config resolve: an empty variable is not set, an empty flag is refused") {
    Input input;
    input.variables = {{"HEADWAY_SOURCE", " "}, {"CI_DEFAULT_BRANCH", "main"}};
    CHECK(shown(resolved(input).source) == "main (CI_DEFAULT_BRANCH)");
    input.flags.source = "";
    CHECK(resolve_failure(input) ==
          "--source: the flag has no value\n  try: give it a value, or leave it out");
    input.flags.source.reset();
    input.variables["HEADWAY_SOURCE"] = "$SOURCE";
    CHECK(resolve_failure(input) ==
          "HEADWAY_SOURCE: \"$SOURCE\" was never expanded\n"
          "  because: GitLab leaves \"$NAME\" as it is when NAME is not set in this job\n"
          "  try: set that variable, or unset HEADWAY_SOURCE");
    input.variables["HEADWAY_SOURCE"] = "a..b";
    CHECK(resolve_failure(input) ==
          "HEADWAY_SOURCE: \"a..b\" is not a branch name\n"
          "  because: a branch's name has no \"..\"");

    CHECK_FALSE(given_file({}, variables()).has_value());
    CHECK(shown(*given_file({}, variables({{"HEADWAY_CONFIG", "/a.yml"}}))) ==
          "/a.yml (HEADWAY_CONFIG)");
    Flags flags;
    flags.config = "b.yml";
    CHECK(shown(*given_file(flags, variables({{"HEADWAY_CONFIG", "/a.yml"}}))) ==
          "b.yml (--config)");
}

TEST_CASE("config resolve: one environment without a file, by flags") {
    Input input;
    input.flags = named({"staging"});
    input.flags.branch = "deploy/staging";
    input.flags.token_env = "TOKEN";
    input.flags.url = "https://staging.example.com/#top";
    input.flags.deadline = "10s";
    input.flags.interval = "1s";
    input.flags.consecutive = "5";
    const Configuration configuration = resolved(input);
    REQUIRE(configuration.environments.size() == 1);
    const EnvironmentConfiguration& environment = configuration.environments[0];
    CHECK(environment.name == "staging");
    CHECK(shown(environment.branch) == "refs/heads/deploy/staging (--branch)");
    CHECK(shown(environment.token) == "$TOKEN (--token-env)");
    CHECK(shown(environment.url) == "https://staging.example.com/#top (--url)");
    CHECK(environment.verify.deadline == milliseconds(10'000));
    CHECK(environment.verify.deadline_origin.text == "--deadline");
    CHECK(environment.verify.interval == milliseconds(1'000));
    CHECK(environment.verify.consecutive == 5);
    REQUIRE(environment.verify.probes.size() == 1);
    const ProbeConfiguration& probe = environment.verify.probes[0];
    CHECK(probe.name == "health");
    CHECK(probe.url == "https://staging.example.com/");
    CHECK(probe.status == std::vector<StatusRange>{{200, 200}});
    CHECK(probe.origin.text == "--url");
    CHECK_FALSE(environment.verify.proves_version());
}

TEST_CASE("config resolve: one environment without a file, by variables") {
    Input input;
    input.flags = named({"staging"});
    input.variables = {{"HEADWAY_BRANCH", "deploy/staging"},
                       {"HEADWAY_TOKEN_FILE", "$TOKEN"},
                       {"HEADWAY_PROBE", "/health"},
                       {"HEADWAY_EXPECT", "/version=${commit}\n\n/ok=true\n"},
                       {"CI_ENVIRONMENT_NAME", "staging"},
                       {"CI_ENVIRONMENT_URL", "https://ci.example/app"}};
    // A file's path may well be a variable, yet a bare "$TOKEN" was rather never expanded.
    CHECK(resolve_failure(input) ==
          "HEADWAY_TOKEN_FILE: \"$TOKEN\" was never expanded\n"
          "  because: GitLab leaves \"$NAME\" as it is when NAME is not set in this job\n"
          "  try: set that variable, or unset HEADWAY_TOKEN_FILE");
    input.variables["HEADWAY_TOKEN_FILE"] = "/run/token";
    const Configuration configuration = resolved(input);
    const EnvironmentConfiguration& environment = configuration.environments.at(0);
    CHECK(shown(environment.branch) == "refs/heads/deploy/staging (HEADWAY_BRANCH)");
    CHECK(shown(environment.token) == "file /run/token (HEADWAY_TOKEN_FILE)");
    CHECK(shown(environment.url) == "https://ci.example/app (CI_ENVIRONMENT_URL)");
    REQUIRE(environment.verify.probes.size() == 1);
    CHECK(environment.verify.probes[0].url == "https://ci.example/app/health");
    CHECK(environment.verify.probes[0].json ==
          std::vector<Expectation>{{"/version", Comparison::equals, "${commit}"},
                                   {"/ok", Comparison::equals, "true"}});
    CHECK(environment.verify.proves_version());
}

TEST_CASE("config resolve: what is missing or too much without a file") {
    Input input;
    input.flags = named({"staging"});
    CHECK(resolve_failure(input) ==
          "no branch is known for environment \"staging\"\n"
          "  because: there is no .headway.yml, and neither --branch nor HEADWAY_BRANCH is given\n"
          "  try: --branch deploy/staging\n"
          "  try: write a .headway.yml, see examples/headway.yml");
    input.flags.branch_need = BranchNeed::optional;
    CHECK(resolved(input).environments.at(0).branch.value.empty());

    input.flags.environments = {"edge-*"};
    CHECK(resolve_failure(input) ==
          "no environment matches \"edge-*\"\n"
          "  because: no file describes any, and a pattern cannot name one\n"
          "  try: write the environment's name");
    input.flags.environments = {"a/b"};
    CHECK(resolve_failure(input) ==
          "the environment's name: \"a/b\" is not an environment name\n"
          "  because: a name begins with a letter or digit, goes on with letters, digits, '_', '.' "
          "and '-', and has at most 100 bytes");
    input.flags.environments = {"a", "b"};
    CHECK(resolve_failure(input) ==
          "2 environments are named, and no file describes them\n"
          "  because: flags and variables describe one environment\n"
          "  try: name one environment\n"
          "  try: write a .headway.yml, see examples/headway.yml");

    input.flags.environments.clear();
    CHECK(resolved(input).environments.empty());
    input.flags.expect = {"/version=1"};
    CHECK(resolved(input).environments.empty());
    input.flags.environments = {"staging"};
    CHECK(resolve_failure(input) ==
          "--expect: there is no URL to ask\n"
          "  because: environment \"staging\" has no url\n"
          "  try: url: https://… in the file, or --url https://…");
}

TEST_CASE("config resolve: a file's environment and what changes it") {
    Input input;
    input.file = k_file;
    input.flags = named({"staging"});
    const EnvironmentConfiguration plain = resolved(input).environments.at(0);
    CHECK(shown(plain.branch) == "refs/heads/deploy/staging (.headway.yml:7:13)");
    CHECK(shown(plain.token) == "$STAGING_TOKEN (.headway.yml:8:18)");
    CHECK(plain.verify.deadline == milliseconds(60'000));
    CHECK(plain.verify.deadline_origin.text == ".headway.yml:10:24");
    CHECK(plain.verify.consecutive_origin.text == ".headway.yml:10:55");
    CHECK(plain.verify.probes.at(0).url == "https://staging.example.com/app/health");
    // Not named, so its probe may wait for the url of its own job.
    CHECK(resolved(input).environments.at(1).verify.probes.at(0).url == "/up");

    input.variables = {
        {"HEADWAY_BRANCH", "other"}, {"HEADWAY_TOKEN_ENV", "OTHER"}, {"HEADWAY_INTERVAL", "2s"}};
    input.flags.branch = "flagged";
    input.flags.token_stdin = true;
    input.flags.expect = {"/version=${short_commit}"};
    const EnvironmentConfiguration changed = resolved(input).environments.at(0);
    CHECK(shown(changed.branch) == "refs/heads/flagged (--branch)");
    CHECK(shown(changed.token) == "standard input (--token-stdin)");
    CHECK(changed.verify.interval == milliseconds(2'000));
    CHECK(changed.verify.interval_origin.text == "HEADWAY_INTERVAL");
    REQUIRE(changed.verify.probes.size() == 1);
    CHECK(changed.verify.probes[0].url == "https://staging.example.com/app/");
    CHECK(changed.verify.probes[0].json ==
          std::vector<Expectation>{{"/version", Comparison::equals, "${short_commit}"}});
    CHECK(shown(resolved(input).environments.at(1).branch) ==
          "refs/heads/deploy/production (.headway.yml:12:13)");

    input.flags.environments = {"stagin"};
    CHECK(resolve_failure(input) ==
          "unknown environment \"stagin\"\n"
          "  because: known environments: staging, production\n"
          "  try: did you mean \"staging\"?");
}

TEST_CASE("config resolve: what describes one environment needs exactly one") {
    Input input;
    input.file = k_file;
    input.flags = named({"*"});
    input.variables = {{"CI_ENVIRONMENT_NAME", "production"},
                       {"CI_ENVIRONMENT_URL", "https://p.example"}};
    CHECK(resolved(input).environments.size() == 2);
    input.flags.branch = "x";
    const std::string both =
        ": this describes one environment\n"
        "  because: 2 are named\n"
        "  try: name one environment, or write the setting into .headway.yml";
    CHECK(resolve_failure(input) == "--branch" + both);
    input.flags.branch.reset();
    input.flags.token_stdin = true;
    CHECK(resolve_failure(input) == "--token-stdin" + both);
    input.flags.token_stdin = false;
    input.variables["HEADWAY_URL"] = "https://x.example";
    CHECK(resolve_failure(input) == "HEADWAY_URL" + both);
    input.flags.environments.clear();
    CHECK(resolve_failure(input) ==
          "HEADWAY_URL: this describes one environment\n"
          "  because: none is named\n"
          "  try: name one environment, or write the setting into .headway.yml");

    input.file = "environments: {only: {branch: b}}";
    CHECK(shown(resolved(input).environments.at(0).url) == "https://x.example (HEADWAY_URL)");
    input.file = "source: main";
    input.flags = named({"any"});
    input.flags.branch = "b";
    CHECK(shown(resolved(input).environments.at(0).branch) == "refs/heads/b (--branch)");
}

TEST_CASE("config resolve: a secret comes from one place") {
    Input input;
    input.flags = named({"s"});
    input.flags.branch = "b";
    input.flags.token_env = "A";
    input.flags.token_file = "b";
    CHECK(resolve_failure(input) ==
          "--token-file: --token-env is given as well\n"
          "  because: a secret comes from one place\n"
          "  try: keep one of the two");
    input.flags.token_file.reset();
    input.flags.token_stdin = true;
    CHECK(resolve_failure(input) ==
          "--token-env: --token-stdin is given as well\n"
          "  because: a secret comes from one place\n"
          "  try: keep one of the two");
    input.flags.token_env.reset();
    input.flags.token_stdin = false;
    input.variables = {{"HEADWAY_TOKEN_ENV", "A"}, {"HEADWAY_TOKEN_FILE", "b"}};
    CHECK(resolve_failure(input) ==
          "HEADWAY_TOKEN_FILE: HEADWAY_TOKEN_ENV is given as well\n"
          "  because: a secret comes from one place\n"
          "  try: keep one of the two");
    input.flags.token_file = "c";
    CHECK(shown(resolved(input).environments.at(0).token) == "file c (--token-file)");
    input.flags.token_file.reset();
    input.flags.token_env = "glpat-s3cret";
    CHECK(resolve_failure(input) ==
          "--token-env: this is not the name of an environment variable\n"
          "  because: a name has letters, digits and '_' and no digit in front; the text is not "
          "shown, as it may be the secret itself\n"
          "  try: give the variable's name, without '$', and the secret as its value");
}

TEST_CASE("config resolve: CI_ENVIRONMENT_URL belongs to CI_ENVIRONMENT_NAME") {
    Input input;
    input.flags = named({"staging"});
    input.flags.branch = "b";
    const auto url = [&] { return shown(resolved(input).environments.at(0).url); };
    input.variables = {{"CI_ENVIRONMENT_URL", "https://a.example"}};
    CHECK(url() == " (default)");
    input.variables["CI_ENVIRONMENT_NAME"] = "production";
    CHECK(url() == " (default)");
    CHECK(resolved(input).environments.at(0).verify.probes.empty());
    input.variables["CI_ENVIRONMENT_NAME"] = "staging";
    CHECK(url() == "https://a.example (CI_ENVIRONMENT_URL)");
    input.variables["CI_ENVIRONMENT_URL"] = "https://$HOST.example";
    CHECK(url() == " (default)");
    input.variables["CI_ENVIRONMENT_URL"] = "a.example";
    CHECK(resolve_failure(input) ==
          "CI_ENVIRONMENT_URL: \"a.example\" is not a web URL\n"
          "  because: it has to begin with https:// or http://");
    input.flags.url = "https://b.example";
    CHECK(url() == "https://b.example (--url)");
}

TEST_CASE("config resolve: settings that cannot work together") {
    Input input;
    input.file = k_file;
    input.flags = named({"production"});
    CHECK(resolve_failure(input) ==
          ".headway.yml:13:39: \"/up\" needs a url to be below\n"
          "  because: environment \"production\" has no url\n"
          "  try: url: https://… in the file, or --url https://…");

    input.file = "source: main\nenvironments: {s: {branch: main}}";
    input.flags = named({"s"});
    CHECK(resolve_failure(input) ==
          ".headway.yml:2:28: environment \"s\" deploys from the source branch itself\n"
          "  because: the source is \"main\" (.headway.yml:1:9)\n"
          "  try: give the environment a branch of its own");

    input.file = "environments: {s: {branch: b, verify: {deadline: 4s}}}";
    CHECK(resolve_failure(input) ==
          ".headway.yml:1:50: the verification can never succeed\n"
          "  because: 3 answers in a row, one every 2s, take 4s, and the deadline is 4s\n"
          "  try: a longer deadline, a shorter interval, or fewer consecutive answers");
    input.flags.interval = "1999ms";
    CHECK(resolve_failure(input) == "no failure");
    input.file = "environments: {s: {branch: b}}";
    input.flags.interval = "150s";
    CHECK(resolve_failure(input) ==
          "--interval: the verification can never succeed\n"
          "  because: 3 answers in a row, one every 2m30s, take 5m, and the deadline is 5m\n"
          "  try: a longer deadline, a shorter interval, or fewer consecutive answers");
}

TEST_CASE("config resolve: the remote that a command needs") {
    const auto remote = [](const Input& input) {
        return failure([&] {
            const Configuration configuration = resolved(input);
            throw Error(ExitCode::usage, require_remote(configuration));
        });
    };
    Input input;
    CHECK(remote(input) ==
          "no remote is known\n"
          "  because: there is no --remote, no \"remote\" in a .headway.yml, no CI_PROJECT_URL and "
          "no checkout with an origin\n"
          "  try: --remote https://gitlab.example.com/group/app.git");
    input.origin_url = "git@gitlab.example.com:group/app.git";
    CHECK(remote(input) ==
          "the checkout's origin: headway does not speak ssh\n"
          "  because: it pushes over https with an access token\n"
          "  try: https://gitlab.example.com/group/app.git");
    input.origin_url = "../other.git";
    CHECK(remote(input) == "../other.git");
    input.variables = {{"CI_PROJECT_URL", "https://ci.example/g/p/"}};
    CHECK(remote(input) == "https://ci.example/g/p.git");
}

}  // namespace
}  // namespace headway::config::testing
