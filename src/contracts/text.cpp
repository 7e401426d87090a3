#include "headway/text.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace headway {

namespace {

constexpr std::string_view k_ellipsis = "…";
constexpr std::string_view k_upper_digits = "0123456789ABCDEF";

std::uint8_t byte_at(std::string_view text, std::size_t index) {
    return static_cast<std::uint8_t>(text[index]);
}

bool in_range(std::uint8_t byte, std::uint8_t low, std::uint8_t high) {
    return byte >= low && byte <= high;
}

/// Bytes of the well-formed UTF-8 sequence at `index` (RFC 3629, section 4); 0: there is none.
std::size_t sequence_length(std::string_view text, std::size_t index) {
    const std::uint8_t lead = byte_at(text, index);
    if (lead < 0x80) {
        return 1;
    }
    std::size_t length = 0;
    std::uint8_t low = 0x80;
    std::uint8_t high = 0xBF;
    if (in_range(lead, 0xC2, 0xDF)) {
        length = 2;
    } else if (in_range(lead, 0xE0, 0xEF)) {
        length = 3;
        low = lead == 0xE0 ? 0xA0 : 0x80;
        high = lead == 0xED ? 0x9F : 0xBF;
    } else if (in_range(lead, 0xF0, 0xF4)) {
        length = 4;
        low = lead == 0xF0 ? 0x90 : 0x80;
        high = lead == 0xF4 ? 0x8F : 0xBF;
    }
    if (length == 0 || index + length > text.size() ||
        !in_range(byte_at(text, index + 1), low, high)) {
        return 0;
    }
    for (std::size_t next = 2; next < length; ++next) {
        if (!in_range(byte_at(text, index + next), 0x80, 0xBF)) {
            return 0;
        }
    }
    return length;
}

/// Characters that reorder or hide what a reader sees: C1 controls, line separators and the
/// bidirectional overrides (Unicode TR 36).
bool is_deceptive(std::string_view sequence) {
    if (sequence.size() == 2) {
        return byte_at(sequence, 0) == 0xC2 && byte_at(sequence, 1) < 0xA0;
    }
    if (sequence.size() == 3 && byte_at(sequence, 0) == 0xE2) {
        const std::uint8_t second = byte_at(sequence, 1);
        const std::uint8_t third = byte_at(sequence, 2);
        return (second == 0x80 && in_range(third, 0xA8, 0xAE)) ||
               (second == 0x81 && in_range(third, 0xA6, 0xA9));
    }
    return false;
}

void append_escaped(std::string& safe, std::string_view bytes) {
    for (const char letter : bytes) {
        const auto byte = static_cast<std::uint8_t>(letter);
        safe += "\\x";
        safe += k_upper_digits[byte >> 4U];
        safe += k_upper_digits[byte & 0x0FU];
    }
}

}  // namespace

std::string printable(std::string_view hostile, std::size_t max_bytes) {
    std::string safe;
    std::size_t index = 0;
    while (index < hostile.size()) {
        const std::size_t length = sequence_length(hostile, index);
        const std::string_view piece = hostile.substr(index, std::max<std::size_t>(length, 1));
        std::string shown;
        if (piece == "\n" || piece == "\r") {
            if (!safe.empty() && safe.back() != ' ') {
                shown = " ";
            }
        } else if (length == 0 || is_deceptive(piece) || piece == "\x7F" ||
                   (length == 1 && byte_at(piece, 0) < 0x20 && piece != "\t")) {
            append_escaped(shown, piece);
        } else {
            shown = piece;
        }
        if (safe.size() + shown.size() > max_bytes) {
            return safe.append(k_ellipsis);
        }
        safe += shown;
        index += piece.size();
    }
    while (!safe.empty() && safe.back() == ' ') {
        safe.pop_back();
    }
    return safe;
}

namespace {

std::size_t edit_distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= left.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const std::size_t above = row[j];
            const std::size_t cost = left[i - 1] == right[j - 1] ? 0 : 1;
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + cost});
            diagonal = above;
        }
    }
    return row.back();
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(word.size() / 3, 1) + 1;
    for (const auto& candidate : candidates) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

std::string percent_encode(std::string_view text) {
    std::string encoded;
    for (const char letter : text) {
        const bool unreserved = (letter >= 'A' && letter <= 'Z') ||
                                (letter >= 'a' && letter <= 'z') ||
                                (letter >= '0' && letter <= '9') || letter == '-' ||
                                letter == '.' || letter == '_' || letter == '~';
        if (unreserved) {
            encoded += letter;
        } else {
            const auto byte = static_cast<std::uint8_t>(letter);
            encoded += '%';
            encoded += k_upper_digits[byte >> 4U];
            encoded += k_upper_digits[byte & 0x0FU];
        }
    }
    return encoded;
}

std::string base64_encode(std::string_view bytes) {
    constexpr std::string_view k_alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string encoded;
    encoded.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t index = 0; index < bytes.size(); index += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - index);
        std::uint32_t group = 0;
        for (std::size_t offset = 0; offset < 3; ++offset) {
            group = (group << 8U) | (offset < count ? byte_at(bytes, index + offset) : 0U);
        }
        for (std::size_t letter = 0; letter < 4; ++letter) {
            encoded += letter <= count ? k_alphabet[(group >> (18U - 6U * letter)) & 0x3FU] : '=';
        }
    }
    return encoded;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view k_space = " \t\r\n";
    const auto first = text.find_first_not_of(k_space);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(k_space) - first + 1);
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        if (!line.empty() && line.back() == '\r') {
            line.remove_suffix(1);
        }
        lines.emplace_back(line);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

}  // namespace headway
