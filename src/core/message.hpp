#pragma once

#include <optional>
#include <string>

#include "core/push.hpp"
#include "headway/notifier.hpp"

namespace headway::core {

/// The commits between two versions, for people: `commits` newest first.
struct Changes {
    std::vector<Commit> commits;
    bool cut = false;
};

/// Reads at most 100 generations of commits between `from` and `to`, no trees and no files. One
/// request; only made when somebody will read the list.
[[nodiscard]] Changes read_changes(GitRemote& remote, const ObjectId& from, const ObjectId& to);

/// One deployment in the words of a message. `from` is null at a first deployment.
struct Deployment {
    DeploymentEvent event = DeploymentEvent::promoted;
    std::string environment;
    std::string environment_url;
    ObjectId from;
    ObjectId to;
    std::string verdict;
    std::string rollback_command;
    std::chrono::milliseconds duration{0};
    Changes changes;
};

[[nodiscard]] DeploymentMessage message_of(const Deployment& deployment, const Forge& forge,
                                           const Author& author);

}  // namespace headway::core
