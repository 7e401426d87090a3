#include "cli/app.hpp"

#include <string>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/flags.hpp"
#include "cli/help_text.hpp"
#include "cli/version.hpp"

namespace headway::cli {

namespace {

std::string footer_of(const Command& command, const CLI::App& app) {
    return fmt::format("Examples:\n{}\n\n{}", command.examples,
                       has_rare_options(app)
                           ? fmt::format("All options: headway {} --help-all", command.name)
                           : std::string("Options of all commands: headway --help"));
}

}  // namespace

std::unique_ptr<CLI::App> make_app(Options& options) {
    auto app = std::make_unique<CLI::App>(
        "Promotes main to deployment branches, proves it, tells, takes it back.", "headway");
    app->require_subcommand(1);
    app->fallthrough();
    app->formatter(std::make_shared<HelpText>());
    app->set_help_flag("-h,--help", "Print this help");
    add_global_flags(*app, options);
    for (const Command& command : commands()) {
        auto* const sub =
            app->add_subcommand(std::string(command.name), std::string(command.description));
        sub->group("Commands");
        command.configure(*sub, options);
        sub->footer(footer_of(command, *sub));
    }
    // Only now, or each command would list them as its own; they work there all the same.
    app->set_help_all_flag("--help-all", "Print every option of a command, or of all of them");
    app->set_version_flag("--version", version_text(), "Print version, commit and libraries");
    app->add_flag_callback(
        "--licenses", [] { throw CallForLicences(); }, "Print the licences of all that is inside");
    app->footer(
        fmt::format("Every option has a variable: --dry-run is HEADWAY_DRY_RUN. The option wins.\n"
                    "{}\n\n"
                    "A command's own options: headway promote --help",
                    exit_codes_in_short()));
    return app;
}

}  // namespace headway::cli
