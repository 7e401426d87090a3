#pragma once

#include "cli/session.hpp"

namespace headway::cli {

/// Writes the files of evidence that the command line names, of all that was verified in this run;
/// each in one step, so that nobody reads half a file. Every text passes the redactor. A file that
/// cannot be written is told by `fail`. Returns the worst exit code.
[[nodiscard]] ExitCode write_evidence(Session& session);

}  // namespace headway::cli
