#pragma once

#include <optional>
#include <string_view>

#include "headway/object_id.hpp"

namespace headway::git {

enum class TreeEntryKind { file, other };  ///< other: folder, symbolic link, submodule.

struct TreeEntry {
    TreeEntryKind kind = TreeEntryKind::other;
    ObjectId id;
};

/// The entry of that name in a tree object as stored (mode, space, name, null byte, 20 bytes of
/// id). Throws ProtocolError for bytes that are no tree.
[[nodiscard]] std::optional<TreeEntry> find_tree_entry(std::string_view tree,
                                                       std::string_view name);

}  // namespace headway::git
