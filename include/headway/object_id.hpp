#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace headway {

/// A git object's SHA-1 name. Value type; the null id (all zeros) stands for "no object", as in
/// git's own push commands. Repositories with object-format=sha256 are refused before one of
/// these is made.
class ObjectId {
public:
    static constexpr std::size_t k_size = 20;      ///< Bytes.
    static constexpr std::size_t k_hex_size = 40;  ///< Characters.

    constexpr ObjectId() = default;
    constexpr explicit ObjectId(const std::array<std::uint8_t, k_size>& bytes) : m_bytes(bytes) {}

    /// Exactly 40 hex digits of either case; anything else is no id.
    [[nodiscard]] static std::optional<ObjectId> parse(std::string_view hex) noexcept;

    [[nodiscard]] std::string hex() const;
    /// The first 8 hex digits, as CI_COMMIT_SHORT_SHA has it.
    [[nodiscard]] std::string short_hex() const;
    [[nodiscard]] bool is_null() const noexcept { return *this == ObjectId{}; }
    [[nodiscard]] const std::array<std::uint8_t, k_size>& bytes() const noexcept { return m_bytes; }

    friend constexpr auto operator<=>(const ObjectId&, const ObjectId&) = default;

private:
    std::array<std::uint8_t, k_size> m_bytes{};
};

/// The tree without entries, which every ledger event carries.
inline constexpr std::string_view k_empty_tree_hex = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

}  // namespace headway
