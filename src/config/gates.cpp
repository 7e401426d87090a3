#include "config/gates.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "headway/calendar.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

constexpr std::string_view k_forms =
    "\"Fri 16:00\", \"18:00\", \"2026-12-24 18:00\" or \"2026-12-24\"";

constexpr std::array<std::string_view, 7> k_weekdays{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                     "Friday", "Saturday", "Sunday"};

struct Moment {
    Recurrence recurrence = Recurrence::daily;
    ClockMoment clock;
};

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!(text = trimmed(text)).empty()) {
        words.push_back(text.substr(0, text.find_first_of(" \t\r\n")));
        text.remove_prefix(words.back().size());
    }
    return words;
}

bool is_letter(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

/// "fRiDAY" → "Friday".
std::string capitalized(std::string_view word) {
    std::string text(word);
    for (std::size_t index = 0; index < text.size(); ++index) {
        char& letter = text[index];
        const bool upper = letter >= 'A' && letter <= 'Z';
        if (is_letter(letter) && upper != (index == 0)) {
            letter = static_cast<char>(letter ^ 0x20);
        }
    }
    return text;
}

/// A number of so many digits and nothing else.
std::optional<int> number_in(std::string_view text, std::size_t least, std::size_t most) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool digits = std::all_of(text.begin(), text.end(),
                                    [](char letter) { return letter >= '0' && letter <= '9'; });
    if (!digits || text.size() < least || text.size() > most || error != std::errc{} ||
        end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

/// "18:00", "8:30", "24:00".
bool read_time(std::string_view word, ClockMoment& clock) {
    const auto colon = std::min(word.find(':'), word.size());
    const auto hour = number_in(word.substr(0, colon), 1, 2);
    const auto minute = number_in(word.substr(std::min(colon + 1, word.size())), 2, 2);
    if (!hour || !minute || *minute > 59 || *hour * 60 + *minute > 24 * 60) {
        return false;
    }
    clock.hour = *hour;
    clock.minute = *minute;
    return true;
}

std::chrono::year_month_day date_of(const ClockMoment& clock) {
    return {std::chrono::year(clock.year), std::chrono::month(static_cast<unsigned>(clock.month)),
            std::chrono::day(static_cast<unsigned>(clock.day))};
}

/// "2026-12-24", a day that is in the calendar.
bool read_date(std::string_view word, ClockMoment& clock) {
    if (word.size() != 10 || word[4] != '-' || word[7] != '-') {
        return false;
    }
    const auto year = number_in(word.substr(0, 4), 4, 4);
    const auto month = number_in(word.substr(5, 2), 2, 2);
    const auto day = number_in(word.substr(8), 2, 2);
    if (!year || !month || !day) {
        return false;
    }
    clock.year = *year;
    clock.month = *month;
    clock.day = *day;
    return *year > 0 && date_of(clock).ok();
}

bool read_weekday(std::string_view word, ClockMoment& clock) {
    const std::string name = capitalized(word);
    const auto* const found =
        std::find_if(k_weekdays.begin(), k_weekdays.end(),
                     [&](std::string_view day) { return name == day || name == day.substr(0, 3); });
    clock.weekday = static_cast<int>(found - k_weekdays.begin()) + 1;
    return found != k_weekdays.end();
}

std::optional<Moment> moment_in(std::string_view text) {
    const auto words = words_of(text);
    Moment moment;
    ClockMoment& clock = moment.clock;
    if (words.size() == 1 && read_time(words[0], clock)) {
        return moment;
    }
    moment.recurrence = Recurrence::once;
    if (words.size() == 1 && read_date(words[0], clock)) {
        return moment;
    }
    if (words.size() != 2 || !read_time(words[1], clock)) {
        return std::nullopt;
    }
    if (read_date(words[0], clock)) {
        return moment;
    }
    moment.recurrence = Recurrence::weekly;
    return read_weekday(words[0], clock) ? std::optional(moment) : std::nullopt;
}

std::vector<std::string> moment_hints(std::string_view text) {
    const auto words = words_of(text);
    const std::string first = words.empty() ? std::string() : capitalized(words.front());
    std::vector<std::string> days(k_weekdays.begin(), k_weekdays.end());
    for (const std::string_view day : k_weekdays) {
        days.emplace_back(day.substr(0, 3));
    }
    std::vector<std::string> hints;
    if (std::find(days.begin(), days.end(), first) == days.end()) {
        hints = suggestion(first, days);
    }
    return hints.empty() ? std::vector<std::string>{std::string(k_forms)} : hints;
}

Moment checked_moment(const Setting<std::string>& text) {
    const auto moment = moment_in(text.value);
    if (!moment) {
        refuse(text.origin, fmt::format("{} is not a moment of a freeze", in_quotes(text.value)),
               "a moment is a weekday and a time, a time of every day, or a date with or without "
               "a time",
               moment_hints(text.value));
    }
    return *moment;
}

std::string_view pace_of(Recurrence recurrence) {
    switch (recurrence) {
        case Recurrence::once:
            return "once";
        case Recurrence::daily:
            return "every day";
        case Recurrence::weekly:
            break;
    }
    return "every week";
}

/// Comparable among moments of one recurrence.
std::int64_t order_of(const Moment& moment) {
    const ClockMoment& clock = moment.clock;
    const auto days = moment.recurrence == Recurrence::once
                          ? std::chrono::sys_days(date_of(clock)).time_since_epoch().count()
                          : clock.weekday;
    return (std::int64_t{days} * 24 + clock.hour) * 60 + clock.minute;
}

/// The words as they stand in the text, with what is between them; so messages show what was typed.
std::string phrase(std::span<const std::string_view> words) {
    if (words.empty()) {
        return {};
    }
    const char* const end = words.back().data() + words.back().size();
    return {words.front().data(), end};
}

std::string checked_zone(const Setting<std::string>& zone) {
    const std::string_view name = trimmed(zone.value);
    if (is_time_zone(name)) {
        return std::string(name);
    }
    const std::string near = nearest_time_zone(name);
    refuse(zone.origin, fmt::format("unknown time zone {}", in_quotes(name)),
           "time zones have the names that IANA gives them",
           {near.empty() ? "Europe/Berlin, America/New_York or UTC"
                         : fmt::format("did you mean \"{}\"?", near)});
}

}  // namespace

FreezeWindow checked_window(const WindowText& text) {
    const Moment from = checked_moment(text.from);
    const Moment to = checked_moment(text.to);
    if (from.clock.hour == 24) {
        refuse(text.from.origin, fmt::format("no freeze begins at {}", in_quotes(text.from.value)),
               "24:00 is the end of a day", {"write 00:00, and the next day where there is one"});
    }
    if (from.recurrence != to.recurrence) {
        refuse(text.to.origin,
               fmt::format("{} and {} do not go together", in_quotes(text.from.value),
                           in_quotes(text.to.value)),
               fmt::format("the first one comes {}, the second one {}", pace_of(from.recurrence),
                           pace_of(to.recurrence)),
               {fmt::format("write both in one way: {}", k_forms)});
    }
    if (order_of(from) == order_of(to)) {
        refuse(text.to.origin, "the freeze ends where it begins",
               "that could mean always as well as never",
               {"write another end; a whole day is \"00:00\" to \"24:00\""});
    }
    if (from.recurrence == Recurrence::once && order_of(to) < order_of(from)) {
        refuse(text.to.origin, "the freeze ends before it begins",
               fmt::format("it begins at {}", in_quotes(text.from.value)),
               {"exchange the two, or look at the year"});
    }
    return {from.recurrence,         from.clock,  to.clock,
            checked_zone(text.zone), text.reason, text.origin};
}

FreezeWindow checked_freeze(std::string_view text, const Origin& origin) {
    const auto words = words_of(text);
    const auto middle = std::find_if(words.begin(), words.end(), [](std::string_view word) {
        return capitalized(word) == "To";
    });
    auto first = words.begin();
    if (first != middle && capitalized(*first) == "Daily") {
        ++first;
    }
    auto last = words.end();
    WindowText window;
    window.zone.origin = window.origin = window.from.origin = window.to.origin = origin;
    if (middle != last && last - middle > 2 && is_letter((last - 1)->front())) {
        window.zone.value = *--last;
    }
    if (middle == words.end() || first == middle || last - middle < 2) {
        refuse(origin, fmt::format("{} is not a freeze", in_quotes(trimmed(text))),
               "a freeze is two moments with \"to\" between them, and a time zone",
               {"Fri 16:00 to Mon 08:00 Europe/Berlin"});
    }
    window.from.value = phrase({first, middle});
    window.to.value = phrase({middle + 1, last});
    return checked_window(window);
}

void check_window_count(std::size_t count, const Origin& origin) {
    if (count > k_max_windows) {
        refuse(origin, "too many freezes",
               fmt::format("an environment has at most {}", k_max_windows));
    }
}

namespace {

template <typename Value>
struct Word {
    std::string_view text;
    Value value;
};

constexpr std::array<Word<OnUnhealthy>, 3> k_on_unhealthy{{{"fail", OnUnhealthy::fail},
                                                           {"hold", OnUnhealthy::hold},
                                                           {"rollback", OnUnhealthy::rollback}}};
constexpr std::array<Word<OnRetry>, 2> k_on_retry{
    {{"refuse", OnRetry::refuse}, {"rollback", OnRetry::rollback}}};

template <typename Words>
auto checked_word(std::string_view text, const Words& words, const Origin& origin) {
    std::vector<std::string> known;
    for (const auto& word : words) {
        if (word.text == text) {
            return word.value;
        }
        known.emplace_back(word.text);
    }
    refuse(origin, fmt::format("{} is not one of {}", in_quotes(text), fmt::join(known, ", ")), {},
           suggestion(text, known));
}

template <typename Words, typename Value>
std::string_view word_in(const Words& words, Value value) noexcept {
    const auto* const found = std::find_if(words.begin(), words.end(),
                                           [&](const auto& word) { return word.value == value; });
    return found == words.end() ? std::string_view{} : found->text;
}

}  // namespace

OnUnhealthy checked_on_unhealthy(std::string_view text, const Origin& origin) {
    return checked_word(text, k_on_unhealthy, origin);
}

std::string_view word_of(OnUnhealthy value) noexcept {
    return word_in(k_on_unhealthy, value);
}

OnRetry checked_on_retry(std::string_view text, const Origin& origin) {
    return checked_word(text, k_on_retry, origin);
}

std::string_view word_of(OnRetry value) noexcept {
    return word_in(k_on_retry, value);
}

}  // namespace headway::config
