#pragma once

#include <string>

#include "core/verify.hpp"

namespace headway::cli {

/// One environment that was verified in this run, for the files of evidence.
struct Verified {
    std::string environment;  ///< Or the URL that was verified by itself.
    std::string commit;       ///< 40 hex digits, or empty.
    std::string commit_url;   ///< Empty: none is known.
    core::VerifyReport report;
};

}  // namespace headway::cli
