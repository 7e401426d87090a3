#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// The modes that git writes into a tree.
enum class TreeMode : std::uint32_t {
    folder = 0040000,
    file = 0100644,
    executable = 0100755,
    link = 0120000,
    submodule = 0160000,
};

/// One entry of a tree.
struct TreeItem {
    std::string name;  ///< One part of a path. Hostile text.
    TreeMode mode = TreeMode::file;
    ObjectId id;

    friend bool operator==(const TreeItem&, const TreeItem&) = default;
};

/// The entries of a tree object as stored, in its order; other modes are read as git reads them
/// (canon_mode). Throws ProtocolError for bytes that are no tree, and for a name that git refuses
/// or that stands there twice.
[[nodiscard]] std::vector<TreeItem> read_tree(std::string_view tree);

/// The tree object of these entries, whatever their order; git's is by name, a folder's as if a
/// slash ended it. Each name once.
[[nodiscard]] std::string write_tree(std::vector<TreeItem> items);

}  // namespace headway::git
