#include "core/ledger.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "headway/text.hpp"
#include "headway/trailers.hpp"

namespace headway::core {

namespace {

constexpr std::size_t k_value_bytes = 300;

struct KindWord {
    EventKind kind;
    std::string_view word;
};

constexpr std::array<KindWord, 6> k_kinds{{
    {EventKind::promoted, "promoted"},
    {EventKind::verified, "verified"},
    {EventKind::unhealthy, "unhealthy"},
    {EventKind::rolled_back, "rolled-back"},
    {EventKind::held, "held"},
    {EventKind::resumed, "resumed"},
}};

std::string subject_of(const Event& event) {
    const std::string commit = event.commit.short_hex();
    switch (event.kind) {
        case EventKind::promoted:
            return fmt::format("Promote {} to {}", commit, event.environment);
        case EventKind::verified:
            return fmt::format("Verify {} on {}: healthy", commit, event.environment);
        case EventKind::unhealthy:
            return fmt::format("Verify {} on {}: unhealthy", commit, event.environment);
        case EventKind::rolled_back:
            return fmt::format("Roll back {} to {}", event.environment, commit);
        case EventKind::held:
            return fmt::format("Hold {}", event.environment);
        case EventKind::resumed:
            break;
    }
    return fmt::format("Resume {}", event.environment);
}

/// The trailers of one event by lower-case key; a repeated key of ours makes the event void.
class TrailerTable {
public:
    explicit TrailerTable(const std::string& message) {
        const auto trailers = parse_trailers(message);
        m_complete = trailers.size() < k_most_trailers;
        for (const auto& trailer : trailers) {
            std::string key = trailer.key;
            std::transform(key.begin(), key.end(), key.begin(), [](char letter) {
                return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a')
                                                      : letter;
            });
            if (key.starts_with("headway-") && !m_values.emplace(key, trailer.value).second) {
                m_repeated = trailer.key;
            }
        }
    }

    [[nodiscard]] const std::string& repeated() const noexcept { return m_repeated; }
    [[nodiscard]] bool complete() const noexcept { return m_complete; }

    [[nodiscard]] bool has(std::string_view key) const { return m_values.contains(key); }

    [[nodiscard]] std::string text(std::string_view key) const {
        const auto found = m_values.find(key);
        return found == m_values.end() ? std::string() : printable(found->second, k_value_bytes);
    }

    /// Nothing when the trailer is absent; a null id when it is malformed.
    [[nodiscard]] std::optional<ObjectId> id(std::string_view key) const {
        const auto found = m_values.find(key);
        if (found == m_values.end()) {
            return std::nullopt;
        }
        return ObjectId::parse(found->second).value_or(ObjectId{});
    }

private:
    std::map<std::string, std::string, std::less<>> m_values;
    std::string m_repeated;
    bool m_complete = true;
};

std::optional<EventKind> kind_of(std::string_view word) {
    const auto* const found = std::find_if(k_kinds.begin(), k_kinds.end(),
                                           [&](const auto& entry) { return entry.word == word; });
    return found == k_kinds.end() ? std::nullopt : std::optional(found->kind);
}

PushManner manner_of(std::string_view word) {
    if (word == "atomic") {
        return PushManner::atomic;
    }
    return word == "one-by-one" ? PushManner::one_by_one : PushManner::unknown;
}

/// Reads the ids of an event; false when one of them is malformed.
bool read_ids(const TrailerTable& trailers, Event& event) {
    const auto commit = trailers.id("headway-commit");
    event.previous = trailers.id("headway-previous");
    event.verified = trailers.id("headway-verified");
    event.drift = trailers.id("headway-drift");
    event.tip = trailers.id("headway-tip");
    const auto sound = [](const std::optional<ObjectId>& id) { return !id || !id->is_null(); };
    if (!sound(commit) || !sound(event.previous) || !sound(event.verified) || !sound(event.drift) ||
        !sound(event.tip)) {
        return false;
    }
    const bool may_lack_commit =
        (event.kind == EventKind::held || event.kind == EventKind::resumed) && !event.tip;
    event.commit = commit.value_or(ObjectId{});
    return commit || may_lack_commit;
}

/// A time, or nothing when the trailer is absent; false in `sound` when it is malformed.
std::optional<std::int64_t> read_time(const TrailerTable& trailers, std::string_view key,
                                      bool& sound) {
    const std::string text = trailers.text(key);
    if (text.empty()) {
        return std::nullopt;
    }
    const auto seconds = parse_timestamp(text);
    sound = sound && seconds.has_value();
    return seconds;
}

/// Reads the hold of an event; why it is none, or empty.
std::string read_hold(const TrailerTable& trailers, Event& event) {
    bool sound = true;
    const auto since = read_time(trailers, "headway-held-since", sound);
    if (!sound) {
        return "its Headway-Held-Since is no time";
    }
    if (!since) {
        // What may have been a hold must not be passed over.
        const bool meant = event.kind == EventKind::held || trailers.has("headway-held-since") ||
                           trailers.has("headway-held-by") || trailers.has("headway-held-reason");
        return meant ? "it has a hold without a time" : "";
    }
    event.hold = Hold{.since = *since,
                      .by = trailers.text("headway-held-by"),
                      .reason = trailers.text("headway-held-reason"),
                      .range = std::nullopt};
    const auto good = trailers.id("headway-held-good");
    const auto bad = trailers.id("headway-held-bad");
    if (!good && !bad) {
        return {};
    }
    if (!good || !bad || good->is_null() || bad->is_null()) {
        return "its bad range is not two commit ids";
    }
    event.hold->range = BadRange{.good = *good, .bad = *bad};
    return {};
}

}  // namespace

std::string_view word_of(EventKind kind) noexcept {
    const auto* const found = std::find_if(k_kinds.begin(), k_kinds.end(),
                                           [&](const auto& entry) { return entry.kind == kind; });
    return found->word;
}

std::string message_of(const Event& event) {
    std::string message = subject_of(event) + "\n\n";
    const auto add = [&](std::string_view key, std::string_view value) {
        const std::string safe = printable(value, k_value_bytes);
        if (!safe.empty()) {
            message += fmt::format("Headway-{}: {}\n", key, safe);
        }
    };
    const auto add_id = [&](std::string_view key, const std::optional<ObjectId>& id) {
        if (id) {
            add(key, id->hex());
        }
    };
    add("Event", word_of(event.kind));
    add("Environment", event.environment);
    if (!event.commit.is_null()) {
        add("Commit", event.commit.hex());
    }
    add_id("Tip", event.tip);
    add_id("Previous", event.previous);
    add_id("Verified", event.verified);
    if (event.verified && event.verified_since != 0) {
        add("Verified-Since", timestamp(event.verified_since));
    }
    add_id("Drift", event.drift);
    if (event.hold) {
        add("Held-Since", timestamp(event.hold->since));
        add("Held-By", event.hold->by);
        add("Held-Reason", event.hold->reason);
        if (event.hold->range) {
            add("Held-Good", event.hold->range->good.hex());
            add("Held-Bad", event.hold->range->bad.hex());
        }
    }
    add("Overridden", event.overridden);
    add("Actor", event.actor);
    add("Run", event.run_url);
    add("Reason", event.reason);
    if (event.manner != PushManner::unknown) {
        add("Push", event.manner == PushManner::atomic ? "atomic" : "one-by-one");
    }
    return message;
}

std::variant<LedgerTip, NotAnEvent> read_event(const Commit& commit, std::string_view environment) {
    if (commit.tree.hex() != k_empty_tree_hex) {
        return NotAnEvent{"its tree is not empty"};
    }
    const TrailerTable trailers(commit.message);
    if (!trailers.complete()) {
        return NotAnEvent{"it has more trailers than headway reads"};
    }
    if (!trailers.repeated().empty()) {
        return NotAnEvent{"the trailer " + trailers.repeated() + " is there twice"};
    }
    const auto kind = kind_of(trailers.text("headway-event"));
    if (!kind) {
        return NotAnEvent{"it has no Headway-Event trailer that this version knows"};
    }
    if (trailers.text("headway-environment") != environment) {
        return NotAnEvent{"it belongs to another environment"};
    }
    LedgerTip tip{.id = commit.id, .when = commit.committer.when, .event = {}};
    tip.event.kind = *kind;
    tip.event.environment = environment;
    if (!read_ids(trailers, tip.event)) {
        return NotAnEvent{"it has a commit id that is none"};
    }
    bool sound = true;
    tip.event.verified_since = read_time(trailers, "headway-verified-since", sound).value_or(0);
    if (!sound) {
        return NotAnEvent{"its Headway-Verified-Since is no time"};
    }
    if (std::string damage = read_hold(trailers, tip.event); !damage.empty()) {
        return NotAnEvent{std::move(damage)};
    }
    tip.event.manner = manner_of(trailers.text("headway-push"));
    tip.event.actor = trailers.text("headway-actor");
    tip.event.run_url = trailers.text("headway-run");
    tip.event.reason = trailers.text("headway-reason");
    tip.event.overridden = trailers.text("headway-overridden");
    return tip;
}

CommitDraft draft_of(const Event& event, const std::optional<ObjectId>& parent,
                     const Signature& identity) {
    CommitDraft draft;
    draft.tree = *ObjectId::parse(k_empty_tree_hex);
    if (parent) {
        draft.parents.push_back(*parent);
    }
    draft.author = identity;
    draft.committer = identity;
    draft.message = message_of(event);
    return draft;
}

std::string timestamp(std::int64_t seconds) {
    using namespace std::chrono;
    const sys_seconds moment{std::chrono::seconds(seconds)};
    const sys_days day = floor<days>(moment);
    const year_month_day date{day};
    const hh_mm_ss time{moment - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       time.hours().count(), time.minutes().count(), time.seconds().count());
}

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
    constexpr std::string_view k_shape = "dddd-dd-ddTdd:dd:ddZ";
    if (text.size() != k_shape.size()) {
        return std::nullopt;
    }
    for (std::size_t index = 0; index < k_shape.size(); ++index) {
        const bool digit = text[index] >= '0' && text[index] <= '9';
        if (k_shape[index] == 'd' ? !digit : text[index] != k_shape[index]) {
            return std::nullopt;
        }
    }
    const auto number = [&](std::size_t start, std::size_t length) {
        int value = 0;
        std::from_chars(text.data() + start, text.data() + start + length, value);
        return value;
    };
    using namespace std::chrono;
    const year_month_day date{year{number(0, 4)}, month{static_cast<unsigned>(number(5, 2))},
                              day{static_cast<unsigned>(number(8, 2))}};
    if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59) {
        return std::nullopt;
    }
    const sys_seconds moment =
        sys_days{date} + hours{number(11, 2)} + minutes{number(14, 2)} + seconds{number(17, 2)};
    return moment.time_since_epoch().count();
}

}  // namespace headway::core
