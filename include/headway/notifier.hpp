#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace headway {

enum class DeploymentEvent { promoted, verified, unhealthy, rolled_back, refused, note };

struct Change {
    std::string short_commit;
    std::string subject;  ///< Printable, uncut.
    std::string author;
    std::string url;  ///< May be empty.
};

/// One deployment as a team wants to read it. Every text is printable but hostile to markup:
/// the channel escapes it.
struct DeploymentMessage {
    DeploymentEvent event = DeploymentEvent::promoted;
    std::string environment;
    std::string environment_url;  ///< May be empty.
    std::string commit;           ///< 40 hex digits; may be empty for a note.
    std::string short_commit;
    std::string commit_url;      ///< May be empty, like each URL below.
    std::string previous_short;  ///< Empty at the first deployment.
    std::string compare_url;
    std::string actor;
    std::string run_url;
    std::string verdict;           ///< "healthy 3 times in a row", or the failing probe's words.
    std::string rollback_command;  ///< For a failure: what to type; may be empty.
    std::string text;              ///< The user's own words: a note, or the reason of a deployment.
    std::chrono::milliseconds duration{0};  ///< Zero: not shown.
    std::vector<Change> changes;            ///< Newest first; the channel shows at most 10.
    std::size_t changes_total = 0;
    bool changes_cut = false;  ///< There are more than `changes_total`.
};

/// One channel of a team. Throws Error or TransportError when the message did not arrive; the
/// caller makes a warning of it.
class Notifier {
public:
    Notifier() = default;
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;
    virtual ~Notifier() = default;

    [[nodiscard]] virtual std::string_view channel() const noexcept = 0;  ///< "slack".
    virtual void send(const DeploymentMessage& message) = 0;
};

}  // namespace headway
