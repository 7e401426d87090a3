#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/session.hpp"
#include "core/verify.hpp"
#include "headway/configuration.hpp"
#include "headway/forge.hpp"
#include "headway/object_id.hpp"

namespace headway::cli {

/// One environment to be verified, ready to be asked: the secrets of its probes are read, and
/// known to the redactor. Expectations of a tag are left out where `subject` has none, which is
/// told. Throws Error(usage) for a secret that cannot be read.
[[nodiscard]] core::VerifyJob job_of(Session& session, const EnvironmentConfiguration& environment,
                                     core::ProbeSubject subject);

/// The tag that goes with `commit`: what is given for this run; CI's own only with CI's own
/// commit. Empty: none is known.
[[nodiscard]] std::string tag_of(const Session& session, const Configuration& configuration,
                                 const std::string& commit);

/// Verifies the jobs inside a section of the log and shows the results of those that converged,
/// and the last answer of those that failed. The reports are scrubbed of secrets, and kept as
/// evidence in the session, with the link to the commit where `forge` is given. Throws as
/// core::verify.
[[nodiscard]] std::vector<std::optional<core::VerifyReport>> verify_jobs(
    Session& session, const std::vector<core::VerifyJob>& jobs,
    core::Until until = core::Until::all_ended, const Forge* forge = nullptr);

/// The failure of a version that was not proven to run; `code` as the command tells it.
[[nodiscard]] Error not_running(const std::string& where, const std::string& version,
                                const core::VerifyReport& report,
                                const std::string& rollback_command,
                                ExitCode code = ExitCode::unhealthy);

/// The exit code that tells an outcome apart: 0, 4, 6, 7, 8.
[[nodiscard]] ExitCode code_of(core::Outcome outcome) noexcept;

}  // namespace headway::cli
