#include "headway/object_id.hpp"

namespace headway {

namespace {

constexpr std::string_view k_digits = "0123456789abcdef";

int digit_value(char digit) noexcept {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    return -1;
}

}  // namespace

std::optional<ObjectId> ObjectId::parse(std::string_view hex) noexcept {
    if (hex.size() != k_hex_size) {
        return std::nullopt;
    }
    std::array<std::uint8_t, k_size> bytes{};
    for (std::size_t index = 0; index < k_size; ++index) {
        const int high = digit_value(hex[2 * index]);
        const int low = digit_value(hex[2 * index + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        bytes.at(index) = static_cast<std::uint8_t>(high * 16 + low);
    }
    return ObjectId(bytes);
}

std::string ObjectId::hex() const {
    std::string text;
    text.reserve(k_hex_size);
    for (const std::uint8_t byte : m_bytes) {
        text += k_digits[byte >> 4U];
        text += k_digits[byte & 0x0FU];
    }
    return text;
}

std::string ObjectId::short_hex() const {
    return hex().substr(0, 8);
}

}  // namespace headway
