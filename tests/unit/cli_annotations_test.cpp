#include <catch2/catch_test_macros.hpp>

#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/annotations.hpp"
#include "cli_verified.hpp"

using namespace headway;
using namespace headway::cli;
using core::Outcome;

namespace {

/// "label -> url" of each link; checks the shape that GitLab asks for.
std::vector<std::string> links_in(const std::string& text) {
    std::vector<std::string> links;
    const auto document = nlohmann::json::parse(text);
    REQUIRE(document.size() == 1);
    for (const auto& entry : document.at("headway")) {
        REQUIRE(entry.size() == 1);
        const auto& link = entry.at("external_link");
        REQUIRE(link.size() == 2);
        links.push_back(link.at("label").get<std::string>() + " -> " +
                        link.at("url").get<std::string>());
    }
    return links;
}

}  // namespace

TEST_CASE("annotations link what was verified, its commit, and what failed") {
    std::vector<Verified> all{verified("staging", Outcome::converged, "200"),
                              verified("production", Outcome::unhealthy, "503, not 200")};
    all[0].commit_url = "https://git.example/-/commit/1a2b3c4d";
    all[1].commit.clear();
    CHECK(links_in(annotations_of(all)) ==
          std::vector<std::string>{
              "staging: converged, 1a2b3c4d -> https://staging.example/health",
              "staging: commit 1a2b3c4d -> https://git.example/-/commit/1a2b3c4d",
              "production: unhealthy -> https://staging.example/health",
              "production: health at 127.0.0.2: 503, not 200 -> https://staging.example/health"});
    CHECK(links_in(annotations_of({})).empty());
}

TEST_CASE("annotations: only web links, labels that can be shown, and not too many") {
    Verified one =
        verified("a\x1B[31m\nb", Outcome::mixed, std::string(5000, 'w') + "\xED\xA0\x80");
    const auto links = links_in(annotations_of(std::vector{one}));
    REQUIRE(links.size() == 2);
    CHECK(links[0] == "a\\x1B[31m b: mixed, 1a2b3c4d -> https://staging.example/health");
    CHECK(links[1].size() < 260);
    one.report.origins[0].url = "javascript:alert(1)";
    one.commit_url = "file:///etc/passwd";
    CHECK(links_in(annotations_of(std::vector{one})).empty());
    one.report.origins[0].url = "https://x/" + std::string(2000, 'a');
    CHECK(links_in(annotations_of(std::vector{one})).empty());
}

TEST_CASE("annotations stay below GitLab's limit, and name each environment first") {
    std::vector<Verified> all;
    for (int index = 0; index < 40; ++index) {
        all.push_back(
            verified(fmt::format("edge-{}", index), Outcome::unhealthy, std::string(500, '"')));
        all.back().report.origins[0].url = "https://x/" + std::string(980, 'a');
        all.back().report.origins.resize(100, all.back().report.origins[0]);
    }
    const std::string text = annotations_of(all);
    CHECK(text.size() < 80'000);
    const auto links = links_in(text);
    CHECK(links.size() == 50);
    CHECK(links[39].starts_with("edge-39: unhealthy"));
    CHECK(links[40].starts_with("edge-0: health at 127.0.0.2: "));
}
