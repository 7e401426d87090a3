#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "cli/verified.hpp"

namespace headway::cli {

/// GitLab's limits of `artifacts:reports:dotenv` (docs.gitlab.com, ci/yaml/artifacts_reports).
inline constexpr std::size_t k_dotenv_bytes = 5 * 1024;
inline constexpr std::size_t k_dotenv_variables = 20;

struct Dotenv {
    std::string text;
    std::vector<std::string> left_out;  ///< Variables that did not fit.
};

/// Lines NAME=VALUE for later jobs: VERIFY_OUTCOME (the worst), VERIFY_ENVIRONMENT, VERIFY_COMMIT,
/// VERIFY_SHORT_COMMIT, VERIFY_URL, VERIFY_SECONDS and VERIFY_REASON of the environment that
/// decides it, and, of several, VERIFY_OUTCOME_<ENVIRONMENT> of each. None of these is a flag's
/// variable. Values hold no line break, quote, backslash or dollar sign: GitLab takes them as they
/// stand.
[[nodiscard]] Dotenv dotenv_of(std::span<const Verified> verified);

}  // namespace headway::cli
