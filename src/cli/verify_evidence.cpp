#include "cli/verify_evidence.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/annotations.hpp"
#include "cli/dotenv.hpp"
#include "cli/evidence_file.hpp"
#include "cli/junit.hpp"
#include "cli/output.hpp"

namespace headway::cli {

namespace {

void warn_of_left_out(Session& session, const Dotenv& dotenv) {
    if (!dotenv.left_out.empty()) {
        session.output.warning(
            fmt::format("--dotenv: GitLab takes {} variables and {} bytes; left out: {}",
                        k_dotenv_variables, k_dotenv_bytes, fmt::join(dotenv.left_out, ", ")));
    }
}

}  // namespace

ExitCode write_evidence(Session& session) {
    const Options& options = session.options;
    ExitCode code = ExitCode::done;
    const auto write = [&](const std::string& flag, const std::string& path, auto&& text) {
        if (path.empty()) {
            return;
        }
        try {
            write_evidence_file(flag, path, text(), session.output.redactor());
        } catch (const Error& error) {
            code = std::max(code, fail(session, error));
        }
    };
    write("--junit", options.junit,
          [&] { return junit_of(session.verified, session.clock.now()); });
    write("--dotenv", options.dotenv, [&] {
        const Dotenv dotenv = dotenv_of(session.verified);
        warn_of_left_out(session, dotenv);
        return dotenv.text;
    });
    write("--annotations", options.annotations, [&] { return annotations_of(session.verified); });
    return code;
}

}  // namespace headway::cli
