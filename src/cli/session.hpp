#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/verified.hpp"
#include "headway/clock.hpp"
#include "headway/http.hpp"

namespace headway::cli {

/// What every command works with: the command line, the seams, the output, and the JSON document
/// that grows while the command runs and is written whatever happens.
struct Session {
    Options options;
    config::Variables variables;
    Output& output;
    Interrupt& interrupt;
    Clock& clock;
    HttpClient& client;
    nlohmann::ordered_json report;
    std::vector<Verified> verified{};  ///< What was verified so far, for the files of evidence.

    [[nodiscard]] std::chrono::milliseconds request_timeout() const;
};

/// Shows the error and makes it the document's error, if it is the first. Returns its code.
ExitCode fail(Session& session, const Error& error);

/// The error as JSON: kind, what, because, try.
[[nodiscard]] nlohmann::ordered_json json_of(const Error& error);

}  // namespace headway::cli
