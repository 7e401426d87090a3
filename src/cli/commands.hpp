#pragma once

#include <span>
#include <string_view>

#include "cli/options.hpp"
#include "cli/session.hpp"

namespace CLI {
class App;
}

namespace headway::cli {

/// One subcommand: what it is called, its options, and what it does.
struct Command {
    std::string_view name;
    std::string_view description;
    std::string_view examples;  ///< Below --help; lines.
    void (*configure)(CLI::App& app, Options& options);
    ExitCode (*run)(Session& session);
};

/// All of them, in the order of --help.
[[nodiscard]] std::span<const Command> commands();

void configure_promote(CLI::App& app, Options& options);
ExitCode run_promote(Session& session);

void configure_verify(CLI::App& app, Options& options);
ExitCode run_verify(Session& session);

void configure_rollback(CLI::App& app, Options& options);
ExitCode run_rollback(Session& session);

void configure_hold(CLI::App& app, Options& options);
ExitCode run_hold(Session& session);

void configure_resume(CLI::App& app, Options& options);
ExitCode run_resume(Session& session);

void configure_status(CLI::App& app, Options& options);
ExitCode run_status(Session& session);

void configure_history(CLI::App& app, Options& options);
ExitCode run_history(Session& session);

void configure_doctor(CLI::App& app, Options& options);
ExitCode run_doctor(Session& session);
void configure_config(CLI::App& app, Options& options);
ExitCode run_config(Session& session);

void configure_notify(CLI::App& app, Options& options);
ExitCode run_notify(Session& session);

void configure_init(CLI::App& app, Options& options);
ExitCode run_init(Session& session);

void configure_completion(CLI::App& app, Options& options);
ExitCode run_completion(Session& session);

void configure_man(CLI::App& app, Options& options);
ExitCode run_man(Session& session);

}  // namespace headway::cli
