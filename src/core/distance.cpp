#include "core/distance.hpp"

namespace headway::core {

Distances::Distances(const CommitList& commits, const ObjectId& source, const ObjectId& base)
    : m_source(source), m_base(base), m_cut(commits.cut) {
    for (const Commit& commit : commits.commits) {
        m_index.emplace(commit.id, m_index.size());
    }
    m_listed = m_index.size();
    m_parents.resize(m_listed);
    for (const Commit& commit : commits.commits) {
        auto& parents = m_parents[m_index.at(commit.id)];
        parents.clear();
        for (const ObjectId& parent : commit.parents) {
            parents.push_back(m_index.emplace(parent, m_index.size()).first->second);
        }
    }
    m_marks.resize(m_index.size(), k_no_mark);
}

Distance Distances::walk(std::size_t start) {
    const std::size_t mark = ++m_walks;
    const auto base = m_index.find(m_base);
    std::size_t contained = 0;
    std::vector<std::size_t> open{start};
    m_marks[start] = mark;
    while (!open.empty()) {
        const std::size_t node = open.back();
        open.pop_back();
        if (node >= m_listed) {
            continue;
        }
        ++contained;
        for (const std::size_t parent : m_parents[node]) {
            if (m_marks[parent] != mark) {
                m_marks[parent] = mark;
                open.push_back(parent);
            }
        }
    }
    // What the base has and this commit lacks is not in the list.
    const bool whole = base != m_index.end() && m_marks[base->second] == mark;
    return {.commits = m_listed - contained, .at_least = m_cut || !whole};
}

std::optional<Distance> Distances::of(const ObjectId& commit) {
    if (commit == m_source) {
        return Distance{};
    }
    const auto [known, first] = m_known.try_emplace(commit);
    if (!first) {
        return known->second;
    }
    if (const auto found = m_index.find(commit); found != m_index.end()) {
        known->second = walk(found->second);
    } else if (m_cut) {
        known->second = Distance{.commits = m_listed, .at_least = true};
    }
    return known->second;
}

std::optional<bool> Distances::on_source(const ObjectId& commit) const {
    if (commit == m_source || m_index.contains(commit)) {
        return true;
    }
    return m_cut ? std::nullopt : std::optional<bool>(false);
}

}  // namespace headway::core
