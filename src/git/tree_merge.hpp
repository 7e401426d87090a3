#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "git/objects.hpp"
#include "headway/git_remote.hpp"

namespace headway::git {

/// What one level of a merge has to know: the contents of these objects.
struct ObjectsWanted {
    std::vector<ObjectId> trees;  ///< Each once, like `blobs`.
    std::vector<ObjectId> blobs;
    std::size_t allowance = 0;  ///< Bytes of all of them together.
};

using ObjectContents = std::map<ObjectId, std::string>;

/// Reads all of the wanted objects. Throws Error where one is missing or is of another type, and
/// `merge_too_large` beyond the allowance.
using ReadObjects = std::function<ObjectContents(const ObjectsWanted&)>;

struct MergeLimits {
    std::size_t levels = 64;       ///< Folders within folders; one more round reads files.
    std::size_t objects = 20'000;  ///< Read, of all levels together.
    std::size_t bytes = 64U << 20U;
    std::size_t conflicts = 100;  ///< Named; there may be more.
};

struct NewObject {
    ObjectType type = ObjectType::blob;
    std::string bytes;
};

struct MergeResult {
    TreeMerge outcome;
    /// What the merged tree is made of and none of the three trees holds in the same place, parts
    /// before what names them; empty where there are conflicts.
    std::vector<NewObject> objects;
};

/// The three-way merge of trees as GitRemote::merge_trees describes it: level by level, `read`
/// once a level, and never for what is equal on two sides. Throws what `read` throws,
/// ProtocolError for a tree that is none, `merge_too_large`.
[[nodiscard]] MergeResult merge_trees(const ReadObjects& read, const ObjectId& base,
                                      const ObjectId& ours, const ObjectId& theirs,
                                      const MergeLimits& limits = {});

/// `because`: "it needs more than …".
[[nodiscard]] Error merge_too_large(std::string because);

}  // namespace headway::git
