#include "core/chronicle.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace headway::core {

namespace {

/// Commits by their ids.
class Chains {
public:
    explicit Chains(const CommitList& commits) {
        for (const Commit& commit : commits.commits) {
            m_by_id.emplace(commit.id, &commit);
        }
    }

    [[nodiscard]] Chronicle follow(std::string_view environment, const ObjectId& tip) const {
        Chronicle chronicle;
        // No chain is longer than the list: one made up by a server cannot lead in a circle.
        std::size_t steps = 0;
        for (ObjectId next = tip; !next.is_null(); ++steps) {
            const auto found = m_by_id.find(next);
            if (found == m_by_id.end() || steps == m_by_id.size()) {
                chronicle.cut = true;
                break;
            }
            const Commit& commit = *found->second;
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

private:
    std::map<ObjectId, const Commit*> m_by_id;
};

}  // namespace

Chronicle chronicle_of(const CommitList& commits, std::string_view environment,
                       const ObjectId& tip) {
    return Chains(commits).follow(environment, tip);
}

Chronicle read_chronicle(GitRemote& remote, std::string_view environment, const ObjectId& tip,
                         std::size_t generations) {
    const std::vector<ObjectId> wants{tip};
    return chronicle_of(remote.commits_between(wants, {}, Reach{.generations = generations}),
                        environment, tip);
}

void search_chronicles(GitRemote& remote, const std::vector<ChronicleStart>& ledgers,
                       const std::function<bool(std::size_t, const Chronicle&)>& found) {
    constexpr std::size_t k_newest = 128;
    std::vector<std::size_t> open(ledgers.size());
    std::iota(open.begin(), open.end(), std::size_t{0});
    for (const std::size_t generations : {k_newest, std::size_t{0}}) {
        if (open.empty()) {
            return;
        }
        std::vector<ObjectId> wants;
        std::transform(open.begin(), open.end(), std::back_inserter(wants),
                       [&](std::size_t index) { return ledgers[index].tip; });
        const CommitList commits =
            remote.commits_between(wants, {}, Reach{.generations = generations});
        const Chains chains(commits);
        std::erase_if(open, [&](std::size_t index) {
            const Chronicle chronicle =
                chains.follow(ledgers[index].environment, ledgers[index].tip);
            return found(index, chronicle) || !chronicle.cut;
        });
    }
}

}  // namespace headway::core
