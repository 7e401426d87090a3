#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/app.hpp"
#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/flags.hpp"
#include "cli/man_page.hpp"

using namespace headway::cli;
using Words = std::vector<std::string>;

namespace {

class Scene {
public:
    [[nodiscard]] Completion complete(const Words& words) const {
        return headway::cli::complete(*m_app, words);
    }
    [[nodiscard]] Words words(const Words& words) const {
        Completion completion = complete(words);
        if (completion.environments) {
            add_environments(completion, {{"staging", "s"}, {"production", "p"}, {"edge-1", ""}});
        }
        Words found;
        for (const Candidate& candidate : completion.candidates) {
            CHECK(candidate.word.starts_with(words.empty() ? "" : words.back()));
            CHECK(candidate.description.find('\n') == std::string::npos);
            found.push_back(candidate.word);
        }
        return found;
    }
    [[nodiscard]] const CLI::App& app() const { return *m_app; }

private:
    Options m_options;
    std::unique_ptr<CLI::App> m_app = make_app(m_options);
};

}  // namespace

TEST_CASE("what can stand next on a command line") {
    struct Row {
        Words line;
        Words found;
        bool files = false;
    };
    const std::vector<Row> rows{
        {{"pro"}, {"promote"}},
        {{"re"}, {"resume"}},
        {{"--output", "json", "pro"}, {"promote"}},
        {{"-v", "pro"}, {"promote"}},
        {{"promote", ""}, {"staging", "production", "edge-1"}},
        {{"promote", "staging", ""}, {"production", "edge-1"}},
        {{"promote", "s"}, {"staging"}},
        {{"promote", "--dry-run", "s"}, {"staging"}},
        {{"promote", "--commit", "1a2b", "s"}, {"staging"}},
        {{"promote", "--commit=1a2b", "s"}, {"staging"}},
        {{"promote", "--", "s"}, {"staging"}},
        {{"promote", "--", "--"}, {}},
        {{"rollback", "p"}, {"production"}},
        {{"rollback", "production", ""}, {}},
        {{"promote", "--commit", ""}, {}},
        {{"promote", "--after", "st"}, {"staging"}},
        {{"promote", "--after=st"}, {"--after=staging"}},
        {{"promote", "--on-unhealthy", ""}, {"fail", "hold", "rollback"}},
        {{"promote", "--on-unhealthy=r"}, {"--on-unhealthy=rollback"}},
        {{"verify", "--method", "P"}, {"POST", "PUT", "PATCH"}},
        {{"notify", "x", "--event", "un"}, {"unhealthy"}},
        {{"--color", "a"}, {"auto", "always"}},
        {{"promote", "--color=n"}, {"--color=never"}},
        {{"completion", ""}, {"bash", "zsh", "fish"}},
        {{"completion", "bash", ""}, {}},
        {{"init", "--ci", "git"}, {"gitlab", "github"}},
        {{"promote", "--config", ""}, {}, true},
        {{"promote", "--config="}, {}, true},
        {{"promote", "--token-file", "x"}, {}, true},
        {{"promote", "--dry"}, {"--dry-run"}},
        {{"promote", "--dry-run", "--dry"}, {}},
        // What can be repeated is offered again.
        {{"promote", "--after", "x", "--aft"}, {"--after"}},
        {{"--out"}, {"--output"}},
        {{"promote", "--out"}, {"--output"}},
        {{"promote", "--release"}, {"--release-hold"}},
        {{"rollback", "--release"}, {}},
        {{"nonsense", ""}, {}},
        {{"promote", "--nonsense", "s"}, {"staging"}},
        {{"promote", "--nonsense="}, {}},
        {{"hold", "'"}, {}},
    };
    const Scene scene;
    for (const Row& row : rows) {
        CAPTURE(row.line);
        CHECK(scene.words(row.line) == row.found);
        CHECK(scene.complete(row.line).files == row.files);
    }
}

TEST_CASE("every command and every option is completed") {
    const Scene scene;
    Words names;
    for (const Command& command : commands()) {
        names.emplace_back(command.name);
    }
    CHECK(scene.words({""}) == names);
    CHECK(scene.words({}) == names);
    for (const CLI::App* const command : scene.app().get_subcommands({})) {
        const Words offered = scene.words({command->get_name(), "-"});
        for (const CLI::App* const app : {command, &scene.app()}) {
            for (const CLI::Option* const option : app->get_options()) {
                for (const std::string& name : option->get_lnames()) {
                    CAPTURE(command->get_name(), name);
                    CHECK(std::count(offered.begin(), offered.end(), "--" + name) == 1);
                }
            }
        }
    }
}

TEST_CASE("words that an option offers are described, its default first") {
    const Scene scene;
    std::size_t count = 0;
    for (const CLI::App* const command : scene.app().get_subcommands({})) {
        for (const CLI::Option* const option : command->get_options()) {
            for (const std::string& word : offered_words(*option)) {
                CAPTURE(option->get_name(), word, option->get_description());
                CHECK(option->get_description().find(word) != std::string::npos);
                ++count;
            }
        }
    }
    CHECK(count > 30);
}

TEST_CASE("the configuration file that completion reads is the one that is named") {
    const Scene scene;
    CHECK_FALSE(scene.complete({"promote", ""}).file);
    CHECK(scene.complete({"--config", "a.yml", "promote", ""}).file == "a.yml");
    CHECK(scene.complete({"promote", "--config=b.yml", ""}).file == "b.yml");
}

TEST_CASE("text in roff is text") {
    CHECK(roff_escaped("a-b") == "a\\-b");
    CHECK(roff_escaped(".TH x") == "\\&.TH x");
    CHECK(roff_escaped("'x'") == "\\(aqx\\(aq");
    CHECK(roff_escaped("a\\fBb") == "a\\efBb");
    CHECK(roff_escaped("~^`") == "\\(ti\\(ha\\(ga");
    CHECK(roff_escaped("\xE2\x80\xA6 \xC3\xA4 \xF0\x9F\x9A\x80") ==
          "\\[u2026] \\[u00E4] \\[u1F680]");
    CHECK(roff_escaped("\xE2") == "\\[u2000]");
}
