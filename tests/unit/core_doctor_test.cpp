#include <catch2/catch_test_macros.hpp>

#include "core/doctor.hpp"
#include "core/doctor_inspect.hpp"
#include "core/doctor_probes.hpp"
#include "core/doctor_token.hpp"
#include "core_support.hpp"

using namespace headway;
using namespace headway::core;
using fakes::id;

namespace {

constexpr std::int64_t k_now = 1'767'225'600;  // 2026-01-01T00:00:00Z

Finding with(Verdict verdict, ExitCode code) {
    Finding finding;
    finding.verdict = verdict;
    finding.code = code;
    return finding;
}

HttpResponse response(int status, std::string body) {
    HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

const Finding& finding_of(const std::vector<Finding>& findings, Check check) {
    for (const Finding& finding : findings) {
        if (finding.check == check) {
            return finding;
        }
    }
    FAIL("no such check");
    return findings.front();
}

}  // namespace

TEST_CASE("the worst of the problems is the run's exit code") {
    struct Row {
        std::vector<Finding> findings;
        ExitCode code;
    };
    const auto problem = [](ExitCode code) { return with(Verdict::problem, code); };
    const std::vector<Row> rows{
        {{}, ExitCode::done},
        {{with(Verdict::ok, ExitCode::done)}, ExitCode::done},
        {{with(Verdict::warning, ExitCode::unauthorised)}, ExitCode::done},
        {{with(Verdict::not_checked, ExitCode::refused)}, ExitCode::done},
        {{problem(ExitCode::failed)}, ExitCode::failed},
        {{problem(ExitCode::unhealthy)}, ExitCode::failed},
        {{problem(ExitCode::failed), problem(ExitCode::usage)}, ExitCode::usage},
        {{problem(ExitCode::refused), problem(ExitCode::usage)}, ExitCode::refused},
        {{problem(ExitCode::usage), problem(ExitCode::refused), problem(ExitCode::unauthorised)},
         ExitCode::unauthorised},
    };
    for (const Row& row : rows) {
        CHECK(code_of(row.findings) == row.code);
    }
}

TEST_CASE("every check has its own word") {
    std::set<std::string_view> words;
    for (int check = 0; check <= static_cast<int>(Check::channel_send); ++check) {
        words.insert(word_of(static_cast<Check>(check)));
    }
    CHECK(words.size() == 18);
    CHECK(word_of(Check::configuration) == "configuration");
    CHECK(word_of(Check::ledger_push) == "ledger-push");
    CHECK(word_of(Check::channel_send) == "channel-send");
}

TEST_CASE("a problem never ends in success") {
    CHECK(problem(Check::push, "staging", Error(ExitCode::done, "odd")).code == ExitCode::failed);
    CHECK(warning(Check::push, "staging", Error(ExitCode::refused, "odd")).code == ExitCode::done);
}

TEST_CASE("what the API says of a token") {
    struct Row {
        int status;
        std::string body;
        Verdict verdict;
        std::string text;
    };
    const std::vector<Row> rows{
        {200, R"({"revoked":false,"active":true,"expires_at":"2026-01-15"})", Verdict::ok,
         "$T ends on 2026-01-15, in 14 days"},
        {200, R"({"revoked":false,"active":true,"expires_at":"2026-01-14"})", Verdict::warning,
         "$T expires in 13 days"},
        {200, R"({"expires_at":"2026-01-02"})", Verdict::warning, "$T expires in 1 day"},
        {200, R"({"expires_at":"2026-01-01"})", Verdict::problem, "$T has expired"},
        {200, R"({"revoked":true,"expires_at":"2026-05-01"})", Verdict::problem, "$T is revoked"},
        {200, R"({"revoked":false,"active":false,"expires_at":null})", Verdict::problem,
         "$T is not active"},
        {200, R"({"revoked":false,"expires_at":null})", Verdict::ok, "$T has no end"},
        {200, R"({"revoked":false,"expires_at":"soon"})", Verdict::ok, "$T has no end"},
        {200, "[]", Verdict::not_checked, "the API's answer is no description of a token"},
        {200, "<html>", Verdict::not_checked, "the API's answer is no description of a token"},
        {401, R"({"revoked":true})", Verdict::not_checked,
         "the API does not describe $T (HTTP 401): it may be without the scope that this needs"},
    };
    for (const Row& row : rows) {
        const Finding finding =
            judge_token_answer("staging", "$T", response(row.status, row.body), k_now);
        INFO(row.body);
        CHECK(finding.verdict == row.verdict);
        CHECK(finding.text == row.text);
        CHECK((finding.verdict == Verdict::problem) == (finding.code == ExitCode::unauthorised));
    }
}

TEST_CASE("a token is shown to its own host alone") {
    struct Row {
        std::string remote;
        std::string api;
        std::string url;
    };
    const std::vector<Row> rows{
        {"https://git.example.com/group/app.git", "",
         "https://git.example.com/api/v4/personal_access_tokens/self"},
        {"https://git.example.com:8443/a", "https://git.example.com:8443/gitlab/api/v4/",
         "https://git.example.com:8443/gitlab/api/v4/personal_access_tokens/self"},
        {"https://git.example.com/a", "https://evil.example.com/api/v4",
         "https://git.example.com/api/v4/personal_access_tokens/self"},
        {"https://git.example.com/a", "https://git.example.com.evil.org/api/v4",
         "https://git.example.com/api/v4/personal_access_tokens/self"},
        {"https://git.example.com/a", "http://git.example.com/api/v4",
         "https://git.example.com/api/v4/personal_access_tokens/self"},
        {"https://git.example.com/a", "https://git.example.com:444/api/v4",
         "https://git.example.com/api/v4/personal_access_tokens/self"},
        {"https://git.example.com", "",
         "https://git.example.com/api/v4/personal_access_tokens/self"},
    };
    for (const Row& row : rows) {
        const auto question =
            token_question(row.remote, row.api, Secret("glpat-1"), std::chrono::seconds(1));
        REQUIRE(question);
        CHECK(question->url == row.url);
        CHECK(question->redirects == Redirects::none);
        CHECK(question->secret_headers.front().first == "PRIVATE-TOKEN");
    }
    CHECK_FALSE(token_question("/srv/app.git", "", Secret("x"), std::chrono::seconds(1)));
}

TEST_CASE("a certificate that ends soon is a warning") {
    CHECK(judge_certificate(k_now + 14 * 86'400, k_now).verdict == Verdict::ok);
    CHECK(judge_certificate(k_now + 14 * 86'400 - 1, k_now).verdict == Verdict::warning);
    CHECK(judge_certificate(k_now - 1, k_now).verdict == Verdict::warning);
}

TEST_CASE("a probe that tells the version") {
    EnvironmentConfiguration environment;
    environment.name = "staging";
    CHECK(judge_version(environment).text == "nothing says where staging runs");
    environment.verify.probes.emplace_back();
    CHECK(judge_version(environment).text == "no probe names the version");
    CHECK(judge_version(environment).verdict == Verdict::warning);
    environment.verify.probes.front().json.push_back(
        {.where = "/commit", .how = Comparison::equals, .text = "${commit}"});
    CHECK(judge_version(environment).verdict == Verdict::ok);
    CHECK(judge_version(environment).text == "told by health");
}

TEST_CASE("what is read of an environment") {
    fakes::Stage stage;
    const auto target = fakes::Stage::target("staging");

    SECTION("nothing yet") {
        const auto found = inspect(stage.remote, "main", {target}, k_now);
        const auto findings = judge_inspection(found.environments.front());
        CHECK(found.source_tip == stage.third);
        CHECK(finding_of(findings, Check::branch).text ==
              "staging does not exist yet: the first promotion makes it");
        CHECK(finding_of(findings, Check::ledger).verdict == Verdict::ok);
        CHECK(finding_of(findings, Check::gates).text == "open");
    }
    SECTION("a deployed one") {
        (void)stage.promote({"staging"}, stage.first.hex());
        const auto found = inspect(stage.remote, "main", {target}, k_now);
        const auto findings = judge_inspection(found.environments.front());
        CHECK(finding_of(findings, Check::branch).text == "staging is at a1000000");
        CHECK(finding_of(findings, Check::ledger).text ==
              "its newest event: promoted at 2026-01-01T00:00:00Z");
    }
    SECTION("a diverged one") {
        stage.remote.refs["refs/heads/staging"] = stage.remote.commit(0xB1, {stage.first}, "Own");
        const auto found = inspect(stage.remote, "main", {target}, k_now);
        const auto findings = judge_inspection(found.environments.front());
        CHECK(finding_of(findings, Check::branch).verdict == Verdict::problem);
        CHECK(finding_of(findings, Check::branch).code == ExitCode::refused);
        CHECK(finding_of(findings, Check::gates).verdict == Verdict::not_checked);
    }
    SECTION("one of many whose ledger points to nothing") {
        stage.remote.refs["refs/headway/ledger/staging"] = id(0x77);
        const auto found =
            inspect(stage.remote, "main", {target, fakes::Stage::target("production")}, k_now);
        CHECK(finding_of(judge_inspection(found.environments[0]), Check::ledger).verdict ==
              Verdict::problem);
        CHECK(finding_of(judge_inspection(found.environments[1]), Check::ledger).verdict ==
              Verdict::ok);
    }
    SECTION("no source") {
        const auto found = inspect(stage.remote, "trunk", {target}, k_now);
        REQUIRE(found.source_failure);
        CHECK(found.source_failure->code() == ExitCode::usage);
        CHECK(found.environments.front().facts.name == "staging");
    }
    SECTION("a name that leaves no room") {
        auto nested = target;
        nested.branch_ref = "refs/heads/deploy/eu/staging";
        stage.remote.refs["refs/heads/deploy"] = stage.first;
        const auto found = inspect(stage.remote, "main", {nested}, k_now);
        const auto findings = judge_inspection(found.environments.front());
        CHECK(finding_of(findings, Check::branch).because ==
              "there is a branch deploy, and git keeps no branch below another one");
    }
}

TEST_CASE("each probe is asked once at each address") {
    fakes::FakeClock clock;
    fakes::FakeHttp http;
    http.clock = &clock;
    http.look_up = [](const std::string&) {
        return Resolution{{"10.0.0.1", "10.0.0.2", "fd00::1"}, false, false, {}};
    };
    http.script = {fakes::FakeHttp::reply(200), fakes::FakeHttp::reply(500),
                   fakes::FakeHttp::failure(TransportFault::no_route, "no way")};
    VerifyJob job;
    job.name = "staging";
    ProbeConfiguration probe;
    probe.url = "https://app.example.com/health";
    job.configuration.probes = {probe};
    job.requests = {HttpRequest{}};
    const auto answers = ask_once(http, clock, {job});
    REQUIRE(answers.size() == 3);
    CHECK(http.requests.size() == 3);
    CHECK(http.look_ups == 1);

    const auto findings = judge_answers(job, answers, Deployed::yes);
    REQUIRE(findings.size() == 2);  // What has no way to IPv6 cannot judge what is there.
    CHECK(findings[0].verdict == Verdict::ok);
    CHECK(findings[1].verdict == Verdict::problem);
    CHECK(findings[1].hints ==
          std::vector<std::string>{"headway verify staging: it shows the whole answer"});
    CHECK(judge_answers(job, answers, Deployed::never)[1].verdict == Verdict::warning);
}

TEST_CASE("a probe whose only address has no route still counts") {
    fakes::FakeClock clock;
    fakes::FakeHttp http;
    http.clock = &clock;
    http.script = {fakes::FakeHttp::failure(TransportFault::no_route, "no way")};
    VerifyJob job;
    job.name = "staging";
    job.configuration.probes = {ProbeConfiguration{}};
    job.requests = {HttpRequest{}};
    const auto findings = judge_answers(job, ask_once(http, clock, {job}), Deployed::yes);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].verdict == Verdict::problem);
}
