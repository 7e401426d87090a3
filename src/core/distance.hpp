#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "headway/git_remote.hpp"
#include "headway/object_id.hpp"

namespace headway::core {

/// How many commits a branch lacks of the source branch.
struct Distance {
    std::size_t commits = 0;
    bool at_least = false;  ///< There may be more: the list was cut, or starts too late.
};

/// The commits of the source branch that one base lacks, as a graph that is walked again and again.
class Distances {
public:
    /// `commits`: those of `source` that `base` does not contain (GitRemote::commits_between).
    /// They are copied as ids. `source` and `base` may be the same.
    Distances(const CommitList& commits, const ObjectId& source, const ObjectId& base);

    /// The distance of a commit of the source branch; nothing for a commit that is not seen to be
    /// one. Linear in the list the first time, then remembered.
    [[nodiscard]] std::optional<Distance> of(const ObjectId& commit);

    /// Whether the commit is on the source branch; nothing: the list was cut before it was met.
    [[nodiscard]] std::optional<bool> on_source(const ObjectId& commit) const;

private:
    [[nodiscard]] Distance walk(std::size_t start);

    static constexpr std::size_t k_no_mark = 0;
    ObjectId m_source;
    ObjectId m_base;
    bool m_cut = false;
    std::size_t m_listed = 0;                         ///< Nodes below are listed, others border.
    std::map<ObjectId, std::size_t> m_index;          ///< Listed commits and their parents.
    std::vector<std::vector<std::size_t>> m_parents;  ///< Of the listed.
    std::vector<std::size_t> m_marks;                 ///< The last walk that met the node.
    std::size_t m_walks = k_no_mark;
    std::map<ObjectId, std::optional<Distance>> m_known;
};

}  // namespace headway::core
