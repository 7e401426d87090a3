#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml.hpp"
#include "headway/configuration.hpp"

namespace headway::config {

/// A file under reading: gives every node its origin.
struct Document {
    std::string path;

    [[nodiscard]] Origin at(const Node& node) const;
    /// Where a value stands; an absent one stands at its key.
    [[nodiscard]] Origin at(const Entry& entry) const;
};

/// What is meant by a key that headway does not know.
struct Hint {
    std::string_view key;
    std::string_view text;
};

/// The keys of one kind of map. `later` are those of versions to come: refused by name.
struct Schema {
    std::string_view of;  ///< "an environment".
    std::span<const std::string_view> known;
    std::span<const std::string_view> later = {};
    std::span<const Hint> hints = {};  ///< For keys that no known one is near to.
};

/// All entries of a map with its merge keys ("<<") applied: its own keys win over merged ones,
/// earlier merged maps over later ones.
[[nodiscard]] std::vector<Entry> merged_entries(const Document& document, const Node& map);

/// Refuses what is not a map, named by its key.
void require_map(const Document& document, const Entry& entry);
/// Refuses what is not a list or has no item.
void require_list(const Document& document, const Entry& entry);

/// A map that has been checked against its schema.
class Fields {
public:
    Fields(const Document& document, const Node& map, const Schema& schema);

    /// The entry of `key`, or null.
    [[nodiscard]] const Entry* find(std::string_view key) const noexcept;

private:
    std::vector<Entry> m_entries;
};

/// The text of a scalar: never empty, no control characters, at most 4096 bytes.
[[nodiscard]] std::string text_of(const Document& document, const Entry& entry);
/// The same, but quotes without anything between them are an empty text.
[[nodiscard]] std::string text_or_empty(const Document& document, const Entry& entry);

/// {env: NAME} or {file: PATH}. `never`: why the secret itself must not stand there.
[[nodiscard]] SecretReference secret_of(const Document& document, const Entry& entry,
                                        std::string_view never, std::string_view example);

}  // namespace headway::config
