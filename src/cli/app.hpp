#pragma once

#include <memory>

#include "cli/options.hpp"

namespace CLI {
class App;
}

namespace headway::cli {

/// The command line as CLI11 knows it, made from the table of `commands()`: what is parsed goes
/// into `options`, which outlives it. Help, completion and the manual are all read from it.
[[nodiscard]] std::unique_ptr<CLI::App> make_app(Options& options);

}  // namespace headway::cli
