#include <headway_version.hpp>

#include <CLI/CLI.hpp>

#include "cli/app.hpp"
#include "cli/commands.hpp"
#include "cli/man_page.hpp"

namespace headway::cli {

void configure_man(CLI::App& /*app*/, Options& /*options*/) {}

ExitCode run_man(Session& session) {
    Options options;
    std::string page = man_page(*make_app(options), k_version);
    session.report["page"] = page;
    page.pop_back();  // `result` ends the last line.
    session.output.result(page);
    return ExitCode::done;
}

}  // namespace headway::cli
