#include "git/history.hpp"

#include <git2.h>

#include <algorithm>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "git/objects.hpp"

namespace headway::git {

namespace {

constexpr std::string_view k_cannot_read = "the repository's history cannot be read";

/// The commit that `id` names, through annotated tags.
std::optional<ObjectId> peeled_to_commit(git_repository& repository, const ObjectId& id) {
    const git_oid oid = to_oid(id);
    ObjectHandle object;
    const int found = git_object_lookup(out(object), &repository, &oid, GIT_OBJECT_ANY);
    if (found == GIT_ENOTFOUND) {
        return std::nullopt;
    }
    check(found, k_cannot_read);
    ObjectHandle commit;
    if (git_object_peel(out(commit), object.get(), GIT_OBJECT_COMMIT) < 0) {
        return std::nullopt;
    }
    return from_oid(*git_object_id(commit.get()));
}

Commit read_commit(git_odb& odb, const ObjectId& id) {
    const git_oid oid = to_oid(id);
    OdbObjectHandle object;
    check(git_odb_read(out(object), &odb, &oid), k_cannot_read);
    return parse_commit(
        id, std::string_view(static_cast<const char*>(git_odb_object_data(object.get())),
                             git_odb_object_size(object.get())));
}

std::vector<ObjectId> walk(git_repository& repository, const std::vector<ObjectId>& wants,
                           const std::vector<ObjectId>& haves) {
    RevwalkHandle walker;
    check(git_revwalk_new(out(walker), &repository), k_cannot_read);
    check(git_revwalk_sorting(walker.get(), GIT_SORT_TOPOLOGICAL | GIT_SORT_TIME), k_cannot_read);
    for (const ObjectId& want : wants) {
        const git_oid oid = to_oid(want);
        check(git_revwalk_push(walker.get(), &oid), k_cannot_read);
    }
    for (const ObjectId& have : haves) {
        const git_oid oid = to_oid(have);
        check(git_revwalk_hide(walker.get(), &oid), k_cannot_read);
    }
    std::vector<ObjectId> found;
    git_oid oid{};
    int code = 0;
    while ((code = git_revwalk_next(&oid, walker.get())) == 0) {
        found.push_back(from_oid(oid));
    }
    if (code != GIT_ITEROVER) {
        check(code, k_cannot_read);
    }
    return found;
}

/// Children before parents; of those that could come next, the youngest.
std::vector<Commit> in_order(std::map<ObjectId, Commit> commits) {
    std::map<ObjectId, std::size_t> children;
    for (const auto& [id, commit] : commits) {
        for (const ObjectId& parent : std::set(commit.parents.begin(), commit.parents.end())) {
            ++children[parent];
        }
    }
    std::priority_queue<std::pair<std::int64_t, ObjectId>> ready;
    for (const auto& [id, commit] : commits) {
        if (!children.contains(id)) {
            ready.emplace(commit.committer.when, id);
        }
    }
    std::vector<Commit> ordered;
    ordered.reserve(commits.size());
    while (!ready.empty()) {
        Commit commit = std::move(commits.extract(ready.top().second).mapped());
        ready.pop();
        for (const ObjectId& parent : std::set(commit.parents.begin(), commit.parents.end())) {
            const auto found = commits.find(parent);
            if (--children[parent] == 0 && found != commits.end()) {
                ready.emplace(found->second.committer.when, parent);
            }
        }
        ordered.push_back(std::move(commit));
    }
    return ordered;
}

/// What `deepen` gives: the wants are the first generation, their parents the second. `eligible`
/// tells which commits are not reachable from the haves.
template <typename Predicate>
CommitList generations_of(git_odb& odb, const std::vector<ObjectId>& wants, Reach reach,
                          Predicate eligible) {
    std::map<ObjectId, Commit> seen;
    std::set<ObjectId> generation;
    std::copy_if(wants.begin(), wants.end(), std::inserter(generation, generation.end()), eligible);
    for (std::size_t depth = 0; depth < reach.generations && !generation.empty(); ++depth) {
        std::set<ObjectId> parents;
        for (const ObjectId& id : generation) {
            const Commit& commit = seen.emplace(id, read_commit(odb, id)).first->second;
            std::copy_if(commit.parents.begin(), commit.parents.end(),
                         std::inserter(parents, parents.end()), eligible);
        }
        std::erase_if(parents, [&](const ObjectId& id) { return seen.contains(id); });
        generation = std::move(parents);
    }
    CommitList list;
    list.cut = !generation.empty();
    list.commits = in_order(std::move(seen));
    return list;
}

}  // namespace

CommitList commits_between(git_repository& repository, std::span<const ObjectId> wants,
                           std::span<const ObjectId> haves, Reach reach) {
    std::vector<ObjectId> from;
    for (const ObjectId& want : wants) {
        const auto commit = peeled_to_commit(repository, want);
        if (!commit) {
            throw UnknownObject(want, "the repository has no such commit");
        }
        from.push_back(*commit);
    }
    std::vector<ObjectId> known;
    for (const ObjectId& have : haves) {
        if (const auto commit = peeled_to_commit(repository, have)) {
            known.push_back(*commit);
        }
    }

    OdbHandle odb;
    check(git_repository_odb(out(odb), &repository), k_cannot_read);
    if (reach.generations > 0 && known.empty()) {
        return generations_of(*odb, from, reach, [](const ObjectId&) { return true; });
    }
    const std::vector<ObjectId> between = walk(repository, from, known);
    if (reach.generations > 0) {
        const std::set<ObjectId> eligible(between.begin(), between.end());
        return generations_of(*odb, from, reach,
                              [&](const ObjectId& id) { return eligible.contains(id); });
    }
    CommitList list;
    list.commits.reserve(between.size());
    std::transform(between.begin(), between.end(), std::back_inserter(list.commits),
                   [&](const ObjectId& id) { return read_commit(*odb, id); });
    return list;
}

}  // namespace headway::git
