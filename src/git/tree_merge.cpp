#include "git/tree_merge.hpp"

#include <git2.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "git/libgit2.hpp"
#include "git/tree.hpp"
#include "headway/text.hpp"

namespace headway::git {

namespace {

constexpr std::string_view k_cannot_merge = "a file cannot be merged";
/// How much of a file git looks at (buffer_is_binary in xdiff-interface.c).
constexpr std::size_t k_looked_at = 8000;

/// One thing as each of the three trees has it; a null id: it is not there.
struct Sides {
    ObjectId base;
    ObjectId ours;
    ObjectId theirs;
};

/// The side that decides where at most one has changed, else nothing.
template <typename T>
std::optional<T> one_sided(const T& base, const T& ours, const T& theirs) {
    // Spelled out: a T that is optional itself must not be taken for the answer.
    if (ours == theirs || theirs == base) {
        return std::optional<T>(std::in_place, ours);
    }
    return ours == base ? std::optional<T>(std::in_place, theirs) : std::optional<T>();
}

std::optional<ObjectId> one_sided(const Sides& sides) {
    return one_sided(sides.base, sides.ours, sides.theirs);
}

class MergedFile {
public:
    MergedFile() = default;
    MergedFile(const MergedFile&) = delete;
    MergedFile& operator=(const MergedFile&) = delete;
    ~MergedFile() { git_merge_file_result_free(&m_result); }

    [[nodiscard]] git_merge_file_result* get() noexcept { return &m_result; }
    [[nodiscard]] bool clean() const noexcept { return m_result.automergeable != 0; }
    [[nodiscard]] std::string text() const {
        return m_result.len == 0 ? std::string() : std::string(m_result.ptr, m_result.len);
    }

private:
    git_merge_file_result m_result{};
};

git_merge_file_input input_of(const std::string& text) {
    git_merge_file_input input{};
    input.version = GIT_MERGE_FILE_INPUT_VERSION;
    input.ptr = text.data();
    input.size = text.size();
    return input;
}

bool is_binary(std::string_view text) {
    return text.substr(0, k_looked_at).find('\0') != std::string_view::npos;
}

/// Nothing: a person has to decide.
std::optional<std::string> merge_texts(const std::string& base, const std::string& ours,
                                       const std::string& theirs) {
    if (is_binary(base) || is_binary(ours) || is_binary(theirs)) {
        return std::nullopt;
    }
    const git_merge_file_input ancestor = input_of(base);
    const git_merge_file_input left = input_of(ours);
    const git_merge_file_input right = input_of(theirs);
    MergedFile merged;
    check(git_merge_file(merged.get(), &ancestor, &left, &right, nullptr), k_cannot_merge);
    return merged.clean() ? std::optional(merged.text()) : std::nullopt;
}

using Entries = std::map<std::string, TreeItem, std::less<>>;

Entries entries_of(const ObjectContents& contents, const ObjectId& tree) {
    Entries entries;
    if (!tree.is_null()) {
        for (TreeItem& item : read_tree(contents.at(tree))) {
            std::string name = item.name;
            entries.emplace(std::move(name), std::move(item));
        }
    }
    return entries;
}

std::optional<TreeItem> find(const Entries& entries, const std::string& name) {
    const auto found = entries.find(name);
    return found == entries.end() ? std::nullopt : std::optional(found->second);
}

ObjectId folder_in(const std::optional<TreeItem>& item) {
    return item && item->mode == TreeMode::folder ? item->id : ObjectId{};
}

std::optional<TreeItem> file_in(const std::optional<TreeItem>& item) {
    return item && item->mode != TreeMode::folder ? item : std::nullopt;
}

bool is_regular(const std::optional<TreeItem>& item) {
    return item && (item->mode == TreeMode::file || item->mode == TreeMode::executable);
}

class TreeMerger {
public:
    TreeMerger(const ReadObjects& read, const MergeLimits& limits)
        : m_read(read), m_limits(limits) {}

    MergeResult run(const Sides& root) {
        m_folders.push_back({.parent = 0, .name = {}, .sides = root, .items = {}});
        std::size_t done = 0;
        for (std::size_t level = 0; done < m_folders.size() || !m_files.empty(); ++level) {
            if (done < m_folders.size() && level >= m_limits.levels) {
                throw merge_too_large(
                    fmt::format("it goes deeper than {} folders", m_limits.levels));
            }
            const std::size_t end = m_folders.size();
            const ObjectContents contents = read_level(done, end);
            for (const File& file : std::exchange(m_files, {})) {
                merge_file(file, contents);
            }
            for (; done < end; ++done) {
                merge_folder(done, contents);
            }
            if (!m_result.outcome.conflicts.empty()) {
                std::sort(m_result.outcome.conflicts.begin(), m_result.outcome.conflicts.end());
                m_result.objects.clear();
                return std::move(m_result);
            }
        }
        write_folders();
        return std::move(m_result);
    }

private:
    struct Folder {
        std::size_t parent = 0;  ///< Index; the root is its own.
        std::string name;
        Sides sides;
        std::vector<TreeItem> items;  ///< Of the merged folder.
    };
    /// A regular file that changed on both sides.
    struct File {
        std::size_t folder = 0;
        std::string name;
        Sides sides;
        TreeMode mode = TreeMode::file;
    };

    ObjectContents read_level(std::size_t begin, std::size_t end) {
        std::set<ObjectId> trees;
        std::set<ObjectId> blobs;
        const auto note = [](std::set<ObjectId>& ids, const Sides& sides) {
            for (const ObjectId& id : {sides.base, sides.ours, sides.theirs}) {
                if (!id.is_null()) {
                    ids.insert(id);
                }
            }
        };
        for (std::size_t index = begin; index < end; ++index) {
            note(trees, m_folders[index].sides);
        }
        for (const File& file : m_files) {
            note(blobs, file.sides);
        }
        m_objects += trees.size() + blobs.size();
        if (m_objects > m_limits.objects) {
            throw merge_too_large(
                fmt::format("it needs more than {} folders and files", m_limits.objects));
        }
        ObjectContents contents =
            m_read({{trees.begin(), trees.end()}, {blobs.begin(), blobs.end()}, allowance()});
        for (const auto& [id, bytes] : contents) {
            m_bytes += bytes.size();
        }
        if (m_bytes > m_limits.bytes) {
            throw merge_too_large(fmt::format("it needs more than {} bytes", m_limits.bytes));
        }
        return contents;
    }

    [[nodiscard]] std::size_t allowance() const noexcept { return m_limits.bytes - m_bytes; }

    void merge_folder(std::size_t index, const ObjectContents& contents) {
        const Sides sides = m_folders[index].sides;
        const Entries base = entries_of(contents, sides.base);
        const Entries ours = entries_of(contents, sides.ours);
        const Entries theirs = entries_of(contents, sides.theirs);
        std::set<std::string> names;
        for (const Entries* entries : {&base, &ours, &theirs}) {
            for (const auto& [name, item] : *entries) {
                names.insert(name);
            }
        }
        for (const std::string& name : names) {
            merge_name(index, name, {find(base, name), find(ours, name), find(theirs, name)});
        }
    }

    using Items = std::array<std::optional<TreeItem>, 3>;  ///< base, ours, theirs.

    /// A file and a folder of one name are two things: one may go while the other comes.
    void merge_name(std::size_t folder, const std::string& name, const Items& items) {
        const auto& [base, ours, theirs] = items;
        if (const auto decided = one_sided(base, ours, theirs)) {
            place(folder, *decided);
            return;
        }
        const Sides folders{folder_in(base), folder_in(ours), folder_in(theirs)};
        const Items files{file_in(base), file_in(ours), file_in(theirs)};
        const auto decided_file = one_sided(files[0], files[1], files[2]);
        const auto decided_folder = one_sided(folders);
        const bool file_stays = !decided_file || *decided_file;
        const bool folder_stays = !decided_folder || !decided_folder->is_null();
        if (file_stays && folder_stays) {
            conflict(folder, name);
            return;
        }
        if (decided_file) {
            place(folder, *decided_file);
        } else {
            merge_both_changed(folder, name, files);
        }
        if (!decided_folder) {
            m_folders.push_back({.parent = folder, .name = name, .sides = folders, .items = {}});
        } else if (folder_stays) {
            place(folder, TreeItem{name, TreeMode::folder, *decided_folder});
        }
    }

    void merge_both_changed(std::size_t folder, const std::string& name, const Items& files) {
        const auto& [base, ours, theirs] = files;
        if (!is_regular(base) || !is_regular(ours) || !is_regular(theirs)) {
            conflict(folder, name);
            return;
        }
        const Sides sides{base->id, ours->id, theirs->id};
        // Of two modes, one side at most has another than the base.
        const TreeMode mode = ours->mode == base->mode ? theirs->mode : ours->mode;
        if (const auto content = one_sided(sides)) {
            place(folder, TreeItem{name, mode, *content});
        } else {
            m_files.push_back({folder, name, sides, mode});
        }
    }

    void merge_file(const File& file, const ObjectContents& contents) {
        const auto merged = merge_texts(contents.at(file.sides.base), contents.at(file.sides.ours),
                                        contents.at(file.sides.theirs));
        if (!merged) {
            conflict(file.folder, file.name);
            return;
        }
        const ObjectId id = object_id_of(ObjectType::blob, *merged);
        keep(file.sides, id, {ObjectType::blob, *merged});
        place(file.folder, TreeItem{file.name, file.mode, id});
    }

    void place(std::size_t folder, const std::optional<TreeItem>& item) {
        if (item) {
            m_folders[folder].items.push_back(*item);
        }
    }

    /// The server has what one of the three trees holds.
    void keep(const Sides& sides, const ObjectId& id, NewObject object) {
        if (id != sides.base && id != sides.ours && id != sides.theirs) {
            m_bytes += object.bytes.size();
            if (m_bytes > m_limits.bytes) {
                throw merge_too_large(fmt::format("it needs more than {} bytes", m_limits.bytes));
            }
            m_result.objects.push_back(std::move(object));
        }
    }

    void conflict(std::size_t folder, const std::string& name) {
        auto& conflicts = m_result.outcome.conflicts;
        if (conflicts.size() >= m_limits.conflicts) {
            return;
        }
        std::string path = name;
        for (std::size_t index = folder; index != 0; index = m_folders[index].parent) {
            path.insert(0, m_folders[index].name + '/');
        }
        conflicts.push_back(printable(path));
    }

    /// From the leaves up: a folder stands behind the one that holds it.
    void write_folders() {
        for (std::size_t index = m_folders.size(); index-- > 0;) {
            Folder& folder = m_folders[index];
            const bool is_empty = folder.items.empty();
            std::string bytes = write_tree(std::exchange(folder.items, {}));
            const ObjectId id = object_id_of(ObjectType::tree, bytes);
            if (index == 0) {
                m_result.outcome.tree = id;
            } else if (!is_empty) {
                place(folder.parent, TreeItem{folder.name, TreeMode::folder, id});
            }
            if (index == 0 || !is_empty) {
                keep(folder.sides, id, {ObjectType::tree, std::move(bytes)});
            }
        }
    }

    const ReadObjects& m_read;
    const MergeLimits& m_limits;
    std::vector<Folder> m_folders;
    std::vector<File> m_files;  ///< Their contents come with the next level.
    std::size_t m_objects = 0;
    std::size_t m_bytes = 0;
    MergeResult m_result;
};

}  // namespace

MergeResult merge_trees(const ReadObjects& read, const ObjectId& base, const ObjectId& ours,
                        const ObjectId& theirs, const MergeLimits& limits) {
    const Sides root{base, ours, theirs};
    if (const auto decided = one_sided(root)) {
        return {.outcome = {.tree = decided, .conflicts = {}}, .objects = {}};
    }
    const Library library;
    return TreeMerger(read, limits).run(root);
}

Error merge_too_large(std::string because) {
    return {ExitCode::failed,
            "the merge is larger than headway makes",
            std::move(because),
            {"make it in a clone, with git itself"}};
}

}  // namespace headway::git
