#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "headway/error.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

constexpr std::size_t k_max_quoted = 80;

bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

template <typename Number>
bool read_number(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

void refuse(const Origin& origin, const std::string& what, std::string because,
            std::vector<std::string> hints) {
    throw Error(ExitCode::usage, fmt::format("{}: {}", origin.text, what), std::move(because),
                std::move(hints));
}

std::string in_quotes(std::string_view text) {
    return looks_like_secret(text) ? "\"***\""
                                   : fmt::format("\"{}\"", printable(text, k_max_quoted));
}

bool looks_like_secret(std::string_view text) {
    constexpr std::array<std::string_view, 20> k_marks{
        "glpat-",      "gloas-", "gldt-",   "glrt-",    "glcbt-",
        "glptt-",      "glft-",  "glsoat-", "glagent-", "glimt-",
        "ghp_",        "gho_",   "ghu_",    "ghs_",     "ghr_",
        "github_pat_", "xoxb-",  "xoxp-",   "xapp-",    "hooks.slack.com/"};
    return std::any_of(k_marks.begin(), k_marks.end(), [&](std::string_view mark) {
        return text.find(mark) != std::string_view::npos;
    });
}

std::string joined(const std::vector<std::string>& words, std::size_t at_most) {
    std::string text;
    const std::size_t shown = std::min(words.size(), at_most);
    for (std::size_t index = 0; index < shown; ++index) {
        text += (index == 0 ? "" : ", ") + printable(words[index], k_max_quoted);
    }
    if (shown < words.size()) {
        text += fmt::format(" and {} more", words.size() - shown);
    }
    return text;
}

std::vector<std::string> suggestion(std::string_view word,
                                    const std::vector<std::string>& candidates) {
    constexpr std::size_t k_longest_typo = 128;
    if (word.size() > k_longest_typo) {
        return {};
    }
    const std::string best = nearest(word, candidates);
    if (best.empty()) {
        return {};
    }
    return {fmt::format("did you mean \"{}\"?", best)};
}

namespace {

struct Unit {
    std::string_view name;
    std::int64_t milliseconds;
};
constexpr std::array<Unit, 4> k_units{{{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

/// The duration in milliseconds; -1: it is none. At most 9 digits a number, so nothing overflows.
std::int64_t milliseconds_in(std::string_view text) {
    constexpr std::ptrdiff_t k_most_digits = 9;
    std::int64_t sum = 0;
    std::size_t next_unit = 0;
    if (text.empty()) {
        return -1;
    }
    while (!text.empty()) {
        const auto digits = std::find_if_not(text.begin(), text.end(), is_digit) - text.begin();
        std::int64_t count = 0;
        if (digits > k_most_digits ||
            !read_number(text.substr(0, static_cast<std::size_t>(digits)), count)) {
            return -1;
        }
        text.remove_prefix(static_cast<std::size_t>(digits));
        const auto letters = static_cast<std::size_t>(
            std::find_if(text.begin(), text.end(), is_digit) - text.begin());
        const auto* const unit = std::find_if(
            k_units.begin() + next_unit, k_units.end(),
            [&](const Unit& candidate) { return candidate.name == text.substr(0, letters); });
        if (unit == k_units.end()) {
            return -1;
        }
        text.remove_prefix(letters);
        next_unit = static_cast<std::size_t>(unit - k_units.begin()) + 1;
        sum += count * unit->milliseconds;
    }
    return sum;
}

std::vector<std::string> duration_hints(std::string_view text) {
    const bool bare =
        !text.empty() && text.size() < 9 && std::all_of(text.begin(), text.end(), is_digit);
    if (bare) {
        return {fmt::format("{}s for seconds, {}m for minutes", text, text)};
    }
    return {"5m, 2s, 800ms or 1h30m"};
}

}  // namespace

std::chrono::milliseconds checked_duration(std::string_view text, const DurationBounds& bounds,
                                           const Origin& origin) {
    const std::chrono::milliseconds duration(milliseconds_in(text));
    if (duration.count() < 0) {
        refuse(origin, fmt::format("{} is not a duration", in_quotes(text)),
               "a duration is made of whole numbers with the units h, m, s and ms",
               duration_hints(text));
    }
    if (duration < bounds.least || duration > bounds.most) {
        refuse(origin, fmt::format("{} is out of range", in_quotes(text)),
               fmt::format("from {} to {} is possible here", format_duration(bounds.least),
                           format_duration(bounds.most)));
    }
    return duration;
}

std::string format_duration(std::chrono::milliseconds duration) {
    std::int64_t rest = duration.count();
    if (rest <= 0) {
        return "0s";
    }
    std::string text;
    for (const auto& unit : k_units) {
        if (rest >= unit.milliseconds) {
            text += fmt::format("{}{}", rest / unit.milliseconds, unit.name);
            rest %= unit.milliseconds;
        }
    }
    return text;
}

unsigned checked_number(std::string_view text, unsigned least, unsigned most,
                        const Origin& origin) {
    unsigned number = 0;
    if (!read_number(text, number) || number < least || number > most) {
        refuse(origin,
               fmt::format("{} is not a whole number from {} to {}", in_quotes(text), least, most));
    }
    return number;
}

std::string checked_pointer(std::string_view text, const Origin& origin) {
    if (!text.empty() && text.front() != '/') {
        refuse(origin, fmt::format("{} is not a JSON pointer", in_quotes(text)),
               "a pointer begins with '/' (RFC 6901)",
               {looks_like_secret(text) ? "/version" : fmt::format("/{}", printable(text, 80))});
    }
    for (auto tilde = text.find('~'); tilde != std::string_view::npos;
         tilde = text.find('~', tilde + 1)) {
        const char next = tilde + 1 < text.size() ? text[tilde + 1] : '\0';
        if (next != '0' && next != '1') {
            refuse(origin, fmt::format("{} is not a JSON pointer", in_quotes(text)),
                   "'~' stands only in \"~0\" for itself and \"~1\" for '/' (RFC 6901)");
        }
    }
    return std::string(text);
}

}  // namespace headway::config
