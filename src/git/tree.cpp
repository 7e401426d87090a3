#include "git/tree.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "git/pkt_line.hpp"
#include "headway/text.hpp"

namespace headway::git {

namespace {

constexpr std::string_view k_regular = "100644";
constexpr std::string_view k_executable = "100755";
constexpr std::string_view k_group_writable = "100664";  // As git before 1.0 wrote it.
constexpr std::size_t k_longest_mode = 7;

[[noreturn]] void malformed() {
    throw ProtocolError("a tree object is malformed");
}

TreeEntryKind kind_of(std::string_view mode) noexcept {
    const bool is_file = mode == k_regular || mode == k_executable || mode == k_group_writable;
    return is_file ? TreeEntryKind::file : TreeEntryKind::other;
}

struct RawEntry {
    std::string_view mode;
    std::string_view name;
    ObjectId id;
};

/// Takes the first entry off `tree`, which is not empty.
RawEntry take_entry(std::string_view& tree) {
    const auto space = tree.find(' ');
    const auto end = tree.find('\0', space == std::string_view::npos ? 0 : space);
    if (space == std::string_view::npos || end == std::string_view::npos ||
        tree.size() - end - 1 < ObjectId::k_size) {
        malformed();
    }
    std::array<std::uint8_t, ObjectId::k_size> id{};
    std::transform(tree.begin() + static_cast<std::ptrdiff_t>(end) + 1,
                   tree.begin() + static_cast<std::ptrdiff_t>(end + 1 + id.size()), id.begin(),
                   [](char byte) { return static_cast<std::uint8_t>(byte); });
    const RawEntry entry{tree.substr(0, space), tree.substr(space + 1, end - space - 1),
                         ObjectId(id)};
    tree.remove_prefix(end + 1 + id.size());
    return entry;
}

/// git's canon_mode (cache.h).
TreeMode mode_of(std::string_view digits) {
    constexpr std::uint32_t k_type = 0170000;
    constexpr std::uint32_t k_owner_executes = 0100;
    std::uint32_t mode = 0;
    if (digits.empty() || digits.size() > k_longest_mode) {
        malformed();
    }
    for (const char digit : digits) {
        if (digit < '0' || digit > '7') {
            malformed();
        }
        mode = mode << 3U | static_cast<std::uint32_t>(digit - '0');
    }
    if ((mode & k_type) == (static_cast<std::uint32_t>(TreeMode::file) & k_type)) {
        return (mode & k_owner_executes) != 0 ? TreeMode::executable : TreeMode::file;
    }
    for (const TreeMode known : {TreeMode::folder, TreeMode::link}) {
        if ((mode & k_type) == static_cast<std::uint32_t>(known)) {
            return known;
        }
    }
    return TreeMode::submodule;
}

/// What git's verify_path refuses in one part of a path.
bool is_forbidden(std::string_view name) {
    return name.empty() || name == "." || name == ".." ||
           name.find('/') != std::string_view::npos ||
           (name.size() == 4 && name[0] == '.' && (name[1] == 'g' || name[1] == 'G') &&
            (name[2] == 'i' || name[2] == 'I') && (name[3] == 't' || name[3] == 'T'));
}

std::string sort_key(const TreeItem& item) {
    return item.mode == TreeMode::folder ? item.name + '/' : item.name;
}

}  // namespace

std::optional<TreeEntry> find_tree_entry(std::string_view tree, std::string_view name) {
    while (!tree.empty()) {
        const RawEntry entry = take_entry(tree);
        if (entry.name == name) {
            return TreeEntry{kind_of(entry.mode), entry.id};
        }
    }
    return std::nullopt;
}

std::vector<TreeItem> read_tree(std::string_view tree) {
    std::vector<TreeItem> items;
    std::set<std::string_view> names;
    while (!tree.empty()) {
        const RawEntry entry = take_entry(tree);
        if (is_forbidden(entry.name) || !names.insert(entry.name).second) {
            throw ProtocolError(
                fmt::format("a tree object holds the name \"{}\", which git refuses",
                            printable(entry.name, 100)));
        }
        items.push_back({std::string(entry.name), mode_of(entry.mode), entry.id});
    }
    return items;
}

std::string write_tree(std::vector<TreeItem> items) {
    std::sort(items.begin(), items.end(), [](const TreeItem& left, const TreeItem& right) {
        return sort_key(left) < sort_key(right);
    });
    std::string tree;
    for (const TreeItem& item : items) {
        tree += fmt::format("{:o} {}", static_cast<std::uint32_t>(item.mode), item.name);
        tree += '\0';
        for (const std::uint8_t byte : item.id.bytes()) {
            tree += static_cast<char>(byte);
        }
    }
    return tree;
}

}  // namespace headway::git
