#include "core/chronicle.hpp"

#include <map>
#include <utility>

#include <fmt/format.h>

namespace headway::core {

Chronicle chronicle_of(const CommitList& commits, std::string_view environment,
                       const ObjectId& tip) {
    std::map<ObjectId, const Commit*> by_id;
    for (const Commit& commit : commits.commits) {
        by_id.emplace(commit.id, &commit);
    }
    Chronicle chronicle;
    for (ObjectId next = tip; !next.is_null();) {
        // Each commit is taken once: a list made up by a server cannot lead in a circle.
        const auto node = by_id.extract(next);
        if (node.empty()) {
            chronicle.cut = true;
            break;
        }
        const Commit& commit = *node.mapped();
        auto event = read_event(commit, environment);
        if (auto* const good = std::get_if<LedgerTip>(&event)) {
            chronicle.events.push_back(std::move(*good));
        } else {
            chronicle.damage = fmt::format("{} is no event: {}", commit.id.short_hex(),
                                           std::get<NotAnEvent>(event).because);
            break;
        }
        next = commit.parents.empty() ? ObjectId{} : commit.parents.front();
    }
    return chronicle;
}

Chronicle read_chronicle(GitRemote& remote, std::string_view environment, const ObjectId& tip,
                         std::size_t generations) {
    const std::vector<ObjectId> wants{tip};
    return chronicle_of(remote.commits_between(wants, {}, Reach{.generations = generations}),
                        environment, tip);
}

}  // namespace headway::core
