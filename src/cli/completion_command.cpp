#include "cli/completion_command.hpp"

#include <unistd.h>

#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/app.hpp"
#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/flags.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

std::optional<std::string> configuration_file(const std::optional<std::string>& given,
                                              const config::Variables& variables) {
    config::Flags flags;
    flags.config = given;
    if (const auto file = config::given_file(flags, variables)) {
        return file->value;
    }
    std::error_code problem;
    const auto folder = std::filesystem::current_path(problem);
    return problem ? std::nullopt : config::find_file(folder.string(), [](const std::string& path) {
        return access(path.c_str(), F_OK) == 0;
    });
}

std::vector<Candidate> environments_of(const std::optional<std::string>& given,
                                       const config::Variables& variables) {
    std::vector<Candidate> environments;
    try {
        const auto path = configuration_file(given, variables);
        const auto text = path ? config::system_readers().file(*path, config::k_max_file_bytes + 1)
                               : config::ReadResult{};
        if (text.text) {
            for (const auto& environment : config::parse_file(*text.text, *path).environments) {
                constexpr std::string_view k_heads = "refs/heads/";
                std::string branch = environment.branch.value;
                branch.erase(0, branch.starts_with(k_heads) ? k_heads.size() : 0);
                environments.push_back({environment.name, printable(branch)});
            }
        }
    } catch (const Error&) {
        // A shell that completes a word has no place for a message; the command itself will tell.
        environments.clear();
    }
    return environments;
}

}  // namespace

std::string completion_lines(const std::vector<std::string>& words,
                             const config::Variables& variables) {
    Options options;
    Completion completion = complete(*make_app(options), words);
    if (completion.environments) {
        add_environments(completion, environments_of(completion.file, variables));
    }
    std::string lines;
    for (const Candidate& candidate : completion.candidates) {
        lines += candidate.description.empty()
                     ? candidate.word + "\n"
                     : fmt::format("{}\t{}\n", candidate.word, candidate.description);
    }
    return completion.files ? lines + ":files\n" : lines;
}

void configure_completion(CLI::App& app, Options& options) {
    offer(app.add_option("SHELL", options.shell, "bash, zsh or fish")->type_name("")->required(),
          {"bash", "zsh", "fish"});
}

ExitCode run_completion(Session& session) {
    const std::string& shell = session.options.shell;
    const auto script = completion_script(shell);
    if (!script) {
        const std::string near = nearest(shell, {"bash", "zsh", "fish"});
        throw Error(ExitCode::usage, fmt::format("unknown shell \"{}\"", printable(shell, 60)),
                    "there is completion for bash, zsh and fish",
                    {fmt::format("headway completion {}", near.empty() ? "bash" : near)});
    }
    session.report["script"] = *script;
    // Without the end of its last line, which `result` gives.
    session.output.result(script->substr(0, script->size() - 1));
    return ExitCode::done;
}

}  // namespace headway::cli
