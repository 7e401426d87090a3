#include "cli/live_block.hpp"

#include <sys/ioctl.h>

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

namespace headway::cli {

namespace {

constexpr std::string_view k_ellipsis = "…";
constexpr std::string_view k_green = "\033[32m";
constexpr std::string_view k_red = "\033[31m";
constexpr std::string_view k_plain = "\033[0m";
constexpr std::string_view k_clear_line_rest = "\033[K";
constexpr std::string_view k_clear_below = "\033[J";
constexpr std::size_t k_least_columns = 20;

bool begins_character(char byte) {
    return (static_cast<std::uint8_t>(byte) & 0xC0U) != 0x80U;
}

/// The character at the begin of `text`, with all its bytes.
std::string_view first_character(std::string_view text) {
    std::size_t size = 1;
    while (size < text.size() && !begins_character(text[size])) {
        ++size;
    }
    return text.substr(0, size);
}

std::uint32_t code_point(std::string_view character) {
    const auto lead = static_cast<std::uint8_t>(character.front());
    std::uint32_t code = character.size() == 1 ? lead : lead & (0x7FU >> character.size());
    for (const char byte : character.substr(1)) {
        code = (code << 6U) | (static_cast<std::uint8_t>(byte) & 0x3FU);
    }
    return code;
}

/// Below U+1100 no character is wide (Unicode's EastAsianWidth); neither are the extended Latin and
/// Greek letters, punctuation, arrows and mathematical operators up to U+2300. Of what comes after
/// that much is, and the rest is rare.
std::size_t columns_of_character(std::string_view character) {
    const std::uint32_t code = code_point(character);
    return code < 0x1100 || (code >= 0x1E00 && code < 0x2300) ? 1 : 2;
}

std::string_view color_of(Tone tone) {
    switch (tone) {
        case Tone::good:
            return k_green;
        case Tone::bad:
            return k_red;
        case Tone::plain:
            break;
    }
    return {};
}

/// The lines that there is room for; what is not settled goes first then.
std::vector<LiveLine> chosen(std::vector<LiveLine> lines, std::size_t rows) {
    const std::size_t room = rows > 4 ? rows - 2 : 2;
    if (lines.size() <= room) {
        return lines;
    }
    std::stable_partition(lines.begin(), lines.end(),
                          [](const LiveLine& line) { return !line.settled; });
    const std::size_t left_out = lines.size() - (room - 1);
    lines.resize(room - 1);
    lines.push_back({.text = fmt::format("and {} more", left_out)});
    return lines;
}

}  // namespace

TerminalSize terminal_size(int descriptor) {
    TerminalSize size;
    winsize told{};
    if (ioctl(descriptor, TIOCGWINSZ, &told) == 0 && told.ws_col > 0 && told.ws_row > 0) {
        size = {.columns = told.ws_col, .rows = told.ws_row};
    }
    return size;
}

std::size_t columns_of(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const std::string_view character = first_character(text);
        columns += columns_of_character(character);
        text.remove_prefix(character.size());
    }
    return columns;
}

std::string cut_to(std::string_view text, std::size_t columns) {
    std::string cut;
    std::size_t used = 0;
    std::size_t end = 0;  // Of what fits with an ellipsis after it.
    while (!text.empty()) {
        const std::string_view character = first_character(text);
        used += columns_of_character(character);
        if (used > columns) {
            return cut.substr(0, end).append(columns == 0 ? std::string_view() : k_ellipsis);
        }
        cut += character == "\t" ? " " : character;
        text.remove_prefix(character.size());
        end = used < columns ? cut.size() : end;
    }
    return cut;
}

std::string LiveBlock::to_begin(TerminalSize size) const {
    std::size_t rows = 0;
    for (const std::size_t width : m_widths) {
        // A terminal that became narrower has wrapped what was drawn before.
        rows += std::max<std::size_t>((width + size.columns - 1) / size.columns, 1);
    }
    rows = std::min(rows, size.rows - 1);
    return rows == 0 ? std::string() : fmt::format("\033[{}A\r", rows);
}

std::string LiveBlock::frame(const std::vector<LiveLine>& lines, TerminalSize size, Colors colors) {
    std::string bytes = to_begin(size);
    std::vector<std::size_t> widths;
    // The last column stays free: terminals differ in where the cursor goes from there.
    const std::size_t columns = std::max(size.columns, k_least_columns) - 1;
    for (const LiveLine& line : chosen(lines, size.rows)) {
        const std::string text = cut_to(line.text, columns);
        const std::string_view color = colors == Colors::on ? color_of(line.tone) : "";
        bytes.append(color).append(text).append(color.empty() ? "" : k_plain);
        bytes.append(k_clear_line_rest).append("\n");
        widths.push_back(columns_of(text));
    }
    bytes += k_clear_below;
    m_widths = std::move(widths);
    return bytes;
}

std::string LiveBlock::erased(TerminalSize size) {
    if (m_widths.empty()) {
        return {};
    }
    std::string bytes = to_begin(size).append(k_clear_below);
    m_widths.clear();
    return bytes;
}

}  // namespace headway::cli
