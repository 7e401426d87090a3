#include "headway/trailers.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "headway/text.hpp"

namespace headway {

namespace {

constexpr std::array<std::string_view, 2> k_written_by_git{"Signed-off-by: ",
                                                           "(cherry picked from commit "};

using Lines = std::vector<std::string_view>;

Lines split(std::string_view message) {
    Lines lines;
    while (!message.empty()) {
        const std::size_t end = message.find('\n');
        lines.push_back(message.substr(0, end));
        message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
    }
    return lines;
}

bool is_space(char letter) {
    return letter == ' ' || (letter >= '\t' && letter <= '\r');
}

bool is_blank(std::string_view line) {
    return std::all_of(line.begin(), line.end(), is_space);
}

bool is_comment(std::string_view line) {
    return line.starts_with('#');
}

bool is_key_letter(char letter) {
    return letter == '-' || (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= 'a' && letter <= 'z');
}

/// Where the colon of a trailer's line is: behind the key and perhaps blanks.
std::optional<std::size_t> separator_in(std::string_view line) {
    const auto key_end = std::find_if_not(line.begin(), line.end(), is_key_letter);
    const auto colon = std::find_if_not(
        key_end, line.end(), [](char letter) { return letter == ' ' || letter == '\t'; });
    if (key_end == line.begin() || colon == line.end() || *colon != ':') {
        return std::nullopt;
    }
    return static_cast<std::size_t>(colon - line.begin());
}

/// What is known of a paragraph that is read from its end.
struct Tally {
    std::size_t trailers = 0;
    std::size_t others = 0;
    std::size_t folded = 0;  ///< Lines that continue whatever stands above them.
    bool written_by_git = false;

    void add(std::string_view line) {
        const bool by_git =
            std::any_of(k_written_by_git.begin(), k_written_by_git.end(),
                        [&](std::string_view prefix) { return line.starts_with(prefix); });
        if (by_git || separator_in(line)) {
            written_by_git = written_by_git || by_git;
            ++trailers;
            folded = 0;
        } else if (!is_comment(line) && is_space(line.front())) {
            ++folded;
        } else {
            others += folded + (is_comment(line) ? 0 : 1);
            folded = 0;
        }
    }

    [[nodiscard]] bool is_trailer_block() const {
        const std::size_t all_others = others + folded;
        return trailers > 0 && (all_others == 0 || (written_by_git && trailers * 3 >= all_others));
    }
};

/// The lines of the last paragraph when it holds trailers.
Lines trailer_block(const Lines& lines) {
    const auto title_end = std::find_if(lines.begin(), lines.end(), [](std::string_view line) {
        return !is_comment(line) && is_blank(line);
    });
    Tally tally;
    auto last = lines.end();
    while (last != lines.begin() && (is_blank(*(last - 1)) || is_comment(*(last - 1)))) {
        --last;
    }
    for (auto line = last; line > title_end; --line) {
        if (is_blank(*(line - 1))) {
            return tally.is_trailer_block() ? Lines(line, last) : Lines{};
        }
        tally.add(*(line - 1));
    }
    return {};
}

}  // namespace

std::vector<Trailer> parse_trailers(std::string_view message) {
    std::vector<Trailer> trailers;
    bool may_continue = false;
    for (const std::string_view line : trailer_block(split(message))) {
        if (is_comment(line)) {
            may_continue = false;
            continue;
        }
        if (may_continue && is_space(line.front())) {
            std::string& value = trailers.back().value;
            value.append(value.empty() ? "" : " ").append(trimmed(line));
            continue;
        }
        const auto separator = separator_in(line);
        may_continue = separator.has_value();
        if (!separator) {
            continue;
        }
        if (trailers.size() == k_most_trailers) {
            break;
        }
        trailers.push_back({std::string(trimmed(line.substr(0, *separator))),
                            std::string(trimmed(line.substr(*separator + 1)))});
    }
    return trailers;
}

}  // namespace headway
