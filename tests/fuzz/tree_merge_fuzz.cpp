#include <algorithm>
#include <map>

#include "git/tree.hpp"
#include "git/tree_merge.hpp"
#include "wire_fuzz.hpp"

namespace {

using namespace headway;
using namespace headway::git;

/// A tree that can be read is written so that it reads the same.
void read_and_write(std::string_view input) {
    try {
        auto items = read_tree(input);
        auto again = read_tree(write_tree(items));
        const auto by_name = [](const TreeItem& left, const TreeItem& right) {
            return left.name < right.name;
        };
        std::sort(items.begin(), items.end(), by_name);
        std::sort(again.begin(), again.end(), by_name);
        if (items != again) {
            std::abort();
        }
    } catch (const Error&) {
        return;
    }
}

/// Whatever ids a tree names, each stands for one of the input's pieces.
void merge(const std::vector<std::string>& pieces) {
    const auto content_of = [&](const ObjectId& id) {
        return pieces[id.bytes()[0] % pieces.size()];
    };
    const auto read = [&](const ObjectsWanted& wanted) {
        ObjectContents contents;
        for (const auto* ids : {&wanted.trees, &wanted.blobs}) {
            for (const ObjectId& id : *ids) {
                contents.emplace(id, content_of(id));
            }
        }
        return contents;
    };
    const auto named = [](std::uint8_t first) {
        std::array<std::uint8_t, ObjectId::k_size> bytes{};
        bytes[0] = first;
        bytes[1] = 1;
        return ObjectId(bytes);
    };
    try {
        const MergeLimits limits{
            .levels = 8, .objects = 2000, .bytes = std::size_t{1} << 20U, .conflicts = 10};
        const MergeResult merged = merge_trees(read, named(0), named(1), named(2), limits);
        if (merged.outcome.tree.has_value() != merged.outcome.conflicts.empty()) {
            std::abort();
        }
    } catch (const Error&) {
        return;
    }
}

}  // namespace

/// Pieces are separated by "\n--\n": the three root trees, then what they name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::string_view k_separator = "\n--\n";
    static const ObjectStore keeps_libgit2_started;
    std::string_view input = fuzz::text_of(data, size);
    read_and_write(input);
    std::vector<std::string> pieces;
    while (!input.empty() && pieces.size() < 16) {
        const auto end = input.find(k_separator);
        pieces.emplace_back(input.substr(0, end));
        read_and_write(pieces.back());
        input.remove_prefix(end == std::string_view::npos ? input.size()
                                                          : end + k_separator.size());
    }
    if (pieces.size() >= 3) {
        merge(pieces);
    }
    return 0;
}
