#include <catch2/catch_test_macros.hpp>

#include "git/objects.hpp"
#include "git/pack_reader.hpp"
#include "git/pkt_line.hpp"
#include "git/redirect.hpp"
#include "git/tree.hpp"
#include "git/web_page.hpp"
#include "git_wire_support.hpp"

namespace headway::git {

namespace {

constexpr std::string_view k_query = "service=git-upload-pack";

std::string tree_entry(std::string_view mode, std::string_view name, char id) {
    return std::string(mode) + " " + std::string(name) + std::string(1, '\0') +
           std::string(ObjectId::k_size, id);
}

}  // namespace

TEST_CASE("redirects are told apart") {
    struct Case {
        std::string_view base;
        std::string_view location;
        RedirectKind kind;
        std::string_view new_base;
    };
    const Case cases[] = {
        {"https://h/a", "https://h/b.git/info/refs?service=git-upload-pack",
         RedirectKind::moved_here, "https://h/b.git"},
        {"https://h/a", "/g/b.git/info/refs?service=git-upload-pack", RedirectKind::moved_here,
         "https://h/g/b.git"},
        {"https://h/a", "//h/b/info/refs?service=git-upload-pack", RedirectKind::moved_here,
         "https://h/b"},
        {"https://h/a", "HTTPS://H:443/b/info/refs?service=git-upload-pack",
         RedirectKind::moved_here, "HTTPS://H:443/b"},
        {"http://h:80/a", "http://h/b/info/refs?service=git-upload-pack", RedirectKind::moved_here,
         "http://h/b"},
        {"https://[::1]:8443/a", "https://[::1]:8443/b/info/refs?service=git-upload-pack",
         RedirectKind::moved_here, "https://[::1]:8443/b"},
        {"https://[::1]/a", "https://[::1]/b/info/refs?service=git-upload-pack",
         RedirectKind::moved_here, "https://[::1]/b"},
        {"https://h/a", "https://h:8443/b/info/refs?service=git-upload-pack",
         RedirectKind::elsewhere, "https://h:8443/b"},
        {"https://h/a", "https://evil/b/info/refs?service=git-upload-pack", RedirectKind::elsewhere,
         "https://evil/b"},
        {"https://h/a", "https://h.evil/b/info/refs?service=git-upload-pack",
         RedirectKind::elsewhere, "https://h.evil/b"},
        {"https://h/a", "https://h@evil/b/info/refs?service=git-upload-pack",
         RedirectKind::elsewhere, ""},
        {"https://h/a", "https://u:p@h/b/info/refs?service=git-upload-pack",
         RedirectKind::elsewhere, ""},
        {"https://h/a", "http://h/b/info/refs?service=git-upload-pack", RedirectKind::elsewhere,
         "http://h/b"},
        {"http://h/a", "https://h/a/info/refs?service=git-upload-pack", RedirectKind::to_https,
         "https://h/a"},
        {"http://h/a", "https://h/", RedirectKind::to_https, ""},
        {"https://h/a", "https://h/users/sign_in", RedirectKind::sign_in, ""},
        {"https://h/a", "https://login.example.com/x", RedirectKind::sign_in, ""},
        {"https://h/a", "https://h/b/info/refs", RedirectKind::elsewhere, ""},
        {"https://h/a", "https://h/b/info/refs?service=git-upload-pack&x=y",
         RedirectKind::elsewhere, ""},
        {"https://h/a", "https://h/b/\x1b/info/refs?service=git-upload-pack",
         RedirectKind::elsewhere, ""},
        {"https://h/a", "ftp://h/b/info/refs?service=git-upload-pack", RedirectKind::elsewhere, ""},
        {"https://h/a", "b/info/refs?service=git-upload-pack", RedirectKind::elsewhere, ""},
        {"https://h/a", "", RedirectKind::elsewhere, ""},
    };
    for (const Case& item : cases) {
        INFO(item.base << " to " << item.location);
        const auto redirect = judge_redirect(item.base, item.location, k_query);
        CHECK(redirect.kind == item.kind);
        CHECK(redirect.base == item.new_base);
        CHECK(redirect.shown.find('\x1b') == std::string::npos);
        CHECK(redirect.shown.find("u:p") == std::string::npos);
    }
}

TEST_CASE("each redirect that is not followed comes with its way out") {
    const auto error_for = [](std::string_view base, std::string_view location,
                              std::string_view token) {
        return redirect_error(base, judge_redirect(base, location, k_query), token);
    };
    const Error https =
        error_for("http://h/a", "https://h/a/info/refs?service=git-upload-pack", "$T");
    CHECK(std::string(https.what()) == "http://h/a redirects to https://h/a/info/refs");
    CHECK(https.hints().front() == "use https: remote: https://h/a");
    const Error sign_in = error_for("https://h/a", "https://h/users/sign_in?next=secret", "$T");
    CHECK(sign_in.code() == ExitCode::unauthorised);
    CHECK(sign_in.hints().front() == "check the token in $T");
    CHECK(std::string(sign_in.what()).find("secret") == std::string::npos);
    CHECK(error_for("https://h/a", "https://h/login", "").hints().front() ==
          "name a token: token: {env: NAME} in .headway.yml");
    CHECK(error_for("https://h/a", "https://other/b/info/refs?service=git-upload-pack", "")
              .hints()
              .front() == "if that is the right server: remote: https://other/b");
    CHECK_FALSE(error_for("https://h/a", "https://other/", "").hints().empty());
}

TEST_CASE("a page is told by its title or its text") {
    CHECK(page_summary("<!DOCTYPE html><html><head><TITLE lang=en> Sign in\n · GitLab </TITLE>") ==
          "Sign in · GitLab");
    CHECK(page_summary("<html><body class=\"x\"><h1>Acme   gateway</h1>\n<p>Accept.</body>") ==
          "Acme gateway Accept.");
    CHECK(page_summary("<html><h1>No body</h1>") == "No body");
    CHECK(page_summary("HTTP Basic: Access denied\n") == "HTTP Basic: Access denied");
    CHECK(page_summary("<html><title>\x1b]0;x\x07</title>") == "\\x1B]0;x\\x07");
    CHECK(page_summary("<html><title").empty());
    CHECK(page_summary("<html><title>open").empty() == false);
    CHECK(page_summary("").empty());
}

TEST_CASE("an answer that is no git is told apart") {
    const Error page = not_git_error("https://h/a", "text/html", "<html><title>Hello</title>");
    CHECK(std::string(page.what()) == "https://h/a is not a git repository's address");
    CHECK(page.because() == "it answered with \"Hello\"");
    CHECK(page.hints().size() == 2);
    CHECK(not_git_error("https://h/a", "x/y\x1b", "").because() ==
          "the answer is empty and of type \"x/y\\x1B\"");
    const Error dumb = not_git_error("https://h/a", "text/plain; charset=utf-8",
                                     std::string(40, 'a') + "\trefs/heads/main\n");
    CHECK(std::string(dumb.what()) == "https://h/a cannot be pushed to");
    CHECK(dumb.because().find("dumb") != std::string::npos);
}

TEST_CASE("entries of a tree are found by their exact names") {
    const std::string tree = tree_entry("100644", "a", '\1') + tree_entry("100755", "ab", '\2') +
                             tree_entry("40000", "abc", '\3') + tree_entry("120000", "link", '\4') +
                             tree_entry("160000", "module", '\5');
    REQUIRE(find_tree_entry(tree, "ab"));
    CHECK(find_tree_entry(tree, "ab")->kind == TreeEntryKind::file);
    CHECK(find_tree_entry(tree, "ab")->id.hex().substr(0, 4) == "0202");
    CHECK(find_tree_entry(tree, "a")->kind == TreeEntryKind::file);
    for (const std::string_view name : {"abc", "link", "module"}) {
        CHECK(find_tree_entry(tree, name)->kind == TreeEntryKind::other);
    }
    CHECK_FALSE(find_tree_entry(tree, "b"));
    CHECK_FALSE(find_tree_entry(tree, ""));
    CHECK_FALSE(find_tree_entry("", "a"));
}

TEST_CASE("each beginning of a tree that ends inside an entry is refused") {
    const std::string tree = tree_entry("100644", "a", '\1');
    for (std::size_t size = 1; size < tree.size(); ++size) {
        CHECK_THROWS_AS((void)find_tree_entry(tree.substr(0, size), "zz"), ProtocolError);
    }
}

}  // namespace headway::git
