#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "forge/api.hpp"
#include "forge/api_answer.hpp"
#include "forge/api_dialect.hpp"
#include "forge/forge.hpp"

namespace headway::forge::test {

namespace {

const MergeRequest k_request{.source = "headway/revert-1-x",
                             .target = "rel/1&2",
                             .title = "Revert \"x\"",
                             .description = "why"};

std::string url_of(std::string_view forge, std::string_view remote, std::string_view base = {}) {
    const ApiDialect& dialect = *api_of(forge);
    const auto place = place_of(dialect, remote, base);
    return place ? url_to_open(dialect, *place) : "none";
}

std::string shown(const Error& error) {
    std::string text = std::to_string(static_cast<int>(error.code())) + " " + error.what() +
                       "\n  because: " + error.because();
    for (const std::string& hint : error.hints()) {
        text += "\n  try: " + hint;
    }
    return text;
}

std::string refused(std::string_view forge, int status, std::string_view body) {
    return shown(refusal_of(*api_of(forge), status, body,
                            {.token_name = "$API", .url = "https://api.x/pulls?q=1"}));
}

}  // namespace

TEST_CASE("the place of a remote in its forge's API", "[forge]") {
    struct Row {
        std::string_view forge;
        std::string_view remote;
        std::string_view base;
        std::string url;
    };
    const std::vector<Row> rows{
        {"github", "https://github.com/o/app.git", "", "https://api.github.com/repos/o/app/pulls"},
        {"github", "https://GitHub.com/o/app/", "", "https://api.github.com/repos/o/app/pulls"},
        {"github", "https://acme.ghe.com/o/app", "", "https://api.acme.ghe.com/repos/o/app/pulls"},
        {"github", "https://git.example.com:8443/o/app.git", "",
         "https://git.example.com:8443/api/v3/repos/o/app/pulls"},
        {"github", "https://u:p@git.example.com/o/app.git", "https://api.x/y",
         "https://api.x/y/repos/o/app/pulls"},
        {"github", "https://github.com/app.git", "", "none"},
        {"github", "/srv/o/app.git", "https://api.x", "none"},
        {"gitea", "https://codeberg.org/o/app.git", "",
         "https://codeberg.org/api/v1/repos/o/app/pulls"},
        {"gitea", "https://example.com/git/o/app.git", "",
         "https://example.com/git/api/v1/repos/o/app/pulls"},
        {"bitbucket", "https://bitbucket.org/w/app.git", "",
         "https://api.bitbucket.org/2.0/repositories/w/app/pullrequests"},
        // Bitbucket Data Center has another API.
        {"bitbucket", "https://bitbucket.example.com/scm/w/app.git", "", "none"},
        {"bitbucket", "https://x.example.com/w/app.git", "https://api.x/2.0",
         "https://api.x/2.0/repositories/w/app/pullrequests"},
        {"azure-devops", "https://dev.azure.com/org/My%20project/_git/app", "",
         "https://dev.azure.com/org/My%20project/_apis/git/repositories/app/"
         "pullrequests?api-version=7.0"},
        {"azure-devops", "https://dev.azure.com/org/_git/app", "",
         "https://dev.azure.com/org/app/_apis/git/repositories/app/pullrequests?api-version=7.0"},
        {"azure-devops", "https://org.visualstudio.com/proj/_git/app", "",
         "https://org.visualstudio.com/proj/_apis/git/repositories/app/"
         "pullrequests?api-version=7.0"},
        {"azure-devops", "https://org.visualstudio.com/DefaultCollection/_git/app", "",
         "https://org.visualstudio.com/DefaultCollection/app/_apis/git/repositories/app/"
         "pullrequests?api-version=7.0"},
        {"azure-devops", "https://tfs.example.com/tfs/coll/proj/_git/app", "",
         "https://tfs.example.com/tfs/coll/proj/_apis/git/repositories/app/"
         "pullrequests?api-version=7.0"},
        {"azure-devops", "https://dev.azure.com/org/proj/app", "", "none"},
    };
    for (const Row& row : rows) {
        INFO(row.forge << ' ' << row.remote);
        CHECK(url_of(row.forge, row.remote, row.base) == row.url);
    }
    CHECK(api_of("gitlab") == nullptr);
    CHECK(api_of("git") == nullptr);
    CHECK_FALSE(has_api(*forge_for("https://gitlab.com/g/app.git"), "https://gitlab.com/g/app.git",
                        "https://gitlab.com/api/v4"));
    CHECK(has_api(*forge_for("https://github.com/o/app.git"), "https://github.com/o/app.git", ""));
}

TEST_CASE("what is asked for to find one, and to open one", "[forge]") {
    const auto find = [](std::string_view forge, std::string_view remote) {
        const ApiDialect& dialect = *api_of(forge);
        const std::string url = url_to_find(dialect, *place_of(dialect, remote, ""), k_request);
        return url.substr(url.find('?'));
    };
    const auto body = [](std::string_view forge) {
        return body_to_open(*api_of(forge), k_request);
    };
    CHECK(find("github", "https://github.com/o/app") ==
          "?state=open&head=o:headway%2Frevert-1-x&base=rel%2F1%262");
    CHECK(find("gitea", "https://codeberg.org/o/app") == "?state=open&sort=recentupdate&limit=50");
    CHECK(find("bitbucket", "https://bitbucket.org/o/app") ==
          "?state=OPEN&q=source.branch.name%3D%22headway%2Frevert-1-x%22");
    CHECK(find("azure-devops", "https://dev.azure.com/o/p/_git/app") ==
          "?searchCriteria.status=active&searchCriteria.sourceRefName=refs%2Fheads%2Fheadway%2F"
          "revert-1-x&searchCriteria.targetRefName=refs%2Fheads%2Frel%2F1%262&api-version=7.0");
    const std::string plain =
        R"({"title":"Revert \"x\"","body":"why","head":"headway/revert-1-x","base":"rel/1&2"})";
    CHECK(body("github") == plain);
    CHECK(body("gitea") == plain);
    CHECK(body("azure-devops") ==
          R"({"title":"Revert \"x\"","description":"why","sourceRefName":"refs/heads/headway/)"
          R"(revert-1-x","targetRefName":"refs/heads/rel/1&2"})");
    CHECK(body("bitbucket") ==
          R"({"title":"Revert \"x\"","description":"why","source":{"branch":{"name":"headway/)"
          R"(revert-1-x"}},"destination":{"branch":{"name":"rel/1&2"}},)"
          R"("close_source_branch":true})");
}

TEST_CASE("the page of what was opened or found", "[forge]") {
    const ApiDialect& github = *api_of("github");
    const ApiDialect& azure = *api_of("azure-devops");
    const ApiDialect& bitbucket = *api_of("bitbucket");
    const auto github_place = *place_of(github, "https://github.com/o/app", "");
    const auto azure_place = *place_of(azure, "https://dev.azure.com/o/p/_git/app", "");
    const auto bitbucket_place = *place_of(bitbucket, "https://bitbucket.org/o/app", "");
    CHECK(opened_in(github, github_place, R"({"html_url":"https://h/o/app/pull/7"})") ==
          "https://h/o/app/pull/7");
    CHECK(opened_in(azure, azure_place, R"({"pullRequestId":7})") ==
          "https://dev.azure.com/o/p/_git/app/pullrequest/7");
    CHECK(opened_in(bitbucket, bitbucket_place, R"({"links":{"html":{"href":"https://h/7"}}})") ==
          "https://h/7");
    const std::string long_url = R"({"html_url":"https://h/)" + std::string(500, 'x') + "\"}";
    for (const std::string_view nonsense :
         {std::string_view(""), std::string_view("<html>"), std::string_view("[]"),
          std::string_view("{}"), std::string_view("null"), std::string_view(R"({"html_url":7})"),
          std::string_view(R"({"html_url":"pull/7"})"),
          std::string_view(R"({"html_url":"javascript://x/y"})"),
          std::string_view("{\"html_url\":\"https://h/\\u001b[31m\"}"),
          std::string_view(R"({"html_url":"https://h/a b"})"), std::string_view(long_url)}) {
        INFO(nonsense);
        CHECK(opened_in(github, github_place, nonsense).empty());
    }
    for (const std::string_view nonsense :
         {R"({"pullRequestId":-7})", R"({"pullRequestId":"7"})"}) {
        CHECK(opened_in(azure, azure_place, nonsense).empty());
    }

    const auto item = [](const std::string& head, const std::string& base, int number) {
        return R"({"head":{"ref":")" + head + R"("},"base":{"ref":")" + base +
               R"("},"html_url":"https://h/)" + std::to_string(number) + "\"}";
    };
    const std::string list = "[null,7,{}," + item("other", "rel/1&2", 1) + "," +
                             item(k_request.source, "main", 2) + "," +
                             item(k_request.source, k_request.target, 3) + "]";
    CHECK(found_in(github, github_place, list, k_request) == "https://h/3");
    CHECK(found_in(azure, azure_place,
                   R"({"value":[{"sourceRefName":"refs/heads/headway/revert-1-x",)"
                   R"("targetRefName":"refs/heads/rel/1&2","pullRequestId":9}]})",
                   k_request) == "https://dev.azure.com/o/p/_git/app/pullrequest/9");
    CHECK(found_in(bitbucket, bitbucket_place,
                   R"({"values":[{"source":{"branch":{"name":"headway/revert-1-x"}},)"
                   R"("destination":{"branch":{"name":"rel/1&2"}},)"
                   R"("links":{"html":{"href":"https://h/4"}}}]})",
                   k_request) == "https://h/4");
    for (const std::string_view nonsense : {"", "{}", "[]", "7", "[[]]", R"({"values":{}})"}) {
        CHECK(found_in(github, github_place, nonsense, k_request).empty());
        CHECK(found_in(bitbucket, bitbucket_place, nonsense, k_request).empty());
    }
}

TEST_CASE("what an answer to the wish for a pull request means", "[forge]") {
    using enum ApiMeaning;
    CHECK(meaning_of(201, "") == opened);
    CHECK(meaning_of(200, "") == opened);
    CHECK(meaning_of(203, "") == refused);
    CHECK(meaning_of(422, R"({"errors":[{"message":"A pull request Already Exists for o:b."}]})") ==
          exists_already);
    CHECK(meaning_of(409, "TF401179: An active pull request for ...") == exists_already);
    CHECK(meaning_of(409, "pull request already exists for these targets") == exists_already);
    CHECK(meaning_of(409, "conflict") == refused);
    CHECK(meaning_of(422, "No commits between main and b") == refused);
    CHECK(meaning_of(403, "already exists") == refused);
    CHECK(meaning_of(500, "already exists") == refused);
}

TEST_CASE("why the API refused, and the one fix", "[forge]") {
    const std::string what = " the pull request could not be opened\n  because: ";
    const std::string github_token =
        "Settings > Developer settings > Fine-grained tokens: create a token with the permission "
        "'Pull requests: Read and write', and put it into $API";
    const std::string address =
        "\n  try: api: in .headway.yml: the address that the forge's API begins with";
    const std::string later = "\n  try: run the same command again later";
    CHECK(refused("github", 401, R"({"message":"Bad credentials"})") ==
          "5" + what +
              "$API is wrong, expired or revoked (HTTP 401) (the server said: \"Bad "
              "credentials\")\n  try: " +
              github_token);
    CHECK(refused("github", 403, R"({"message":"Resource not accessible"})") ==
          "5" + what +
              "$API lacks the right to open pull requests (HTTP 403) (the server said: \"Resource "
              "not accessible\")\n  try: " +
              github_token);
    CHECK(refused("github", 403, R"({"message":"API Rate Limit exceeded"})") ==
          "1" + what +
              "the server limits the number of requests (HTTP 403) (the server said: \"API Rate "
              "Limit exceeded\")" +
              later);
    CHECK(refused("github", 429, "") ==
          "1" + what + "the server limits the number of requests (HTTP 429)" + later);
    CHECK(refused("github", 404, "<html>") ==
          "5" + what +
              "$API may not see the repository, or https://api.x/pulls is not the API's address "
              "(HTTP 404)\n  try: " +
              github_token + address);
    CHECK(refused("azure-devops", 203, "<html>") ==
          "5" + what +
              "$API is wrong or expired: the answer is a sign-in page (HTTP 203)\n  try: User "
              "settings > Personal access tokens: create a token with the scope 'Code (Read & "
              "write)', and put it into $API");
    CHECK(refused("azure-devops", 302, "") ==
          "1" + what +
              "the answer is a redirect (HTTP 302), which is never followed: https://api.x/pulls "
              "is not the API's address, or $API is wrong or expired" +
              address +
              "\n  try: User settings > Personal access tokens: create a token with the scope "
              "'Code (Read & write)', and put it into $API");
    CHECK(refused("bitbucket", 401, R"({"error":{"message":"Token is invalid"}})") ==
          "5" + what +
              "$API is wrong, expired or revoked (HTTP 401) (the server said: \"Token is "
              "invalid\")\n  try: Repository settings > Access tokens: create a token with the "
              "scope pullrequest:write, and put it into $API");
    CHECK(refused("gitea", 401, "unauthorized \x1b[31m") ==
          "5" + what +
              "$API is wrong, expired or revoked (HTTP 401) (the server said: \"unauthorized "
              "\\x1B[31m\")\n  try: Settings > Applications: create a token with the permission "
              "'repository: Read and write', and put it into $API");
    CHECK(refused("gitea", 503, "{}") ==
          "1" + what +
              "the server failed (HTTP 503) (the server said: \"{}\")\n  try: run the same command "
              "again: it finds the branch, and opens what is missing");
    CHECK(refused("github", 422,
                  R"({"message":"Validation Failed","errors":[{"message":"No commits"}]})") ==
          "3" + what +
              "the server refused it (HTTP 422) (the server said: \"Validation Failed: No "
              "commits\")");
    CHECK(shown(not_understood("https://api.x/pulls?q=1")) ==
          "1" + what +
              "https://api.x/pulls answered with a success that names no pull request: it may be "
              "open, or that is not the API's address" +
              address);
    const std::string again =
        "\n  try: run the same command again: it finds the branch, and opens what is missing";
    CHECK(shown(unanswered({TransportFault::timeout, "no answer", "60s", {"wait"}})) ==
          "1" + what + "no answer: 60s; it may be open all the same\n  try: wait" + again);
    CHECK(shown(unanswered({TransportFault::connect, "no way", "", {}})) ==
          "1" + what + "no way" + again);
}

TEST_CASE("the page on which a person opens one", "[forge]") {
    const auto page = [](std::string_view url, std::string_view name = {}) {
        return forge_for(url, name)->new_merge_request_url(k_request);
    };
    CHECK(page("https://gitlab.com/g/app.git") ==
          "https://gitlab.com/g/app/-/merge_requests/new?merge_request%5Bsource_branch%5D="
          "headway%2Frevert-1-x&merge_request%5Btarget_branch%5D=rel%2F1%262");
    CHECK(page("https://github.com/o/app.git") ==
          "https://github.com/o/app/compare/rel/1%262...headway/revert-1-x?expand=1");
    CHECK(page("https://dev.azure.com/o/p/_git/app") ==
          "https://dev.azure.com/o/p/_git/app/pullrequestcreate?sourceRef=headway%2Frevert-1-x"
          "&targetRef=rel%2F1%262");
    CHECK(page("https://bitbucket.org/o/app.git") ==
          "https://bitbucket.org/o/app/pull-requests/new?source=headway%2Frevert-1-x&dest="
          "rel%2F1%262");
    CHECK(page("https://git.example.com/o/app.git", "gitea") ==
          "https://git.example.com/o/app/compare/rel/1%262...headway/revert-1-x");
    CHECK(page("https://git.example.com/o/app.git").empty());
    CHECK(page("/srv/app.git", "github").empty());
    CHECK(forge_for("https://gitlab.com/g/app.git")->merge_request_word() == "merge request");
    CHECK(forge_for("https://github.com/o/app.git")->merge_request_word() == "pull request");
    CHECK(forge_for("https://acme.ghe.com/o/app.git")->name() == "github");
}

TEST_CASE("every forge that a configuration may name is known", "[forge]") {
    for (const std::string_view name :
         {"gitlab", "github", "azure", "bitbucket", "gitea", "git", "azure-devops", "forgejo"}) {
        CHECK_NOTHROW(forge_for("https://git.example.com/o/app.git", name));
    }
}

}  // namespace headway::forge::test
