#include <catch2/catch_test_macros.hpp>

#include "core/probe.hpp"
#include "headway/text.hpp"

using namespace headway;
using namespace headway::core;

namespace {

const ProbeSubject k_subject{.environment = "staging",
                             .commit = "1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d"};

HttpResponse answer(int status, std::string body = "") {
    HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

/// Judged by one pointer.
Judgement judged(const std::string& pointer, const std::string& expected, const std::string& body) {
    ProbeConfiguration probe;
    probe.json = {{pointer, Comparison::equals, expected}};
    return judge(probe, k_subject, answer(200, body));
}

bool healthy(const Judgement& judgement) {
    return judgement.answer == Answer::expected;
}

bool matches(const std::string& expected, const std::string& actual) {
    return meets({"", Comparison::equals, expected}, actual, k_subject) == Pattern::Found::yes;
}

}  // namespace

TEST_CASE("a status that is not listed is never healthy") {
    ProbeConfiguration probe;
    for (const int status : {100, 201, 204, 301, 302, 304, 400, 401, 404, 500, 502, 503, 599}) {
        const Judgement judgement = judge(probe, k_subject, answer(status));
        CHECK_FALSE(healthy(judgement));
        CHECK(judgement.words == "status " + std::to_string(status) + ", not 200");
    }
    CHECK(healthy(judge(probe, k_subject, answer(200))));
    probe.status = {{200, 200}, {204, 204}, {300, 309}};
    CHECK(healthy(judge(probe, k_subject, answer(204))));
    CHECK(judge(probe, k_subject, answer(500)).words == "status 500, not 200 or 204 or 300-309");
}

TEST_CASE("versions match by commit prefix of at least seven digits") {
    struct Row {
        std::string actual;
        bool same;
    };
    for (const Row& row : std::vector<Row>{
             {"1a2b3c4d", true},
             {"1a2b3c4", true},
             {"1A2B3C4D", true},
             {k_subject.commit, true},
             {" 1a2b3c4d\n", true},
             {"1a2b3c", false},
             {"", false},
             {"1a2b3c4e", false},
             {"1a2b3c4d-dirty", false},
             {k_subject.commit + "0", false},
         }) {
        INFO(row.actual);
        CHECK(matches("${short_commit}", row.actual) == row.same);
        CHECK(matches("${commit}", row.actual) == row.same);
    }
    CHECK(matches("v-${short_commit}-${environment}", "v-1a2b3c4d-staging"));
    CHECK_FALSE(matches("v-${short_commit}", "v-1a2b3c4"));
    CHECK(matches("ok", "ok"));
    CHECK_FALSE(matches("ok", "okay"));
}

TEST_CASE("templates are filled in once") {
    CHECK(expand("${commit}/${short_commit}/${environment}", k_subject) ==
          k_subject.commit + "/1a2b3c4d/staging");
    CHECK(expand("a ${other} $ ${", k_subject) == "a ${other} $ ${");
    CHECK(expand("${environment}", {.environment = "${commit}", .commit = "x"}) == "${commit}");
}

TEST_CASE("JSON is judged by pointers") {
    CHECK(judged("/version", "${short_commit}", R"({"version":"1a2b3c4d"})").words ==
          "200, /version is 1a2b3c4d");
    CHECK(judged("/version", "${short_commit}", R"({"version":"ffffffff"})").words ==
          "200, but /version is ffffffff, not 1a2b3c4d");
    CHECK(healthy(judged("/a/0/b~1c", "7", R"({"a":[{"b/c":7}]})")));
    CHECK(healthy(judged("/up", "true", R"({"up":true})")));
    CHECK(judged("/missing", "x", R"({"up":true})").words == "200, but there is no /missing");
    CHECK(judged("/a", "x", "<html>").words == "200, but the body is no JSON: <html>");
    CHECK_FALSE(healthy(judged("/a", "x", "")));
    CHECK_FALSE(healthy(judged("/a/x", "1", R"({"a":[1]})")));
}

TEST_CASE("hostile bodies are bounded and printable") {
    CHECK_FALSE(healthy(judged("/a", "x", std::string(100'000, '['))));
    std::string deep;
    for (int level = 0; level < 100; ++level) {
        deep += R"({"a":)";
    }
    deep += "1" + std::string(100, '}');
    CHECK_FALSE(healthy(judged("/a", "x", deep)));
    const Judgement judgement =
        judged("/a", "x", "{\"a\":\"\\u001b[31m" + std::string(500, 'y') + "\"}");
    CHECK(judgement.words.find('\x1b') == std::string::npos);
    CHECK(judgement.words.size() < 250);
    CHECK_FALSE(healthy(judged("/a", "x", "{\"a\":\"\xff\xfe\"}")));
}

TEST_CASE("an answer that is too slow is not healthy") {
    ProbeConfiguration probe;
    probe.max_latency = std::chrono::milliseconds(100);
    HttpResponse response = answer(200);
    response.timings.total = std::chrono::milliseconds(101);
    CHECK(judge(probe, k_subject, response).words == "200 after 101 ms, later than 100 ms");
    response.timings.total = std::chrono::milliseconds(100);
    CHECK(healthy(judge(probe, k_subject, response)));
}

TEST_CASE("a tag, the environment and variables are filled in") {
    ProbeSubject subject = k_subject;
    subject.tag = "v1.2";
    subject.variables = {{"region", "eu"}};
    CHECK(expand("${tag}-${region}-${environment}", subject) == "v1.2-eu-staging");
    CHECK(expand("${region", subject) == "${region");
}

TEST_CASE("the branch's own commit is as good a version") {
    ProbeSubject subject = k_subject;
    subject.tip = "ffffffff00000000000000000000000000000000";
    const Expectation expectation{"/version", Comparison::equals, "${commit}"};
    CHECK(meets(expectation, "ffffffff", subject) == Pattern::Found::yes);
    CHECK(meets(expectation, "1a2b3c4", subject) == Pattern::Found::yes);
    CHECK(meets(expectation, "eeeeeeee", subject) == Pattern::Found::no);
}

TEST_CASE("bodies contain and match, headers are equal") {
    ProbeConfiguration probe;
    HttpResponse response = answer(200, "<p>build 1a2b3c4d of staging</p>");
    response.headers = {{"X-Version", "1a2b3c4"}};
    const auto words = [&](Expectation body, Expectation header) {
        probe.answer_body = {std::move(body)};
        probe.answer_headers = {std::move(header)};
        return judge(probe, k_subject, response).words;
    };
    const Expectation good_header{"x-version", Comparison::equals, "${commit}"};
    const Expectation good_body{"", Comparison::contains, "build ${short_commit}"};
    CHECK(words(good_body, good_header) == "200, header x-version is 1a2b3c4");
    CHECK(words({"", Comparison::matches, "build ${short_commit} of \\w+<"}, good_header) ==
          "200, header x-version is 1a2b3c4");
    CHECK(words({"", Comparison::contains, "sorry"}, good_header) ==
          "200, but the body does not contain 'sorry'");
    CHECK(words({"", Comparison::matches, "^build"}, good_header) ==
          "200, but the body does not match '^build'");
    CHECK(words(good_body, {"X-Version", Comparison::equals, "7"}) ==
          "200, but header X-Version is 1a2b3c4, not 7");
    CHECK(words(good_body, {"X-Version", Comparison::matches, "^z"}) ==
          "200, but header X-Version is 1a2b3c4, which does not match '^z'");
    CHECK(words(good_body, {"X-Build", Comparison::equals, "7"}) ==
          "200, but there is no header X-Build");
    response.body_cut = true;
    CHECK(words({"", Comparison::contains, "sorry"}, good_header) ==
          "200, but the beginning of the body (32 bytes) does not contain 'sorry'");
    probe.json = {{"/a", Comparison::equals, "1"}};
    CHECK(words(good_body, good_header) ==
          "200, but its body has more than 32 bytes, too many for JSON");
}

TEST_CASE("what a template stands for is literal in a regular expression") {
    ProbeSubject subject = k_subject;
    subject.tag = "v1.2+3";
    const Expectation expectation{"", Comparison::matches, "^${tag}$"};
    CHECK(meets(expectation, "v1.2+3", subject) == Pattern::Found::yes);
    CHECK(meets(expectation, "v1x223", subject) == Pattern::Found::no);
}

TEST_CASE("a costly regular expression is told") {
    ProbeConfiguration probe;
    probe.answer_body = {{"", Comparison::matches, "(a+)+$"}};
    const Judgement judgement = judge(probe, k_subject, answer(200, std::string(5'000, 'a') + "b"));
    CHECK(judgement.words == "200, but the body takes too many steps to match '(a+)+$'");
}

TEST_CASE("only the version makes an answer another version's") {
    struct Row {
        std::string pointer;
        std::string text;
        bool speaks;
    };
    for (const Row& row : std::vector<Row>{
             {"/version", "1", true},
             {"/app/gitCommit", "1", true},
             {"/git_sha", "1", true},
             {"/image-tag", "1", true},
             {"/stage", "1", false},
             {"/shape", "1", false},
             {"/status", "ok", false},
             {"/version/status", "ok", false},
             {"/status", "${commit}", true},
             {"/status", "${tag}", true},
             {"/status", "${environment}", false},
         }) {
        INFO(row.pointer << " " << row.text);
        const Expectation expectation{row.pointer, Comparison::equals, row.text};
        CHECK(speaks_of_version(expectation) == row.speaks);
        for (const auto list : {&ProbeConfiguration::json, &ProbeConfiguration::answer_headers,
                                &ProbeConfiguration::answer_body}) {
            ProbeConfiguration speaking;
            speaking.*list = {{"/status", Comparison::equals, "ok"}, expectation};
            CHECK(speaks_of_version(speaking) == row.speaks);
            VerifyConfiguration verify;
            verify.probes = {ProbeConfiguration{}, speaking};
            CHECK(speaks_of_version(verify) == row.speaks);
        }
    }
    ProbeConfiguration probe;
    probe.json = {{"/version", Comparison::equals, "${commit}"},
                  {"/status", Comparison::equals, "ok"}};
    const auto judged = [&](const std::string& body) {
        return judge(probe, k_subject, answer(200, body)).answer;
    };
    CHECK(judged(R"({"version":"1a2b3c4d","status":"ok"})") == Answer::expected);
    CHECK(judged(R"({"version":"00000000","status":"ok"})") == Answer::other);
    CHECK(judged(R"({"status":"ok"})") == Answer::other);
    CHECK(judged(R"({"version":"00000000","status":"bad"})") == Answer::unhealthy);
    CHECK(judged(R"({"version":"1a2b3c4d","status":"bad"})") == Answer::unhealthy);
    CHECK(judged("<html>") == Answer::unhealthy);
}

TEST_CASE("failures of a transfer") {
    const auto answer_to = [](TransportFault fault) {
        return judge(TransportError(fault, "what", "because", {})).answer;
    };
    for (const TransportFault fault :
         {TransportFault::resolve, TransportFault::connect, TransportFault::tls,
          TransportFault::timeout, TransportFault::cut_off, TransportFault::proxy,
          TransportFault::no_route, TransportFault::other}) {
        CHECK(answer_to(fault) == Answer::unreachable);
    }
    for (const TransportFault fault :
         {TransportFault::too_large, TransportFault::protocol, TransportFault::redirect}) {
        CHECK(answer_to(fault) == Answer::unhealthy);
    }
    CHECK(judge(TransportError(TransportFault::tls, "what", "because", {})).words ==
          "what: because");
}

TEST_CASE("a request is made from its probe") {
    ProbeConfiguration probe;
    probe.method = HttpMethod::post;
    probe.headers = {{"Accept", {.text = "text/${environment}"}},
                     {"X-Key", {.text = "", .reference = SecretReference{}, .secret = true}},
                     {"cache-control", {.text = "max-age=0"}}};
    probe.body.text = "{\"v\":\"${short_commit}\"}";
    probe.redirects = Redirects::same_origin;
    probe.client_certificate = "/run/cert.pem";
    const HttpRequest request =
        prepare(probe, k_subject, [](const SecretReference&, bool) { return Secret("hidden"); });
    CHECK(request.method == HttpMethod::post);
    REQUIRE(request.headers.size() == 2);
    CHECK(request.headers[0].value == "text/staging");
    REQUIRE(request.secret_headers.size() == 1);
    CHECK(request.secret_headers[0].second.reveal() == "hidden");
    CHECK(request.body == "{\"v\":\"1a2b3c4d\"}");
    CHECK(request.redirects == Redirects::same_origin);
    CHECK(request.connection == Connection::fresh);
    CHECK(request.on_large_body == OnLargeBody::cut);
    CHECK(request.max_body == 65'536);
    REQUIRE(request.tls);
    CHECK(request.tls->client_certificate == "/run/cert.pem");
    CHECK_FALSE(request.has_secret);
    probe.answer_body = {{"", Comparison::contains, "x"}};
    CHECK(prepare(probe, k_subject, {[](const SecretReference&, bool) { return Secret("x"); }})
              .max_body == 1'048'576);
}

TEST_CASE("a request with a secret in it is marked as such") {
    ProbeSubject subject = k_subject;
    subject.variables = {{"key", "hidden"}, {"region", "eu"}};
    subject.secret_variables = {"key"};
    const auto prepared = [&](const ProbeConfiguration& probe) {
        return prepare(probe, subject,
                       [](const SecretReference&, bool) { return Secret("hidden"); });
    };
    ProbeConfiguration probe;
    probe.url = "https://app/${region}";
    probe.method = HttpMethod::post;
    probe.body.text = "${region} ${unkey}";
    CHECK_FALSE(prepared(probe).has_secret);
    CHECK(prepared(probe).url == "https://app/eu");
    SECTION("in the URL") {
        probe.url = "https://app/?key=${key}";
        CHECK(prepared(probe).url == "https://app/?key=hidden");
        CHECK(prepared(probe).has_secret);
    }
    SECTION("in the body") {
        probe.body.text = "{${key}}";
        CHECK(prepared(probe).has_secret);
    }
    SECTION("as the body") {
        probe.body = {.text = "", .reference = SecretReference{}, .secret = true};
        CHECK(prepared(probe).has_secret);
        probe.body.secret = false;
        CHECK_FALSE(prepared(probe).has_secret);
    }
    SECTION("in a header, which then stays at home when redirected") {
        probe.headers = {{"X-Key", {.text = "v1 ${key}"}}, {"X-Region", {.text = "${region}"}}};
        const HttpRequest request = prepared(probe);
        CHECK_FALSE(request.has_secret);
        CHECK(request.headers.front().name == "X-Region");
        REQUIRE(request.secret_headers.size() == 1);
        CHECK(request.secret_headers[0].second.reveal() == "v1 hidden");
    }
}
