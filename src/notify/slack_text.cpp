#include "notify/slack_text.hpp"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

namespace headway::notify {

namespace {

constexpr std::string_view k_ellipsis = "…";

struct Character {
    std::size_t bytes = 1;
    char32_t point = 0xFFFD;
};

/// The UTF-8 character that begins `text`; a byte that begins none stands for itself.
Character first_character(std::string_view text) noexcept {
    const auto byte = [&](std::size_t index) { return static_cast<std::uint8_t>(text[index]); };
    std::size_t length = 1;
    char32_t point = byte(0);
    if (byte(0) >= 0xF0 && byte(0) < 0xF8) {
        length = 4;
        point = byte(0) & 0x07U;
    } else if (byte(0) >= 0xE0 && byte(0) < 0xF0) {
        length = 3;
        point = byte(0) & 0x0FU;
    } else if (byte(0) >= 0xC0 && byte(0) < 0xE0) {
        length = 2;
        point = byte(0) & 0x1FU;
    }
    if (length > text.size()) {
        return {};
    }
    for (std::size_t index = 1; index < length; ++index) {
        if ((byte(index) & 0xC0U) != 0x80U) {
            return {};
        }
        point = (point << 6U) | (byte(index) & 0x3FU);
    }
    return {.bytes = length, .point = point};
}

std::size_t units_of(char32_t point) noexcept {
    return point > 0xFFFF ? 2 : 1;
}

/// Letters whose bidirectional class is R or AL, by their blocks.
bool is_right_to_left(char32_t point) noexcept {
    return (point >= 0x0590 && point <= 0x08FF) || (point >= 0xFB1D && point <= 0xFDFF) ||
           (point >= 0xFE70 && point <= 0xFEFC) || (point >= 0x10800 && point <= 0x10FFF) ||
           (point >= 0x1E800 && point <= 0x1EFFF);
}

bool is_word_letter(char letter) noexcept {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9');
}

bool is_url_byte(char letter) noexcept {
    constexpr std::string_view k_others = "-._~:/?#[]@!$&'()*+,;=%";
    return is_word_letter(letter) || k_others.find(letter) != std::string_view::npos;
}

}  // namespace

std::size_t slack_length(std::string_view text) noexcept {
    std::size_t units = 0;
    while (!text.empty()) {
        const Character character = first_character(text);
        units += units_of(character.point);
        text.remove_prefix(character.bytes);
    }
    return units;
}

std::string cut_to(std::string_view text, std::size_t limit) {
    std::size_t bytes = 0;
    std::size_t units = 0;
    std::size_t room = 0;  // Bytes that still leave room for the ellipsis.
    while (bytes < text.size()) {
        const Character character = first_character(text.substr(bytes));
        units += units_of(character.point);
        if (units > limit) {
            return std::string(text.substr(0, room)).append(limit == 0 ? "" : k_ellipsis);
        }
        bytes += character.bytes;
        if (units < limit) {
            room = bytes;
        }
    }
    return std::string(text);
}

std::string escaped(std::string_view text) {
    constexpr std::string_view k_zero_width_space = "\xE2\x80\x8B";
    std::string result;
    result.reserve(text.size());
    for (std::size_t index = 0; index < text.size(); ++index) {
        switch (text[index]) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '@':
                result += '@';
                if (index == 0 || !is_word_letter(text[index - 1])) {
                    result += k_zero_width_space;
                }
                break;
            default:
                result += text[index];
        }
    }
    return result;
}

std::string isolated(std::string_view text) {
    constexpr std::string_view k_first_strong_isolate = "\xE2\x81\xA8";
    constexpr std::string_view k_pop_isolate = "\xE2\x81\xA9";
    for (std::string_view rest = text; !rest.empty();) {
        const Character character = first_character(rest);
        if (is_right_to_left(character.point)) {
            return std::string(k_first_strong_isolate).append(text).append(k_pop_isolate);
        }
        rest.remove_prefix(character.bytes);
    }
    return std::string(text);
}

std::string human_duration(std::chrono::milliseconds duration) {
    const auto milliseconds = std::max<std::int64_t>(duration.count(), 0);
    const auto seconds = milliseconds / 1000;
    const auto minutes = seconds / 60;
    if (seconds == 0) {
        return fmt::format("{} ms", milliseconds);
    }
    if (minutes == 0) {
        return fmt::format("{} s", seconds);
    }
    if (minutes < 60) {
        return seconds % 60 == 0 ? fmt::format("{} min", minutes)
                                 : fmt::format("{} min {} s", minutes, seconds % 60);
    }
    return minutes % 60 == 0 ? fmt::format("{} h", minutes / 60)
                             : fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

std::string linkable(std::string_view url) {
    constexpr std::size_t k_longest_url = 2000;
    std::string result;
    for (const char letter : url) {
        const auto byte = static_cast<std::uint8_t>(letter);
        if (byte <= 0x20 || byte == 0x7F) {
            return {};
        }
        result += is_url_byte(letter) ? std::string(1, letter) : fmt::format("%{:02X}", byte);
        if (result.size() > k_longest_url) {
            return {};
        }
    }
    const std::string_view scheme = result.starts_with("https://")  ? "https://"
                                    : result.starts_with("http://") ? "http://"
                                                                    : "";
    const bool has_host = !scheme.empty() && result.size() > scheme.size() &&
                          result.find_first_of("/?#", scheme.size()) != scheme.size();
    return has_host ? result : std::string{};
}

}  // namespace headway::notify
