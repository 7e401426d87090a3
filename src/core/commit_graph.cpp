#include "core/commit_graph.hpp"

namespace headway::core {

CommitGraph::CommitGraph(const CommitList& commits) : m_commits(commits.commits) {
    for (std::size_t place = 0; place < m_commits.size(); ++place) {
        m_places.emplace(m_commits[place].id, place);
    }
    m_parents.resize(m_commits.size());
    for (std::size_t place = 0; place < m_commits.size(); ++place) {
        for (const ObjectId& parent : m_commits[place].parents) {
            if (const auto found = find(parent)) {
                m_parents[place].push_back(*found);
            }
        }
    }
}

std::optional<std::size_t> CommitGraph::find(const ObjectId& id) const {
    const auto found = m_places.find(id);
    return found == m_places.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::size_t> CommitGraph::reach(const ObjectId& from, Marks& marks) const {
    std::vector<std::size_t> reached;
    const auto start = find(from);
    if (!start || marks[*start]) {
        return reached;
    }
    marks[*start] = true;
    reached.push_back(*start);
    for (std::size_t next = 0; next < reached.size(); ++next) {
        for (const std::size_t parent : m_parents[reached[next]]) {
            if (!marks[parent]) {
                marks[parent] = true;
                reached.push_back(parent);
            }
        }
    }
    return reached;
}

}  // namespace headway::core
