#pragma once

#include <span>
#include <string>
#include <string_view>

#include "headway/error.hpp"

namespace headway::cli {

/// An exit code in words, as --help and the manual have it.
struct ExitCodeWords {
    ExitCode code;
    std::string_view in_short;
    std::string_view meaning;
};

/// All of them, in ascending order.
[[nodiscard]] std::span<const ExitCodeWords> exit_codes();

/// "Exit codes: 0 done, …", in lines of at most 80 columns.
[[nodiscard]] std::string exit_codes_in_short();

}  // namespace headway::cli
