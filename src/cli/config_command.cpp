#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/flags.hpp"
#include "cli/workbench.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

using Json = nlohmann::ordered_json;

ExitCode print_schema(Session& session) {
    // With --output json standard output stays one document.
    if (session.output.settings().format == Format::json) {
        session.report["schema"] = Json::parse(config::json_schema());
    } else {
        session.output.raw(config::json_schema());
    }
    return ExitCode::done;
}

/// The named environments, else all of them; there may be none.
std::vector<const EnvironmentConfiguration*> shown_environments(
    const Session& session, const Configuration& configuration) {
    if (!session.options.flags.environments.empty()) {
        return selected(session, configuration);
    }
    std::vector<const EnvironmentConfiguration*> all;
    all.reserve(configuration.environments.size());
    for (const EnvironmentConfiguration& environment : configuration.environments) {
        all.push_back(&environment);
    }
    return all;
}

ExitCode check(Session& session, const Configuration& configuration) {
    if (configuration.file.empty()) {
        throw Error(ExitCode::usage, fmt::format("there is no {}", config::k_file_name),
                    "none is here or above", {"name the configuration file: --config FILE"});
    }
    const std::size_t count = configuration.environments.size();
    session.output.result(fmt::format("{} is right: {} environment{}",
                                      printable(configuration.file), count, count == 1 ? "" : "s"));
    return ExitCode::done;
}

/// The file itself, as a setting among the others.
config::ShownSetting file_of(const Session& session, const Configuration& configuration) {
    config::ShownSetting file{.name = "file", .value = {}, .origin = {}};
    if (!configuration.file.empty()) {
        const auto given = config::given_file(session.options.flags, session.variables);
        file.value = printable(configuration.file);
        file.origin = given ? given->origin : Origin{"found"};
    }
    return file;
}

/// Shows the lines, and returns them for the document.
Json show(Session& session, const std::vector<config::ShownSetting>& settings,
          std::string_view indent) {
    Json list = Json::array();
    for (const config::ShownSetting& setting : settings) {
        session.output.result(fmt::format("{}{}", indent, config::line_of(setting)));
        list.push_back({{"name", setting.name},
                        {"value", setting.value ? Json(*setting.value) : Json(nullptr)},
                        {"origin", printable(setting.origin.text)}});
    }
    return list;
}

}  // namespace

void configure_config(CLI::App& app, Options& options) {
    add_environments(app, options, Plurality::any_number);
    add_flag(app, "--check", options.check, "Only say whether the file is right");
    add_flag(app, "--schema", options.schema, "Print the file's JSON Schema, for editors");
    add_flag(app, "--fetch", options.fetch, "Read the file from the remote if none is here");
    add_setting_flags(app, options);
    add_verify_flags(app, options);
    add_gate_flags(app, options);
}

ExitCode run_config(Session& session) {
    if (session.options.schema) {
        return print_schema(session);
    }
    const Configuration configuration = load_configuration(
        session, session.options.fetch ? WireReading::allowed : WireReading::refused);
    const auto environments = shown_environments(session, configuration);
    for (const EnvironmentConfiguration* environment : environments) {
        config::require_ledger_of_gates(configuration, *environment);
    }
    session.report["file"] =
        configuration.file.empty() ? Json(nullptr) : Json(printable(configuration.file));
    if (session.options.check) {
        return check(session, configuration);
    }
    std::vector<config::ShownSetting> shared = config::shown_settings(configuration);
    shared.insert(shared.begin(), file_of(session, configuration));
    session.report["settings"] = show(session, shared, "");
    Json list = Json::array();
    for (const EnvironmentConfiguration* environment : environments) {
        session.output.result(fmt::format("\n{}", environment->name));
        Json json{{"environment", environment->name}};
        json["settings"] = show(session, config::shown_settings(*environment), "  ");
        list.push_back(std::move(json));
    }
    session.report["environments"] = std::move(list);
    return ExitCode::done;
}

}  // namespace headway::cli
