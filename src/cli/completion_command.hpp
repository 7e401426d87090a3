#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

namespace headway::cli {

/// The answer to `headway __complete WORD…`: lines for the shells' scripts. Reads the configuration
/// file and nothing else, and never fails: without a file that can be read no environment is known.
[[nodiscard]] std::string completion_lines(const std::vector<std::string>& words,
                                           const config::Variables& variables);

}  // namespace headway::cli
