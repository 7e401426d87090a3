#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "cli/dotenv.hpp"
#include "cli_verified.hpp"
#include "headway/text.hpp"

using namespace headway;
using namespace headway::cli;
using core::Outcome;

namespace {

/// As GitLab judges such a file (Ci::ParseDotenvArtifactService).
void check_legal(const Dotenv& dotenv) {
    const auto lines = lines_of(dotenv.text);
    CHECK(dotenv.text.size() <= 5120);
    CHECK(lines.size() <= 20);
    std::set<std::string> names;
    for (const std::string& line : lines) {
        INFO(line);
        const auto equals = line.find('=');
        REQUIRE(equals != std::string::npos);
        const std::string name = line.substr(0, equals);
        CHECK(!name.empty());
        CHECK(name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos);
        CHECK(names.insert(name).second);
        CHECK(name.starts_with("VERIFY_"));
        CHECK(line.find_first_of("\"'`$\\\t\r") == std::string::npos);
        CHECK(std::none_of(line.begin(), line.end(), [](char letter) {
            return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F;
        }));
    }
}

}  // namespace

TEST_CASE("dotenv of one environment") {
    const Dotenv dotenv = dotenv_of(
        std::vector{verified("staging", Outcome::still_old, "200, /version is \"0f0f0f0f\"")});
    CHECK(dotenv.text ==
          "VERIFY_OUTCOME=still-old\n"
          "VERIFY_ENVIRONMENT=staging\n"
          "VERIFY_COMMIT=1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b\n"
          "VERIFY_SHORT_COMMIT=1a2b3c4d\n"
          "VERIFY_URL=https://staging.example/health\n"
          "VERIFY_SECONDS=4.2\n"
          "VERIFY_REASON=200, /version is  0f0f0f0f\n");
    CHECK(dotenv.left_out.empty());
    check_legal(dotenv);
    CHECK(dotenv_of({}).text.empty());
}

TEST_CASE("dotenv: of several environments the worst decides, and each has a variable") {
    const std::vector<Verified> all{verified("staging", Outcome::converged, "fine"),
                                    verified("eu/west-1", Outcome::unreachable, "refused"),
                                    verified("eu/west_1", Outcome::unhealthy, "503"),
                                    verified("Zürich", Outcome::mixed, "old and new")};
    const Dotenv dotenv = dotenv_of(all);
    const auto lines = lines_of(dotenv.text);
    CHECK(lines.front() == "VERIFY_OUTCOME=unhealthy");
    CHECK(lines[1] == "VERIFY_ENVIRONMENT=eu/west_1");
    CHECK(std::vector(lines.begin() + 7, lines.end()) ==
          std::vector<std::string>{"VERIFY_OUTCOME_STAGING=converged",
                                   "VERIFY_OUTCOME_EU_WEST_1=unhealthy",
                                   "VERIFY_OUTCOME_Z__RICH=mixed"});
    check_legal(dotenv);
}

TEST_CASE("dotenv: what does not fit is left out and told") {
    std::vector<Verified> all;
    for (int index = 0; index < 30; ++index) {
        all.push_back(verified(fmt::format("edge-{:02}", index), Outcome::converged, "fine"));
    }
    const Dotenv dotenv = dotenv_of(all);
    check_legal(dotenv);
    CHECK(lines_of(dotenv.text).size() == 20);
    CHECK(dotenv.left_out.size() == 17);
    CHECK(dotenv.left_out.front() == "VERIFY_OUTCOME_EDGE_13");
    for (Verified& one : all) {
        one.environment += std::string(600, 'x');
    }
    check_legal(dotenv_of(all));
    CHECK(!dotenv_of(all).left_out.empty());
}

TEST_CASE("dotenv: values are on one line and hold nothing that has a meaning") {
    for (const std::string& text : std::vector<std::string>{
             "two\nlines\r\nX=1", "$HOME ${CI_JOB_TOKEN} $(id) `id`", "\"quoted\" 'so' \\n",
             std::string("nul \0", 5), "\x1B[31m \xED\xA0\x80", std::string(5000, '$'),
             std::string(5000, 'a'), "\xF0\x9F\x98\x80 \xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D"}) {
        Verified one = verified(text, Outcome::unhealthy, text);
        one.report.origins[0].url = "https://x/?q=" + text;
        const Dotenv dotenv = dotenv_of(std::vector{one, verified("b", Outcome::mixed, text)});
        check_legal(dotenv);
        CHECK(lines_of(dotenv.text).size() + dotenv.left_out.size() == 9);
    }
}

TEST_CASE("dotenv: a URL stays one") {
    Verified one = verified("staging", Outcome::converged, "fine");
    one.report.origins[0].url = "https://x/$a?b='c'&d=\\e f";
    CHECK(lines_of(dotenv_of(std::vector{one}).text)[4] ==
          "VERIFY_URL=https://x/%24a?b=%27c%27&d=%5Ce%20f");
    one.report.origins[0].url = "https://x/" + std::string(2000, 'a');
    CHECK(lines_of(dotenv_of(std::vector{one}).text)[4] == "VERIFY_URL=");
    one.report.origins.clear();
    CHECK(lines_of(dotenv_of(std::vector{one}).text)[4] == "VERIFY_URL=");
}
