#include <catch2/catch_test_macros.hpp>

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "config_support.hpp"

namespace headway::config::testing {
namespace {

const Origin k_here{".headway.yml:6:18"};
const SecretReference k_variable{SecretSource::environment, "TOKEN", k_here};
const SecretReference k_path{SecretSource::file, "/run/token", k_here};
const SecretReference k_input{SecretSource::standard_input, "", {"--token-stdin"}};

/// Readers of one file, "/run/token", and of a standard input with the same text.
SecretReaders readers(const ReadResult& result) {
    return {[result](const std::string& path, std::size_t) {
                return path == "/run/token" ? result : ReadResult{{}, "No such file or directory"};
            },
            [result](std::size_t) { return result; }};
}

std::string read(const SecretReference& reference, const Variables& variables,
                 const SecretReaders& from = readers({"", ""})) {
    return failure([&] {
        throw Error(ExitCode::usage, "secret: " + read_secret(reference, variables, from).reveal());
    });
}

std::string in_variable(const std::string& text) {
    return read(k_variable, variables({{"TOKEN", text}}));
}

TEST_CASE("config secrets: the newline at the end goes, nothing else") {
    for (const std::string end : {"", "\n", "\r\n"}) {
        CHECK(in_variable("s3cret" + end) == "secret: s3cret");
        CHECK(read(k_path, variables(), readers({"s3cret" + end, ""})) == "secret: s3cret");
        CHECK(read(k_input, variables(), readers({"s3cret" + end, ""})) == "secret: s3cret");
    }
    CHECK(in_variable(" a$b ü ") == "secret:  a$b ü ");
    CHECK(in_variable("$5cheap") == "secret: $5cheap");
    CHECK(in_variable("/TOKENS") == "secret: /TOKENS");
    CHECK(in_variable(std::string(k_max_secret_bytes, 'x')).size() == 8 + k_max_secret_bytes);
    const SecretReference by_variable{SecretSource::file, "${PATH_OF_TOKEN}", k_here};
    CHECK(read(by_variable, variables({{"PATH_OF_TOKEN", "/run/token"}}),
               readers({"s3cret", ""})) == "secret: s3cret");
}

constexpr auto k_why =
    "GitLab hands a protected variable only to jobs of protected branches and tags, and a variable "
    "with an environment scope only to jobs whose \"environment:\" is in that scope\n"
    "  try: set TOKEN in Settings > CI/CD > Variables, protected only if this job's branch is, "
    "with "
    "a scope that holds this job's environment\n"
    "  try: outside CI: export TOKEN";

TEST_CASE("config secrets: a variable without a secret") {
    const std::string names = "\n  because: .headway.yml:6:18 names it; ";
    CHECK(read(k_variable, variables()) == "the variable TOKEN is not set" + names + k_why);
    for (const char* text : {"", " ", "\n", " \t\r\n"}) {
        CHECK(in_variable(text) == "the variable TOKEN is empty" + names + k_why);
    }
    for (const char* text : {"$OTHER", "${OTHER}", "$OTHER\n"}) {
        CHECK(in_variable(text) ==
              "the variable TOKEN holds the name of another variable\n"
              "  because: nobody replaced it by its value: GitLab leaves \"$NAME\" as it is when "
              "NAME is not set in this job\n"
              "  try: set TOKEN to the secret itself");
    }
    for (const char* text : {"s3cret\nmore", "s3cret\n\n", "s3\tcret",
                             "s3\x7F"
                             "cret"}) {
        CHECK(in_variable(text) ==
              "the variable TOKEN holds no secret that can be sent\n"
              "  because: it has several lines or control characters\n"
              "  try: set TOKEN to the secret itself");
    }
    CHECK(in_variable("/builds/group/app.tmp/TOKEN") ==
          "the variable TOKEN holds a file's path, not the secret\n"
          "  because: that is how GitLab hands over a variable of the type \"File\"\n"
          "  try: name it as a file: {file: $TOKEN}, or --token-file \"$TOKEN\"\n"
          "  try: give TOKEN the type \"Variable\"");
    CHECK(in_variable(std::string(k_max_secret_bytes + 1, 'x')) ==
          "the variable TOKEN is too large for a secret\n"
          "  because: a secret has at most 64 KiB\n"
          "  try: set TOKEN to the secret itself");
}

TEST_CASE("config secrets: a file or standard input without a secret") {
    CHECK(read(k_path, variables(), readers({{}, "Permission denied"})) ==
          "the file \"/run/token\" cannot be read\n"
          "  because: Permission denied; .headway.yml:6:18 names it\n"
          "  try: give a path that this user may read, or name a variable: {env: NAME}");
    for (const char* text : {"", "\n", "  \n"}) {
        CHECK(read(k_path, variables(), readers({text, ""})) ==
              "the file \"/run/token\" holds no secret: it is empty\n"
              "  try: write the secret alone into /run/token");
        CHECK(read(k_input, variables(), readers({text, ""})) ==
              "the standard input holds no secret: it is empty\n"
              "  try: printf %s \"$TOKEN\" | headway …");
    }
    CHECK(read(k_path, variables(), readers({std::string(k_max_secret_bytes + 1, 'x'), ""})) ==
          "the file \"/run/token\" is too large for a secret\n"
          "  because: a secret has at most 64 KiB\n"
          "  try: write the secret alone into /run/token");
    CHECK(read(k_path, variables(), readers({"s3cret\nuser", ""})) ==
          "the file \"/run/token\" holds no secret that can be sent\n"
          "  because: it has several lines or control characters\n"
          "  try: write the secret alone into /run/token");
    CHECK(read(k_input, variables(), readers({{}, "Bad file descriptor"})) ==
          "the standard input cannot be read\n"
          "  because: Bad file descriptor\n"
          "  try: printf %s \"$TOKEN\" | headway …");

    const SecretReference by_variable{SecretSource::file, "$TOKEN", k_here};
    CHECK(read(by_variable, variables()) ==
          "the variable TOKEN is not set\n"
          "  because: .headway.yml:6:18 names it for a file's path; " +
              std::string(k_why));
    CHECK(read(by_variable, variables({{"TOKEN", "glpat-s3cret"}})) ==
          "the variable TOKEN holds no file's path\n"
          "  because: its text is not shown, as it may be the secret itself\n"
          "  try: name it as a variable: {env: TOKEN}, or --token-env TOKEN");
}

TEST_CASE("config secrets: from the disk") {
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("headway-secrets-" + std::to_string(::getpid()));
    std::filesystem::create_directory(folder);
    const std::string path = (folder / "token").string();
    std::ofstream(path) << "s3cret\n";
    const auto from = [](const std::string& name) {
        return read({SecretSource::file, name, k_here}, variables(), system_readers());
    };
    CHECK(from(path) == "secret: s3cret");
    std::ofstream(path) << std::string(2 * k_max_secret_bytes, 'x');
    CHECK(from(path).find("is too large for a secret") != std::string::npos);
    CHECK(from(path + "-missing") ==
          "the file \"" + path +
              "-missing\" cannot be read\n"
              "  because: No such file or directory; .headway.yml:6:18 names it\n"
              "  try: give a path that this user may read, or name a variable: {env: NAME}");
    CHECK(from(folder.string()).find("because: Is a directory") != std::string::npos);
    std::filesystem::remove_all(folder);
}

TEST_CASE(
    "config secrets: a variable that is not set, in the words of the CI that should have set it") {
    struct Row {
        std::string mark;
        std::string because;
        std::vector<std::string> hints;
    };
    const std::string actions =
        "a secret reaches only a step whose \"env:\" takes it, and one of an environment only a "
        "job "
        "with that \"environment:\"";
    const std::vector<std::string> actions_hints{
        "in the step: env: {TOKEN: ${{ secrets.TOKEN }}}",
        "set TOKEN in Settings > Secrets (and variables) > Actions, or among the environment's own "
        "secrets"};
    const std::vector<Row> rows{
        {"GITHUB_ACTIONS", actions, actions_hints},
        {"GITEA_ACTIONS", actions, actions_hints},
        {"FORGEJO_ACTIONS", actions, actions_hints},
        {"TF_BUILD",
         "a secret variable reaches only a step whose \"env:\" takes it",
         {"in the step: env: {TOKEN: $(TOKEN)}",
          "set TOKEN among the pipeline's variables or in a variable group of Pipelines > Library, "
          "as a secret"}},
        {"BITBUCKET_BUILD_NUMBER",
         "a deployment's variable reaches only a step with that \"deployment:\"",
         {"set TOKEN in Repository settings > Repository variables, or Deployments, as secured"}},
        {"CI=woodpecker",
         "a secret reaches only a step whose \"environment:\" takes it, for the events that it is "
         "allowed for",
         {"in the step: environment: {TOKEN: {from_secret: TOKEN}}",
          "set TOKEN among the repository's secrets"}},
        {"JENKINS_URL",
         "a credential reaches only the steps that it is bound for",
         {"in the pipeline: environment { TOKEN = credentials('ID') }",
          "add it in Manage Jenkins > Credentials, as secret text"}},
    };
    for (const Row& row : rows) {
        const auto equals = row.mark.find('=');
        const std::string value = equals == row.mark.npos ? "true" : row.mark.substr(equals + 1);
        std::string expected =
            "the variable TOKEN is not set\n  because: .headway.yml:6:18 names it; " + row.because;
        for (const std::string& hint : row.hints) {
            expected += "\n  try: " + hint;
        }
        INFO(row.mark);
        CHECK(read(k_variable, variables({{row.mark.substr(0, equals), value}})) ==
              expected + "\n  try: outside CI: export TOKEN");
    }
}

}  // namespace
}  // namespace headway::config::testing
