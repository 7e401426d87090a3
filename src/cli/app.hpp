#pragma once

#include <memory>

#include <CLI/App.hpp>
#include <CLI/Error.hpp>

#include "cli/options.hpp"

namespace headway::cli {

/// Ends CLI11's parsing as its own CallForVersion does: --licenses stands there.
class CallForLicences : public CLI::Success {
public:
    CallForLicences() : Success("CallForLicences", "", CLI::ExitCodes::Success) {}
};

/// The command line as CLI11 knows it, made from the table of `commands()`: what is parsed goes
/// into `options`, which outlives it. Help, completion and the manual are all read from it.
[[nodiscard]] std::unique_ptr<CLI::App> make_app(Options& options);

}  // namespace headway::cli
