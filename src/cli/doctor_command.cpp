#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/doctor_display.hpp"
#include "cli/doctor_git.hpp"
#include "cli/doctor_outside.hpp"
#include "cli/flags.hpp"
#include "cli/workbench.hpp"
#include "core/doctor.hpp"

namespace headway::cli {

namespace {

std::vector<const EnvironmentConfiguration*> asked_for(const Session& session,
                                                       const Configuration& configuration) {
    if (!session.options.flags.environments.empty() || configuration.environments.empty()) {
        return selected(session, configuration);
    }
    std::vector<const EnvironmentConfiguration*> all;
    all.reserve(configuration.environments.size());
    for (const EnvironmentConfiguration& environment : configuration.environments) {
        all.push_back(&environment);
    }
    return all;
}

std::string words_of(const Configuration& configuration) {
    const std::size_t count = configuration.environments.size();
    return fmt::format("{}, {} environment{}",
                       configuration.file.empty() ? "flags and variables" : configuration.file,
                       count, count == 1 ? "" : "s");
}

}  // namespace

void configure_doctor(CLI::App& app, Options& options) {
    add_environments(app, options, Plurality::any_number);
    add_setting_flags(app, options);
    add_verify_flags(app, options);
    add_gate_flags(app, options);
    add_flag(app, "--send", options.send, "Send a test message to each channel");
}

ExitCode run_doctor(Session& session) {
    const Configuration configuration = load_configuration(session);
    const auto environments = asked_for(session, configuration);
    std::vector<core::Finding> findings{
        core::fine(core::Check::configuration, {}, words_of(configuration))};
    examine_channels(session, configuration, environments, findings);
    examine_origin(findings);
    RemoteExamination remote(session, configuration, environments);
    remote.run(findings);
    examine_probes(session, configuration, environments, remote, findings);
    std::vector<std::string> names;
    names.reserve(environments.size());
    for (const EnvironmentConfiguration* environment : environments) {
        names.push_back(environment->name);
    }
    show_findings(session, findings, names);
    return core::code_of(findings) == ExitCode::done ? ExitCode::done
                                                     : fail(session, problems_found(findings));
}

}  // namespace headway::cli
