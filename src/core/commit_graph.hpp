#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "headway/git_remote.hpp"

namespace headway::core {

/// A list of commits as the graph that it is. The list outlives it. Parents that are not in the
/// list are its edge.
class CommitGraph {
public:
    /// Which commits, by their place in the list.
    using Marks = std::vector<bool>;

    explicit CommitGraph(const CommitList& commits);

    [[nodiscard]] std::size_t size() const noexcept { return m_commits.size(); }
    [[nodiscard]] const Commit& at(std::size_t place) const { return m_commits[place]; }
    [[nodiscard]] std::optional<std::size_t> find(const ObjectId& id) const;
    [[nodiscard]] Marks no_marks() const { return Marks(m_commits.size(), false); }

    /// Marks `from` and all its ancestors of the list that are not marked yet, and returns their
    /// places. What is behind a marked commit is taken to be marked. Nothing when `from` is not in
    /// the list.
    std::vector<std::size_t> reach(const ObjectId& from, Marks& marks) const;

private:
    const std::vector<Commit>& m_commits;
    std::map<ObjectId, std::size_t> m_places;
    std::vector<std::vector<std::size_t>> m_parents;
};

}  // namespace headway::core
