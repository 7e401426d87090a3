#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/session.hpp"
#include "core/push.hpp"
#include "core/survey.hpp"
#include "headway/configuration.hpp"
#include "headway/forge.hpp"
#include "headway/git_remote.hpp"
#include "headway/notifier.hpp"

namespace headway::cli {

/// Whether the configuration may be read from the remote.
enum class WireReading { allowed, refused };

/// The configuration of this run: --config, else .headway.yml here or above, else, where there is
/// no checkout at all, the file at the tip of the source branch, read over the wire. With
/// WireReading::refused nothing is sent: it throws Error(usage) there.
[[nodiscard]] Configuration load_configuration(Session& session,
                                               WireReading wire = WireReading::allowed);

/// Who acts and signs.
[[nodiscard]] core::Author author_of(const Configuration& configuration);

/// The remote with everything that acting on it needs. The session, the configuration and the
/// environments outlive it.
class Workbench {
public:
    /// Reads the environments' token (one token for all: one push carries one) and opens the
    /// remote; no traffic. Throws Error(usage).
    Workbench(Session& session, const Configuration& configuration,
              const std::vector<const EnvironmentConfiguration*>& environments);

    [[nodiscard]] core::Actors actors();
    [[nodiscard]] GitRemote& remote() noexcept { return *m_remote; }
    [[nodiscard]] const Forge& forge() const noexcept { return *m_forge; }
    /// Nothing where none is configured, or the remote is a path.
    [[nodiscard]] const std::optional<Secret>& token() const noexcept { return m_token; }

private:
    Session& m_session;
    const Configuration& m_configuration;
    std::unique_ptr<Forge> m_forge;
    std::unique_ptr<GitRemote> m_remote;
    std::string m_token_name;
    std::optional<Secret> m_token;
};

/// The remote for reading alone. The session outlives it.
class ReadingDesk {
public:
    /// Opens the remote, no traffic: with the first of the environments' tokens that is there,
    /// else with CI's job token where it goes with the remote, else without any. A token that
    /// cannot be read is passed over, which -v tells. Throws Error(usage) for a remote that is
    /// none.
    ReadingDesk(Session& session, const Configuration& configuration,
                const std::vector<const EnvironmentConfiguration*>& environments);

    [[nodiscard]] GitRemote& remote() noexcept { return *m_remote; }

    /// What `question` answers; where the remote turns away one who has no token, the error names
    /// the token that could not be read.
    template <typename Question>
    [[nodiscard]] auto read(Question question) {
        try {
            return question(*m_remote);
        } catch (const Error& error) {
            if (error.code() != ExitCode::unauthorised || !m_passed_over) {
                throw;
            }
            throw Error(error.code(), error.what(), m_passed_over->what(), m_passed_over->hints());
        }
    }

private:
    std::unique_ptr<Forge> m_forge;
    std::unique_ptr<GitRemote> m_remote;
    std::optional<Error> m_passed_over;  ///< The first, where no token could be read.
};

[[nodiscard]] core::EnvironmentTarget target_of(const Configuration& configuration,
                                                const EnvironmentConfiguration& environment);

/// The environments that the command line names. Throws Error(usage) when it names none.
[[nodiscard]] std::vector<const EnvironmentConfiguration*> selected(
    const Session& session, const Configuration& configuration);

/// An abbreviated id's meaning in the checkout around the working folder.
[[nodiscard]] core::Abbreviations checkout_abbreviations();

/// The configured channels; their secrets are read and known to the redactor.
[[nodiscard]] std::vector<std::unique_ptr<Notifier>> open_channels(
    Session& session, const Configuration& configuration);

/// Reads a secret and makes it known to the output's redactor before it is used anywhere; with
/// `user`, as a pair for Basic authentication too.
[[nodiscard]] Secret secret_from(Session& session, const SecretReference& reference,
                                 std::string_view user);

/// What differs between forges, for this configuration's remote.
[[nodiscard]] std::unique_ptr<Forge> forge_of(const Configuration& configuration);

}  // namespace headway::cli
