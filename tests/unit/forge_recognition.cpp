#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "forge/forge.hpp"

namespace headway::forge::test {

namespace {

const ObjectId k_from = *ObjectId::parse("1111111111111111111111111111111111111111");
const ObjectId k_to = *ObjectId::parse("2222222222222222222222222222222222222222");
const std::string k_from_hex = k_from.hex();
const std::string k_to_hex = k_to.hex();

}  // namespace

TEST_CASE("a forge is recognised by its host or by the configured name", "[forge]") {
    struct Row {
        std::string_view url;
        std::string_view configured;
        std::string_view name;
        std::string_view user;
    };
    const std::vector<Row> rows{
        {"https://gitlab.com/g/app.git", "", "gitlab", "gitlab-ci-token"},
        {"https://gitlab.example.com:8443/g/app.git", "", "gitlab", "gitlab-ci-token"},
        {"HTTPS://GitLab.Example.com/g/app.git", "", "gitlab", "gitlab-ci-token"},
        {"https://github.com/o/app", "", "github", "x-access-token"},
        {"https://dev.azure.com/o/p/_git/app", "", "azure-devops", "headway"},
        {"https://o.visualstudio.com/p/_git/app", "", "azure-devops", "headway"},
        {"https://bitbucket.org/o/app.git", "", "bitbucket", "x-token-auth"},
        {"https://codeberg.org/o/app.git", "", "gitea", "headway"},
        {"https://gitea.example.com/o/app.git", "", "gitea", "headway"},
        {"https://forgejo.example.com/o/app.git", "", "gitea", "headway"},
        {"https://git.example.com/app.git", "", "git", "git"},
        {"https://notgitlab.example.com/app.git", "", "git", "git"},
        {"https://example.com/gitlab.com/app.git", "", "git", "git"},
        {"https://github.com.evil.example/app.git", "", "github", "x-access-token"},
        {"http://127.0.0.1:8080/g/app.git", "", "git", "git"},
        {"http://[::1]:8080/g/app.git", "", "git", "git"},
        {"file:///srv/app.git", "", "git", "git"},
        {"/srv/gitlab.com/app.git", "", "git", "git"},
        {"", "", "git", "git"},
        // The configured name decides where the host is not a public service.
        {"http://127.0.0.1:8080/g/app.git", "gitlab", "gitlab", "gitlab-ci-token"},
        {"https://gitlab.example.com/g/app.git", "Forgejo", "gitea", "headway"},
        {"https://gitlab.example.com/g/app.git", "git", "git", "git"},
        {"https://git.example.com/app.git", "azure", "azure-devops", "headway"},
        {"https://github.com/o/app.git", "gitlab", "github", "x-access-token"},
    };
    for (const Row& row : rows) {
        INFO(row.url << " as \"" << row.configured << '"');
        const auto forge = forge_for(row.url, row.configured);
        CHECK(forge->name() == row.name);
        CHECK(forge->token_user() == row.user);
    }
}

TEST_CASE("an unknown configured name is an error that knows the near ones", "[forge]") {
    try {
        (void)forge_for("https://git.example.com/app.git", "gitlub");
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::usage);
        CHECK(std::string(error.what()) == "there is no forge \"gitlub\"");
        CHECK(error.because() ==
              "headway knows gitlab, github, azure-devops, bitbucket, gitea, git");
        CHECK(error.hints() == std::vector<std::string>{"gitlab"});
    }
}

TEST_CASE("each forge has its own links", "[forge]") {
    struct Row {
        std::string_view url;
        std::string commit;
        std::string compare;
    };
    const std::vector<Row> rows{
        {"https://gitlab.example.com/group/sub/app.git",
         "https://gitlab.example.com/group/sub/app/-/commit/" + k_to_hex,
         "https://gitlab.example.com/group/sub/app/-/compare/" + k_from_hex + "..." + k_to_hex},
        {"https://github.com/o/app", "https://github.com/o/app/commit/" + k_to_hex,
         "https://github.com/o/app/compare/" + k_from_hex + "..." + k_to_hex},
        {"https://dev.azure.com/o/p/_git/app",
         "https://dev.azure.com/o/p/_git/app/commit/" + k_to_hex,
         "https://dev.azure.com/o/p/_git/app/branchCompare?baseVersion=GC" + k_from_hex +
             "&targetVersion=GC" + k_to_hex},
        {"https://bitbucket.org/o/app.git", "https://bitbucket.org/o/app/commits/" + k_to_hex,
         "https://bitbucket.org/o/app/branches/compare/" + k_to_hex + "%0D" + k_from_hex},
        {"https://codeberg.org/o/app.git", "https://codeberg.org/o/app/commit/" + k_to_hex,
         "https://codeberg.org/o/app/compare/" + k_from_hex + "..." + k_to_hex},
        {"https://git.example.com/app.git", "", ""},
    };
    for (const Row& row : rows) {
        INFO(row.url);
        const auto forge = forge_for(row.url);
        CHECK(forge->commit_url(k_to) == row.commit);
        CHECK(forge->compare_url(k_from, k_to) == row.compare);
        CHECK(forge->commit_url(ObjectId{}).empty());
        CHECK(forge->compare_url(ObjectId{}, k_to).empty());
        CHECK(forge->compare_url(k_from, ObjectId{}).empty());
    }
}

TEST_CASE("links begin at the project's page, whatever the clone address looks like", "[forge]") {
    for (const std::string_view url :
         {"https://gitlab.example.com:8443/g/app.git", "https://gitlab.example.com:8443/g/app",
          "https://gitlab.example.com:8443/g/app/", "https://gitlab.example.com:8443/g/app.git/",
          "https://oauth2:secret@gitlab.example.com:8443/g/app.git",
          "https://a@b@gitlab.example.com:8443/g/app.git?x=1#y"}) {
        INFO(url);
        CHECK(forge_for(url)->commit_url(k_to) ==
              "https://gitlab.example.com:8443/g/app/-/commit/" + k_to_hex);
    }
    for (const std::string_view url :
         {"https://gitlab.example.com", "https://gitlab.example.com/.git", "ssh://gitlab.com/a.git",
          "git@gitlab.com:g/app.git", "/srv/app.git", "https:///app.git"}) {
        INFO(url);
        CHECK(forge_for(url, "gitlab")->commit_url(k_to).empty());
    }
}

TEST_CASE("GitLab opens a merge request for a push, other forges none", "[forge]") {
    const MergeRequest request{
        .source = "", .target = "main", .title = "Revert {x}", .description = "for {target}"};
    const auto gitlab = forge_for("https://gitlab.example.com/g/app.git");
    CHECK(gitlab->merge_request_options(request) ==
          std::vector<std::string>{
              "merge_request.create", "merge_request.target=main", "merge_request.title=Revert {x}",
              "merge_request.description=for {target}", "merge_request.remove_source_branch"});
    for (const std::string_view url :
         {"https://github.com/o/app", "https://dev.azure.com/o/p/_git/app",
          "https://bitbucket.org/o/app.git", "https://codeberg.org/o/app.git", "/srv/app.git"}) {
        CHECK(forge_for(url)->merge_request_options(request).empty());
        CHECK(forge_for(url)->merge_request_url({"https://h/-/merge_requests/7"}).empty());
    }
}

TEST_CASE("a merge request's address is found in what GitLab prints", "[forge]") {
    const auto gitlab = forge_for("https://gitlab.example.com/g/app.git");
    const std::string url = "https://gitlab.example.com/g/app/-/merge_requests/7";
    CHECK(gitlab->merge_request_url({"", "View merge request for b:", "  " + url, ""}) == url);
    CHECK(gitlab->merge_request_url({"see " + url + " please"}) == url);
    for (const std::string& line :
         {std::string(), std::string("/-/merge_requests/7"),
          std::string("https://gitlab.example.com/g/app/-/merge_requests/"),
          std::string("https://gitlab.example.com/g/app/-/merge_requests/new?merge_request=7"),
          std::string("https:///-/merge_requests/7"), std::string("ssh://h/-/merge_requests/7"),
          "https://h/" + std::string(500, 'x') + "/merge_requests/7"}) {
        CHECK(gitlab->merge_request_url({line}).empty());
    }
}

}  // namespace headway::forge::test
