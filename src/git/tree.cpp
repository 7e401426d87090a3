#include "git/tree.hpp"

#include <algorithm>
#include <array>

#include "git/pkt_line.hpp"

namespace headway::git {

namespace {

constexpr std::string_view k_regular = "100644";
constexpr std::string_view k_executable = "100755";
constexpr std::string_view k_group_writable = "100664";  // As git before 1.0 wrote it.

TreeEntryKind kind_of(std::string_view mode) noexcept {
    const bool is_file = mode == k_regular || mode == k_executable || mode == k_group_writable;
    return is_file ? TreeEntryKind::file : TreeEntryKind::other;
}

}  // namespace

std::optional<TreeEntry> find_tree_entry(std::string_view tree, std::string_view name) {
    while (!tree.empty()) {
        const auto space = tree.find(' ');
        const auto end = tree.find('\0', space == std::string_view::npos ? 0 : space);
        if (space == std::string_view::npos || end == std::string_view::npos ||
            tree.size() - end - 1 < ObjectId::k_size) {
            throw ProtocolError("a tree object is malformed");
        }
        const auto mode = tree.substr(0, space);
        const auto entry_name = tree.substr(space + 1, end - space - 1);
        std::array<std::uint8_t, ObjectId::k_size> id{};
        std::transform(tree.begin() + static_cast<std::ptrdiff_t>(end) + 1,
                       tree.begin() + static_cast<std::ptrdiff_t>(end + 1 + id.size()), id.begin(),
                       [](char byte) { return static_cast<std::uint8_t>(byte); });
        if (entry_name == name) {
            return TreeEntry{kind_of(mode), ObjectId(id)};
        }
        tree.remove_prefix(end + 1 + id.size());
    }
    return std::nullopt;
}

}  // namespace headway::git
