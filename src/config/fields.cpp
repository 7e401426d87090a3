#include "config/fields.hpp"

#include <algorithm>
#include <limits>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "config/values.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

constexpr std::string_view k_merge_key = "<<";
constexpr std::size_t k_max_text = 4096;

std::string_view kind_words(const Node& node) {
    switch (node.kind) {
        case NodeKind::text:
            return "text";
        case NodeKind::list:
            return "a list";
        case NodeKind::map:
            return "a map";
        case NodeKind::nothing:
            break;
    }
    return "nothing";
}

bool is_merge(const Entry& entry) {
    return entry.key->text == k_merge_key && !entry.key->quoted;
}

[[noreturn]] void refuse_empty(const Document& document, const Entry& entry) {
    refuse(document.at(entry), fmt::format("{} has no value", in_quotes(entry.key->text)), {},
           {"write a value, or remove the key"});
}

void require(const Document& document, const Entry& entry, NodeKind kind,
             std::string_view kind_name) {
    if (entry.value->kind == NodeKind::nothing) {
        refuse_empty(document, entry);
    }
    if (entry.value->kind != kind) {
        refuse(document.at(entry),
               fmt::format("{} takes {}, and here is {}", in_quotes(entry.key->text), kind_name,
                           kind_words(*entry.value)));
    }
}

void merge_into(std::vector<Entry>& entries, std::unordered_set<std::string_view>& seen,
                const Document& document, const Node& map) {
    for (const auto& entry : map.entries) {
        if (!is_merge(entry) && seen.insert(entry.key->text).second) {
            entries.push_back(entry);
        }
    }
    for (const auto& entry : map.entries) {
        if (!is_merge(entry)) {
            continue;
        }
        std::vector<NodePointer> sources{entry.value};
        if (entry.value->kind == NodeKind::list) {
            sources = entry.value->items;
        }
        for (const auto& source : sources) {
            if (source->kind != NodeKind::map) {
                refuse(document.at(entry), "\"<<\" takes a map or a list of maps", {},
                       {"<<: *name, where &name stands before a map"});
            }
            merge_into(entries, seen, document, *source);
        }
    }
}

template <typename Names>
bool contains(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

[[noreturn]] void refuse_unknown(const Document& document, const Entry& entry,
                                 const Schema& schema) {
    std::vector<std::string> names(schema.known.begin(), schema.known.end());
    std::sort(names.begin(), names.end());
    const std::string because =
        fmt::format("known keys here: {}", joined(names, std::numeric_limits<int>::max()));
    std::vector<std::string> hints = suggestion(entry.key->text, names);
    for (const Hint& hint : schema.hints) {
        if (hint.key == entry.key->text) {
            hints = {std::string(hint.text)};
        }
    }
    refuse(document.at(*entry.key), fmt::format("unknown key {}", in_quotes(entry.key->text)),
           because, std::move(hints));
}

std::string checked_text(const Document& document, const Entry& entry) {
    require(document, entry, NodeKind::text, "text");
    const std::string& text = entry.value->text;
    if (text.size() > k_max_text) {
        refuse(document.at(entry),
               fmt::format("{} has more than {} bytes", in_quotes(entry.key->text), k_max_text));
    }
    // A newline or a space at the end would be lost by `printable`, which is not what is asked.
    const std::string framed = "|" + text + "|";
    if (text.find('\t') != std::string::npos ||
        printable(framed, std::numeric_limits<std::size_t>::max()) != framed) {
        refuse(
            document.at(entry),
            fmt::format("{} has a control character or several lines", in_quotes(entry.key->text)),
            {}, {"write the value in one line"});
    }
    return text;
}

}  // namespace

Origin Document::at(const Node& node) const {
    return {fmt::format("{}:{}:{}", path, node.place.line, node.place.column)};
}

Origin Document::at(const Entry& entry) const {
    return at(entry.value->kind == NodeKind::nothing ? *entry.key : *entry.value);
}

std::vector<Entry> merged_entries(const Document& document, const Node& map) {
    std::vector<Entry> entries;
    std::unordered_set<std::string_view> seen;
    merge_into(entries, seen, document, map);
    return entries;
}

void require_map(const Document& document, const Entry& entry) {
    require(document, entry, NodeKind::map, "a map");
}

void require_list(const Document& document, const Entry& entry) {
    require(document, entry, NodeKind::list, "a list");
    if (entry.value->items.empty()) {
        refuse_empty(document, entry);
    }
}

Fields::Fields(const Document& document, const Node& map, const Schema& schema)
    : m_entries(merged_entries(document, map)) {
    for (const auto& entry : m_entries) {
        const std::string& key = entry.key->text;
        if (contains(schema.later, key)) {
            refuse(document.at(*entry.key),
                   fmt::format("{} is not in this version of headway", in_quotes(key)),
                   "headway does not pass over a setting that it cannot honour",
                   {fmt::format("remove {} from {}", in_quotes(key), schema.of)});
        }
        if (!contains(schema.known, key)) {
            refuse_unknown(document, entry, schema);
        }
    }
}

const Entry* Fields::find(std::string_view key) const noexcept {
    const auto found = std::find_if(m_entries.begin(), m_entries.end(),
                                    [&](const Entry& entry) { return entry.key->text == key; });
    return found == m_entries.end() ? nullptr : &*found;
}

std::string text_of(const Document& document, const Entry& entry) {
    std::string text = checked_text(document, entry);
    if (trimmed(text).empty()) {
        refuse_empty(document, entry);
    }
    return text;
}

std::string text_or_empty(const Document& document, const Entry& entry) {
    return checked_text(document, entry);
}

SecretReference secret_of(const Document& document, const Entry& entry, std::string_view never,
                          std::string_view example) {
    const std::string name = in_quotes(entry.key->text);
    if (entry.value->kind == NodeKind::nothing) {
        refuse_empty(document, entry);
    }
    const std::vector<std::string> hints{std::string(example)};
    const std::string takes = fmt::format("{} takes {{env: NAME}} or {{file: PATH}}", name);
    if (entry.value->kind != NodeKind::map) {
        refuse(document.at(entry), takes, std::string(never), hints);
    }
    const auto entries = merged_entries(document, *entry.value);
    if (entries.size() != 1) {
        refuse(document.at(entry), takes, "exactly one of the two", hints);
    }
    const Entry& only = entries.front();
    if (only.key->text == "env") {
        const Origin origin = document.at(only);
        return {SecretSource::environment, checked_variable(text_of(document, only), origin),
                origin};
    }
    if (only.key->text == "file") {
        const Origin origin = document.at(only);
        return {SecretSource::file, checked_secret_path(text_of(document, only), origin), origin};
    }
    // The key is not repeated: `token: {abc}` makes the token itself a key.
    refuse(document.at(*only.key), takes, std::string(never), hints);
}

}  // namespace headway::config
