#include "cli/man_page.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/flags.hpp"
#include "cli/help_text.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

struct Term {
    std::string_view name;
    std::string_view meaning;
};

constexpr std::array<std::string_view, 4> k_description{
    "headway promotes what is on a source branch to the branches that clusters and servers deploy "
    "from, proves that the new version really runs, tells the team, and takes it back when it does "
    "not. It needs no clone, no checkout and no git program: a promotion is a handful of requests "
    "to the git server, whatever the size of the repository.",
    "Every environment has a branch of its own, to which only headway's token may push. A "
    "promotion "
    "moves that branch forward to a commit of the source branch, by compare-and-swap. "
    "What was deployed, by whom, and whether it ran healthily is kept in the repository "
    "itself, in refs/headway/ledger/ENVIRONMENT, which git log can read.",
    "A result goes to standard output, everything else to standard error; with --output json "
    "standard output is one JSON document, whatever happens. Secrets are scrubbed from both. Every "
    "command can be run again: what is done already is not done twice.",
    "A value comes from the option, else its variable, else the file, else what the CI server "
    "tells, "
    "else a default; headway promote ENV --dry-run shows each with its origin.",
};

constexpr std::array<Term, 14> k_variables{{
    {"CI_PROJECT_URL, CI_DEFAULT_BRANCH, CI_COMMIT_SHA, CI_COMMIT_TAG",
     "GitLab's: the remote, the source, the commit to promote, and ${tag}, where nothing else says "
     "them."},
    {"CI_ENVIRONMENT_NAME, CI_ENVIRONMENT_URL",
     "GitLab's: the url of the environment that a job is for."},
    {"CI_JOB_TOKEN", "GitLab's: reads .headway.yml and the state where no token is configured."},
    {"CI_PIPELINE_URL, CI_JOB_URL, GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID",
     "The run that the ledger and the messages link to."},
    {"GITLAB_USER_LOGIN, GITHUB_ACTOR, BUILD_REQUESTEDFOR, USER, LOGNAME",
     "Who does it, for the ledger and the messages."},
    {"GITLAB_USER_NAME, GITLAB_USER_EMAIL",
     "The author of ledger events, where identity: does not say it."},
    {"GITHUB_*, GITEA_*, FORGEJO_*, TF_BUILD, BUILD_*, SYSTEM_*, ENVIRONMENT_NAME, BITBUCKET_*, "
     "CI_*",
     "The same of GitHub, Gitea and Forgejo Actions, Azure and Bitbucket Pipelines, and "
     "Woodpecker. "
     "headway config names each one that is read."},
    {"JENKINS_URL, GIT_URL, GIT_COMMIT, GIT_BRANCH, BRANCH_NAME, TAG_NAME, CHANGE_ID",
     "The same of Jenkins."},
    {"HEADWAY_ACTOR, HEADWAY_RUN_URL", "The same two, where they are known better."},
    {"CI, GITLAB_CI",
     "Where they are set this is a CI job: messages name its settings, and GitLab's log is "
     "folded."},
    {"SSL_CERT_FILE, CI_SERVER_TLS_CA_FILE", "Further certificates to trust, as by --ca-file."},
    {"https_proxy, http_proxy, all_proxy, no_proxy", "Proxies, as curl(1) has them."},
    {"NO_COLOR", "When it is not empty, nothing is coloured."},
    {"TERM", "When it is dumb or not set, no line is drawn anew and nothing is coloured."},
}};

constexpr std::array<Term, 2> k_files{{
    {".headway.yml",
     "The configuration: the file that --config names, else the one in the working folder or above "
     "it, else, where there is no checkout, the one at the tip of the source branch. headway init "
     "writes a first one. A key that headway does not know is an error."},
    {"refs/headway/ledger/ENVIRONMENT",
     "In the repository: the history of an environment, one commit an event, each with an empty "
     "tree."},
}};

/// Not a file of the machine, but text in bold and its explanation.
std::string entry(std::string_view bold, std::string_view italic, std::string_view meaning) {
    return fmt::format(
        ".TP\n\\fB{}\\fR{}\n{}\n", roff_escaped(bold),
        italic.empty() ? std::string() : fmt::format(" \\fI{}\\fR", roff_escaped(italic)),
        roff_escaped(meaning));
}

std::string terms(std::span<const Term> list) {
    std::string text;
    for (const Term& term : list) {
        text += entry(term.name, {}, term.meaning);
    }
    return text;
}

std::string one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

std::string names_of(const CLI::Option& option) {
    std::string names;
    for (const std::string& name : option.get_snames()) {
        names += "-" + name + ", ";
    }
    return names + "--" + option.get_lnames().front();
}

std::string option_entry(const CLI::Option& option, const std::string& more = {}) {
    return entry(names_of(option), placeholder_of(option),
                 one_line(option.get_description()) + "." + more);
}

bool is_own(const CLI::Option& option) {
    return option.get_group() == "Options" && option.nonpositional() && !option.check_lname("help");
}

bool is_setting(const CLI::Option& option) {
    return option.nonpositional() && option.get_group() != "Options";
}

std::string arguments_of(const CLI::App& command) {
    std::string text;
    for (const CLI::Option* const option : command.get_options()) {
        if (option->get_positional()) {
            const std::string name =
                option->get_name(true) + (option->get_items_expected_max() > 1 ? "..." : "");
            text += option->get_required() ? " " + name : " [" + name + "]";
        }
    }
    return text;
}

std::string synopsis(const CLI::App& app) {
    std::string text = ".SH SYNOPSIS\n.nf\n";
    for (const CLI::App* const command : app.get_subcommands({})) {
        text +=
            fmt::format("\\fBheadway {}\\fR [\\fIOPTIONS\\fR]\\fI{}\\fR\n",
                        roff_escaped(command->get_name()), roff_escaped(arguments_of(*command)));
    }
    return text + ".fi\n";
}

std::string command_sections(const CLI::App& app) {
    std::string text = ".SH COMMANDS\n";
    for (const CLI::App* const command : app.get_subcommands({})) {
        text += fmt::format(".SS {}\n{}.\n", roff_escaped("headway " + command->get_name()),
                            roff_escaped(one_line(command->get_description())));
        for (const CLI::Option* const option : command->get_options()) {
            if (is_own(*option)) {
                text += option_entry(*option);
            }
        }
    }
    return text;
}

/// Every setting once, with the commands that take it unless most do.
std::string settings_section(const CLI::App& app) {
    std::vector<const CLI::Option*> settings;
    std::map<std::string, std::vector<std::string>> commands;
    for (const CLI::App* const command : app.get_subcommands({})) {
        for (const CLI::Option* const option : command->get_options()) {
            if (is_setting(*option)) {
                auto& takers = commands[option->get_lnames().front()];
                if (takers.empty()) {
                    settings.push_back(option);
                }
                takers.push_back(command->get_name());
            }
        }
    }
    std::string text =
        ".SH SETTINGS\nThese stand for what .headway.yml says; one environment can be described by "
        "them alone.\n";
    constexpr std::size_t k_most = 5;
    for (const CLI::Option* const option : settings) {
        const auto& takers = commands[option->get_lnames().front()];
        text += option_entry(*option, takers.size() > k_most
                                          ? std::string()
                                          : fmt::format(" (Of {}.)", fmt::join(takers, ", ")));
    }
    return text;
}

std::string global_section(const CLI::App& app) {
    std::string text = ".SH OPTIONS OF ALL COMMANDS\n";
    for (const CLI::Option* const option : app.get_options()) {
        text += option_entry(*option);
    }
    return text;
}

std::string environment_section() {
    return ".SH ENVIRONMENT\n" +
           entry(
               "HEADWAY_...", {},
               "Every option has a variable: --dry-run is HEADWAY_DRY_RUN. An empty one counts as "
               "not set. What can be repeated stands in it one a line, the names of HEADWAY_AFTER "
               "with commas or spaces between them. None has --token-stdin, and no variable of "
               "headway's holds a token itself: token: {env: NAME} or --token-env NAME names the "
               "one that does.") +
           terms(k_variables);
}

std::string exit_section() {
    std::string text = ".SH EXIT STATUS\n";
    for (const ExitCodeWords& words : exit_codes()) {
        text += entry(std::to_string(static_cast<int>(words.code)), {}, words.meaning);
    }
    return text;
}

std::string examples_section() {
    std::string text = ".SH EXAMPLES\n.nf\n";
    for (const Command& command : commands()) {
        for (const std::string& line : lines_of(command.examples)) {
            text += roff_escaped(trimmed(line)) + "\n";
        }
    }
    return text + ".fi\n";
}

/// The code point at `at`, which moves behind it. The text is UTF-8.
std::uint32_t next_code_point(std::string_view text, std::size_t& at) {
    const auto byte = [&](std::size_t index) {
        return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
    };
    const std::uint32_t first = byte(at);
    const std::size_t more = first < 0x80U ? 0 : first < 0xE0U ? 1 : first < 0xF0U ? 2 : 3;
    constexpr std::array<std::uint32_t, 4> k_masks{0x7FU, 0x1FU, 0x0FU, 0x07U};
    std::uint32_t point = first & k_masks.at(more);
    for (std::size_t index = 1; index <= more; ++index) {
        point = (point << 6U) | (byte(at + index) & 0x3FU);
    }
    at += more + 1;
    return point;
}

}  // namespace

std::string roff_escaped(std::string_view text) {
    std::string escaped;
    for (std::size_t at = 0; at < text.size();) {
        const bool first = at == 0;
        const std::uint32_t point = next_code_point(text, at);
        if (point >= 0x80U) {
            escaped += fmt::format("\\[u{:04X}]", point);
            continue;
        }
        const char letter = static_cast<char>(point);
        switch (letter) {
            case '\\':
                escaped += "\\e";
                break;
            case '-':
                escaped += "\\-";
                break;
            case '\'':
                escaped += "\\(aq";
                break;
            case '`':
                escaped += "\\(ga";
                break;
            case '^':
                escaped += "\\(ha";
                break;
            case '~':
                escaped += "\\(ti";
                break;
            case '.':
                escaped += first ? "\\&." : ".";
                break;
            default:
                escaped += letter;
        }
    }
    return escaped;
}

std::string man_page(const CLI::App& app, std::string_view version) {
    std::string text = fmt::format(
        ".TH HEADWAY 1 \"\" \"headway {}\" \"User Commands\"\n"
        ".SH NAME\nheadway \\- {}\n",
        roff_escaped(version), "promote to deployment branches, prove it, tell, take it back");
    text += synopsis(app);
    text += ".SH DESCRIPTION\n";
    for (const std::string_view paragraph : k_description) {
        text += paragraph == k_description.front() ? "" : ".PP\n";
        text += roff_escaped(paragraph) + "\n";
    }
    text += command_sections(app);
    text += settings_section(app);
    text += global_section(app);
    text += environment_section();
    text += ".SH FILES\n" + terms(k_files);
    text += exit_section();
    text += examples_section();
    text += ".SH SEE ALSO\n\\fBgit\\fR(1), \\fBgit\\-log\\fR(1), \\fBcurl\\fR(1)\n";
    return text;
}

}  // namespace headway::cli
