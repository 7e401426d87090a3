#include "core/message.hpp"

#include <utility>
#include <vector>

#include "headway/text.hpp"

namespace headway::core {

namespace {

constexpr std::size_t k_changes_generations = 100;
constexpr std::size_t k_author_bytes = 80;
constexpr std::size_t k_subject_bytes = 8000;

}  // namespace

Changes read_changes(GitRemote& remote, const ObjectId& from, const ObjectId& to) {
    const std::vector<ObjectId> wants{to};
    const std::vector<ObjectId> haves{from};
    CommitList list =
        remote.commits_between(wants, haves, Reach{.generations = k_changes_generations});
    return {std::move(list.commits), list.cut};
}

DeploymentMessage message_of(const Deployment& deployment, const Forge& forge,
                             const Author& author) {
    DeploymentMessage message;
    message.event = deployment.event;
    message.environment = deployment.environment;
    message.environment_url = deployment.environment_url;
    message.commit = deployment.to.hex();
    message.short_commit = deployment.to.short_hex();
    message.commit_url = forge.commit_url(deployment.to);
    if (!deployment.from.is_null()) {
        message.previous_short = deployment.from.short_hex();
        message.compare_url = forge.compare_url(deployment.from, deployment.to);
    }
    message.actor = printable(author.actor, k_author_bytes);
    message.run_url = author.run_url;
    message.verdict = deployment.verdict;
    message.rollback_command = deployment.rollback_command;
    message.duration = deployment.duration;
    for (const Commit& commit : deployment.changes.commits) {
        message.changes.push_back(
            {.short_commit = commit.id.short_hex(),
             .subject =
                 printable(commit.message.substr(0, commit.message.find('\n')), k_subject_bytes),
             .author = printable(commit.author.name, k_author_bytes),
             .url = forge.commit_url(commit.id)});
    }
    message.changes_total = deployment.changes.commits.size();
    message.changes_cut = deployment.changes.cut;
    return message;
}

}  // namespace headway::core
