#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/session.hpp"
#include "cli/workbench.hpp"
#include "core/doctor.hpp"
#include "core/doctor_inspect.hpp"
#include "headway/configuration.hpp"

namespace headway::cli {

/// What the remote says of the environments: whether it answers, takes their tokens, has their
/// branches, and lets them be moved. A handful of requests for each token, and for each environment
/// what a promotion's plan reads and six pushes at most. Nothing is moved (core/doctor_push.hpp).
class RemoteExamination {
public:
    /// The session, the configuration and the environments outlive it.
    RemoteExamination(Session& session, const Configuration& configuration,
                      const std::vector<const EnvironmentConfiguration*>& environments);

    /// Adds to `findings`. Throws Error(usage) for a remote that is none; Interrupted.
    void run(std::vector<core::Finding>& findings);

    /// After run(): what was read; nothing where nothing could be.
    [[nodiscard]] const std::optional<core::RepositoryInspection>& repository() const noexcept {
        return m_repository;
    }
    [[nodiscard]] const core::Inspection* inspection_of(const std::string& environment) const;

private:
    /// The environments that share a token.
    struct Group {
        std::vector<const EnvironmentConfiguration*> environments;
        std::unique_ptr<Workbench> bench;  ///< Null: the token cannot be read.
        std::string token;                 ///< "$STAGING_PUSH_TOKEN"; empty: none.
        bool accepted = false;
    };

    void group(const EnvironmentConfiguration& environment);
    [[nodiscard]] bool reach(std::vector<core::Finding>& findings);
    void open(Group& group, std::vector<core::Finding>& findings);
    void ask_access(Group& group, std::vector<core::Finding>& findings);
    void ask_expiry(const Group& group, std::vector<core::Finding>& findings);
    void read(std::vector<core::Finding>& findings);
    void try_branches(Group& group, std::vector<core::Finding>& findings);
    void try_ledgers(Group& group, std::vector<core::Finding>& findings);
    void leave_out(const Group& group, const std::vector<core::Check>& checks,
                   const std::string& reason, std::vector<core::Finding>& findings) const;

    Session& m_session;
    const Configuration& m_configuration;
    const std::vector<const EnvironmentConfiguration*>& m_environments;
    bool m_local = false;
    std::vector<Group> m_groups;
    std::optional<core::RepositoryInspection> m_repository;
};

}  // namespace headway::cli
