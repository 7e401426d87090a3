#include "cli/main_program.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/app.hpp"
#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/completion_command.hpp"
#include "cli/licences.hpp"
#include "cli/session.hpp"
#include "cli/signals.hpp"
#include "cli/verify_evidence.hpp"
#include "cli/version.hpp"
#include "config/ci.hpp"
#include "headway/text.hpp"
#include "http/client.hpp"

namespace headway::cli {

namespace {

/// Twice as many as any command has.
constexpr std::size_t k_most_report_keys = 32;

std::optional<std::string> variable(std::string_view name) {
    const char* const value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

/// Whether JSON was asked for, even on a command line that cannot be parsed: what reads standard
/// output must always find a document there.
bool asks_for_json(const std::vector<std::string>& words) {
    bool json = variable("HEADWAY_OUTPUT").value_or("") == "json";
    for (std::size_t index = 0; index < words.size(); ++index) {
        if (words[index].starts_with("--output=")) {
            json = words[index] == "--output=json";
        } else if (words[index] == "--output" && index + 1 < words.size()) {
            json = words[index + 1] == "json";
        }
    }
    return json;
}

bool wants_colors(const std::string& choice) {
    if (choice != "auto") {
        return choice == "always";
    }
    const auto no_color = variable("NO_COLOR");
    return isatty(STDERR_FILENO) != 0 && (!no_color || no_color->empty()) &&
           variable("TERM").value_or("dumb") != "dumb";
}

/// Whether standard error is a terminal whose lines can be rewritten.
bool can_be_drawn_on() {
    return isatty(STDERR_FILENO) != 0 && variable("TERM").value_or("dumb") != "dumb";
}

Verbosity verbosity_of(const Options& options) {
    if (options.quiet) {
        return Verbosity::quiet;
    }
    if (options.verbose > 1) {
        return Verbosity::wire;
    }
    return options.verbose == 1 ? Verbosity::verbose : Verbosity::normal;
}

void check_word(std::string_view option, const std::string& word,
                const std::vector<std::string>& known) {
    if (std::find(known.begin(), known.end(), word) == known.end()) {
        const std::string near = nearest(word, known);
        throw Error(ExitCode::usage, fmt::format("{}: unknown \"{}\"", option, printable(word, 60)),
                    fmt::format("it is one of {}", fmt::join(known, ", ")),
                    {fmt::format("{} {}", option, near.empty() ? known.front() : near)});
    }
}

/// CLI11's error in the words of all others.
std::string said_by(const CLI::ParseError& error, const CLI::App& app) {
    std::string words = printable(error.what());
    const std::string subject = words.substr(0, words.find_first_of(": "));
    const bool mismatch = error.get_name() == "ArgumentMismatch";
    if (subject == "ENV") {
        return mismatch ? fmt::format("{} takes one environment", app.get_name())
                        : "no environment is named";
    }
    if (mismatch && words.find("received") != std::string::npos) {
        return subject + " is given more than once";
    }
    return mismatch && subject.starts_with("-") ? subject + " has no value" : words;
}

/// The command line as CLI11 sees it.
class Parser {
public:
    Parser() : m_app(make_app(m_options)) {}

    /// Nothing: help or version was printed. Throws Error(usage).
    [[nodiscard]] std::optional<Options> parse(const std::vector<std::string>& words,
                                               Output& output) {
        // CLI11 would throw: a static binary sorts its unwind tables at the first throw, which
        // takes longer than all else here.
        if (words.size() == 1 && words.front() == "--version") {
            output.raw(version_text());
            return std::nullopt;
        }
        try {
            m_app->parse(std::vector<std::string>(words.rbegin(), words.rend()));
        } catch (const CLI::CallForHelp&) {
            output.raw(help(CLI::AppFormatMode::Normal));
            return std::nullopt;
        } catch (const CLI::CallForVersion&) {
            output.raw(version_text());
            return std::nullopt;
        } catch (const CallForLicences&) {
            output.raw(licences_text());
            return std::nullopt;
        } catch (const CLI::CallForAllHelp&) {
            output.raw(help(CLI::AppFormatMode::All));
            return std::nullopt;
        } catch (const CLI::ParseError& error) {
            throw usage_error(error);
        }
        // Not by CLI11's own check: that ignores a variable whose text it refuses.
        check_word("--output", m_options.output, {"text", "json"});
        check_word("--color", m_options.color, {"auto", "always", "never"});
        m_options.command = m_app->get_subcommands().front()->get_name();
        return m_options;
    }

private:
    [[nodiscard]] std::string help(CLI::AppFormatMode mode) const {
        return chosen()->help(chosen() == m_app.get() ? "" : "headway", mode);
    }

    [[nodiscard]] const CLI::App* chosen() const {
        const auto subcommands = m_app->get_subcommands();
        return subcommands.empty() ? m_app.get() : subcommands.front();
    }

    [[nodiscard]] std::vector<std::string> known_words(std::string_view word) const {
        std::vector<std::string> known;
        if (!word.starts_with("-")) {
            for (const Command& command : commands()) {
                known.emplace_back(command.name);
            }
            return known;
        }
        for (const CLI::App* app : std::array<const CLI::App*, 2>{m_app.get(), chosen()}) {
            for (const CLI::Option* option : app->get_options()) {
                for (const std::string& name : option->get_lnames()) {
                    known.push_back("--" + name);
                }
            }
        }
        return known;
    }

    [[nodiscard]] Error usage_error(const CLI::ParseError& error) const {
        const CLI::App* const app = chosen();
        const std::string help = app == m_app.get()
                                     ? "headway --help"
                                     : fmt::format("headway {} --help", app->get_name());
        for (const std::string& word : m_app->remaining(true)) {
            const std::string flag = word.substr(0, word.find('='));
            const std::string near = nearest(flag, known_words(flag));
            const bool is_flag = flag.starts_with("-");
            std::vector<std::string> hints;
            std::string because;
            if (flag == "--token") {
                because = "no token is taken from the command line, where others can see it";
                hints.emplace_back("--token-env NAME, --token-file FILE or --token-stdin");
            } else if (!near.empty()) {
                hints.push_back(is_flag ? near : "headway " + near);
            }
            hints.push_back(help);
            return {ExitCode::usage,
                    fmt::format("unknown {} \"{}\"", is_flag ? "option" : "command",
                                printable(flag, 60)),
                    std::move(because), std::move(hints)};
        }
        if (app == m_app.get() && error.get_name() == "RequiredError") {
            return {ExitCode::usage, "no command is named", "", {help}};
        }
        return {ExitCode::usage, said_by(error, *app), "", {help}};
    }

    Options m_options;
    std::unique_ptr<CLI::App> m_app;
};

ExitCode dispatch(Session& session) {
    for (const Command& command : commands()) {
        if (command.name == session.options.command) {
            return command.run(session);
        }
    }
    throw Error(ExitCode::usage, "no command is named", "", {"headway --help"});
}

/// The one catch: what went wrong becomes a message, a part of the document, and an exit code.
ExitCode run_caught(Session& session) {
    try {
        const ExitCode code = dispatch(session);
        if (code == ExitCode::done && session.interrupt.requested()) {
            // A script must not go on to the next command, as after a plain success.
            throw Interrupted(
                "interrupted",
                "the signal came too late to stop anything: what is told above is done");
        }
        return code;
    } catch (const Error& error) {
        return fail(session, error);
    } catch (const std::bad_alloc&) {
        return fail(session, Error(ExitCode::failed, "out of memory"));
    } catch (const std::exception& error) {
        return fail(session, Error(ExitCode::failed, "an error that headway did not foresee",
                                   printable(error.what()),
                                   {"run it again with -vv and report what it prints"}));
    }
}

http::ClientSettings client_settings(const Options& options) {
    http::ClientSettings settings;
    settings.certificates.ca_files = options.ca_files;
    settings.certificates.ci_server_tls_ca_file = config::ci_facts(variable).ca_file.value;
    settings.certificates.ssl_cert_file = variable("SSL_CERT_FILE").value_or("");
    return settings;
}

ExitCode finish(Output& output, nlohmann::ordered_json& report, ExitCode code) {
    report["exit_code"] = static_cast<int>(code);
    report["warnings"] = output.warnings();
    output.document(report.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    if (!output.intact()) {
        output.error(Error(ExitCode::failed, "the result could not be written",
                           std::strerror(output.failure()),
                           {"what was done was done: see the messages above, or run the same "
                            "command again"}));
        return code == ExitCode::done ? ExitCode::failed : code;
    }
    return code;
}

ExitCode run_words(const std::vector<std::string>& words) {
    SignalInterrupt interrupt;
    SystemClock clock(interrupt);
    const bool in_gitlab = config::ci_facts(variable).system == config::CiSystem::gitlab;
    Output output({.format = asks_for_json(words) ? Format::json : Format::text,
                   .verbosity = Verbosity::normal,
                   .colors = wants_colors("auto"),
                   .gitlab_log = in_gitlab,
                   .live = false});
    if (!words.empty() && words.front() == k_complete_word) {
        output.raw(completion_lines({words.begin() + 1, words.end()}, variable));
        return ExitCode::done;
    }
    nlohmann::ordered_json report{{"command", nullptr}, {"exit_code", nullptr}, {"error", nullptr}};
    // Its keys are a vector's elements: only with room for all of them a reference into the part of
    // an environment outlives the key "notifications" that is added meanwhile.
    report.get_ref<nlohmann::ordered_json::object_t&>().reserve(k_most_report_keys);
    ExitCode code = ExitCode::done;
    std::optional<Options> options;
    try {
        options = Parser().parse(words, output);
    } catch (const Error& error) {
        output.error(error);
        report["error"] = json_of(error);
        return finish(output, report, error.code());
    }
    if (!options) {
        return output.intact() ? ExitCode::done : ExitCode::failed;
    }
    output.configure({.format = options->output == "json" ? Format::json : Format::text,
                      .verbosity = verbosity_of(*options),
                      .colors = wants_colors(options->color),
                      .gitlab_log = in_gitlab,
                      .live = can_be_drawn_on()});
    report["command"] = options->command;
    const auto client = http::make_client(client_settings(*options), interrupt, output);
    Session session{.options = *options,
                    .variables = variable,
                    .output = output,
                    .interrupt = interrupt,
                    .clock = clock,
                    .client = *client,
                    .report = std::move(report)};
    code = run_caught(session);
    const ExitCode evidence = write_evidence(session);
    code = code == ExitCode::done ? evidence : code;
    return finish(output, session.report, code);
}

}  // namespace

int run(int argc, const char* const* argv) noexcept {
    try {
        return static_cast<int>(run_words(std::vector<std::string>(argv + 1, argv + argc)));
    } catch (const std::exception& error) {
        (void)fprintf(stderr, "headway: error: %s\n", error.what());
        return static_cast<int>(ExitCode::failed);
    }
}

}  // namespace headway::cli
