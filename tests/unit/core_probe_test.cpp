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

Judgement judged(std::map<std::string, std::string> json, const std::string& body) {
    ProbeConfiguration probe;
    probe.json = std::move(json);
    return judge(probe, k_subject, answer(200, body));
}

}  // namespace

TEST_CASE("a status that is not listed is never healthy") {
    ProbeConfiguration probe;
    for (const int status : {100, 201, 204, 301, 302, 304, 400, 401, 404, 500, 502, 503, 599}) {
        const Judgement judgement = judge(probe, k_subject, answer(status));
        CHECK_FALSE(judgement.healthy);
        CHECK(judgement.words == "status " + std::to_string(status) + ", not 200");
    }
    CHECK(judge(probe, k_subject, answer(200)).healthy);
    probe.status = {200, 204};
    CHECK(judge(probe, k_subject, answer(204)).healthy);
    CHECK(judge(probe, k_subject, answer(500)).words == "status 500, not 200 or 204");
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
        CHECK(matches("${short_commit}", row.actual, k_subject) == row.same);
        CHECK(matches("${commit}", row.actual, k_subject) == row.same);
    }
    CHECK(matches("v-${short_commit}-${environment}", "v-1a2b3c4d-staging", k_subject));
    CHECK_FALSE(matches("v-${short_commit}", "v-1a2b3c4", k_subject));
    CHECK(matches("ok", "ok", k_subject));
    CHECK_FALSE(matches("ok", "okay", k_subject));
}

TEST_CASE("templates are filled in once") {
    CHECK(expand("${commit}/${short_commit}/${environment}", k_subject) ==
          k_subject.commit + "/1a2b3c4d/staging");
    CHECK(expand("a ${other} $ ${", k_subject) == "a ${other} $ ${");
    CHECK(expand("${environment}", {.environment = "${commit}", .commit = "x"}) == "${commit}");
}

TEST_CASE("JSON is judged by pointers") {
    CHECK(judged({{"/version", "${short_commit}"}}, R"({"version":"1a2b3c4d"})").words ==
          "200, /version is 1a2b3c4d");
    CHECK(judged({{"/version", "${short_commit}"}}, R"({"version":"ffffffff"})").words ==
          "200, but /version is ffffffff, not 1a2b3c4d");
    CHECK(judged({{"/a/0/b~1c", "7"}}, R"({"a":[{"b/c":7}]})").healthy);
    CHECK(judged({{"/up", "true"}}, R"({"up":true})").healthy);
    CHECK(judged({{"/missing", "x"}}, R"({"up":true})").words == "200, but there is no /missing");
    CHECK(judged({{"/a", "x"}}, "<html>").words == "200, but the body is no JSON: <html>");
    CHECK_FALSE(judged({{"/a", "x"}}, "").healthy);
    CHECK_FALSE(judged({{"/a/x", "1"}}, R"({"a":[1]})").healthy);
}

TEST_CASE("hostile bodies are bounded and printable") {
    CHECK_FALSE(judged({{"/a", "x"}}, std::string(100'000, '[')).healthy);
    std::string deep;
    for (int level = 0; level < 100; ++level) {
        deep += R"({"a":)";
    }
    deep += "1" + std::string(100, '}');
    CHECK_FALSE(judged({{"/a", "x"}}, deep).healthy);
    const Judgement judgement =
        judged({{"/a", "x"}}, "{\"a\":\"\\u001b[31m" + std::string(500, 'y') + "\"}");
    CHECK(judgement.words.find('\x1b') == std::string::npos);
    CHECK(judgement.words.size() < 250);
    CHECK_FALSE(judged({{"/a", "x"}}, "{\"a\":\"\xff\xfe\"}").healthy);
}

TEST_CASE("an answer that is too slow is not healthy") {
    ProbeConfiguration probe;
    probe.max_latency = std::chrono::milliseconds(100);
    HttpResponse response = answer(200);
    response.timings.total = std::chrono::milliseconds(101);
    CHECK(judge(probe, k_subject, response).words == "200 after 101 ms, later than 100 ms");
    response.timings.total = std::chrono::milliseconds(100);
    CHECK(judge(probe, k_subject, response).healthy);
}
