#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace headway::config {

/// Counted from 1; columns in bytes.
struct Place {
    int line = 1;
    int column = 1;
};

enum class NodeKind { nothing, text, list, map };

struct Node;
using NodePointer = std::shared_ptr<const Node>;

struct Entry {
    NodePointer key;
    NodePointer value;
};

/// One node of a YAML document. Aliases share their anchor's node, and so its place.
struct Node {
    NodeKind kind = NodeKind::nothing;
    Place place;
    std::string text;
    bool quoted = false;
    std::vector<NodePointer> items;
    std::vector<Entry> entries;
    std::size_t unfolded = 1;  ///< Nodes at and below this one, each alias counted as a copy.
    std::size_t height = 1;    ///< Levels at and below this one.
};

/// Parses exactly one document, within the bounds of `parse_file` (config.hpp). Keys are text
/// and no map has one twice. Throws Error(usage) with the place.
[[nodiscard]] NodePointer parse_yaml(std::string_view text, std::string_view path);

}  // namespace headway::config
