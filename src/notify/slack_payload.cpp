#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "notify/slack.hpp"
#include "notify/slack_text.hpp"

// All that others wrote goes into a plain_text header or into rich_text elements: there Slack reads
// neither markup nor mentions, entities or emoji codes, so nothing needs escaping and no backtick,
// asterisk or "<!channel>" of a commit's subject can take effect. (In mrkdwn the escapes cover
// & < > only; `*`, `_`, `~` and backticks have none.) The only markup is the fallback `text`, which
// phones and servers that imitate Slack show.

namespace headway::notify {

namespace {

using nlohmann::json;

constexpr std::size_t k_header_limit = 150;
constexpr std::size_t k_block_limit = 3000;
constexpr std::size_t k_fallback_limit = 3000;
constexpr std::size_t k_shown_changes = 10;

constexpr std::size_t k_name_limit = 80;  // Environment, actor, ids.
constexpr std::size_t k_author_limit = 40;
constexpr std::size_t k_subject_limit = 150;
constexpr std::size_t k_verdict_limit = 500;
constexpr std::size_t k_note_limit = 2000;
constexpr std::size_t k_command_limit = 1000;  // A command that was cut must not be typed.

// The longest list of changes and the longest note stay within a block, so no block is ever cut.
static_assert(k_shown_changes * (k_name_limit + k_subject_limit + k_author_limit + 8) + 60 <=
              k_block_limit);
static_assert(k_note_limit <= k_block_limit);

struct EventWords {
    std::string_view sign;
    std::string_view outcome;  ///< Behind the commit.
};

EventWords words_for(DeploymentEvent event) noexcept {
    switch (event) {
        case DeploymentEvent::promoted:
            return {"🚀", "is deployed"};
        case DeploymentEvent::verified:
            return {"✅", "is deployed and verified"};
        case DeploymentEvent::unhealthy:
            return {"❌", "is deployed but unhealthy"};
        case DeploymentEvent::rolled_back:
            return {"⏪", "is back after a rollback"};
        case DeploymentEvent::refused:
            return {"⛔", "was refused"};
        case DeploymentEvent::note:
            break;
    }
    return {"💬", ""};
}

std::string short_commit_of(const DeploymentMessage& message) {
    const std::string& text = message.short_commit;
    return cut_to(text.empty() ? std::string_view(message.commit).substr(0, 8) : text,
                  k_name_limit);
}

/// "✅ staging: 1a2b3c4d is deployed and verified", without the parts that are not known.
std::string headline_of(const DeploymentMessage& message) {
    const EventWords words = words_for(message.event);
    const std::string commit = short_commit_of(message);
    std::string line = fmt::format("{} {}", words.sign,
                                   message.environment.empty()
                                       ? "headway"
                                       : isolated(cut_to(message.environment, k_name_limit)));
    if (!words.outcome.empty()) {
        line += fmt::format(": {} {}", commit.empty() ? "the deployment" : commit, words.outcome);
    } else if (!commit.empty()) {
        line += fmt::format(": {}", commit);
    }
    return cut_to(line, k_header_limit);
}

json text_element(std::string_view text) {
    return {{"type", "text"}, {"text", std::string(text)}};
}

json styled(json element, const char* style) {
    element["style"] = {{style, true}};
    return element;
}

/// A link where there is a URL to link to, else the text alone. Slack refuses empty texts: the
/// caller has none.
json maybe_link(std::string_view text, std::string_view url) {
    const std::string target = linkable(url);
    if (target.empty()) {
        return text_element(text);
    }
    return {{"type", "link"}, {"url", target}, {"text", std::string(text)}};
}

json rich_text(json elements) {
    return {{"type", "rich_text"}, {"elements", std::move(elements)}};
}

json section(json elements) {
    return {{"type", "rich_text_section"}, {"elements", std::move(elements)}};
}

/// The facts, one a line: a bold label, then what is known.
class FactLines {
public:
    void add(std::string_view label, json value) {
        if (!m_elements.empty()) {
            m_elements.push_back(text_element("\n"));
        }
        m_elements.push_back(styled(text_element(fmt::format("{}: ", label)), "bold"));
        m_elements.push_back(std::move(value));
    }

    void add_text(std::string_view label, std::string_view text, std::size_t limit,
                  std::string_view url = {}) {
        if (!text.empty()) {
            add(label, maybe_link(isolated(cut_to(text, limit)), url));
        }
    }

    [[nodiscard]] bool empty() const noexcept { return m_elements.empty(); }
    [[nodiscard]] json take() { return section(std::move(m_elements)); }

private:
    json m_elements = json::array();
};

FactLines facts_of(const DeploymentMessage& message) {
    FactLines facts;
    const std::string commit = short_commit_of(message);
    facts.add_text("Environment", message.environment, k_name_limit, message.environment_url);
    facts.add_text("Commit", commit, k_name_limit, message.commit_url);
    if (!message.previous_short.empty() && !commit.empty()) {
        const std::string range =
            fmt::format("{} → {}", cut_to(message.previous_short, k_name_limit), commit);
        facts.add_text("Change", range, 2 * k_name_limit + 3, message.compare_url);
    }
    facts.add_text("By", message.actor, k_name_limit);
    if (!linkable(message.run_url).empty()) {
        facts.add_text("Run", "pipeline", k_name_limit, message.run_url);
    }
    facts.add_text("Verdict", message.verdict, k_verdict_limit);
    if (message.duration.count() > 0) {
        facts.add_text("Took", human_duration(message.duration), k_name_limit);
    }
    return facts;
}

json change_line(const Change& change) {
    json elements = json::array();
    if (!change.short_commit.empty()) {
        elements.push_back(maybe_link(cut_to(change.short_commit, k_name_limit), change.url));
    }
    const auto add = [&](const std::string& text) {
        if (!text.empty()) {
            elements.push_back(text_element(elements.empty() ? text : " " + text));
        }
    };
    add(isolated(cut_to(change.subject, k_subject_limit)));
    if (!change.author.empty()) {
        add(fmt::format("({})", isolated(cut_to(change.author, k_author_limit))));
    }
    return elements.empty() ? json{} : section(std::move(elements));
}

/// "and 290 more", "and more than 290 more"; empty when the list is complete.
std::string rest_of(const DeploymentMessage& message, std::size_t shown) {
    const std::size_t total = std::max(message.changes_total, message.changes.size());
    const std::size_t rest = total - shown;
    if (!message.changes_cut) {
        return rest == 0 ? "" : fmt::format("and {} more", rest);
    }
    return rest == 0 ? "and more" : fmt::format("and more than {} more", rest);
}

/// Nothing (null) when there are no changes to list.
json changes_of(const DeploymentMessage& message) {
    const std::size_t shown = std::min(message.changes.size(), k_shown_changes);
    json lines = json::array();
    for (std::size_t index = 0; index < shown; ++index) {
        if (json line = change_line(message.changes[index]); !line.is_null()) {
            lines.push_back(std::move(line));
        }
    }
    if (lines.empty()) {
        return {};
    }
    json elements = json::array(
        {{{"type", "rich_text_list"}, {"style", "bullet"}, {"elements", std::move(lines)}}});
    if (const std::string rest = rest_of(message, shown); !rest.empty()) {
        elements.push_back(section(json::array({maybe_link(rest, message.compare_url)})));
    }
    return rich_text(std::move(elements));
}

json rollback_of(const DeploymentMessage& message) {
    return rich_text(
        json::array({section(json::array({styled(text_element("To take it back:"), "bold")})),
                     {{"type", "rich_text_preformatted"},
                      {"elements", json::array({text_element(message.rollback_command)})}}}));
}

bool shows_rollback(const DeploymentMessage& message) {
    return !message.rollback_command.empty() &&
           slack_length(message.rollback_command) <= k_command_limit;
}

/// One line for lock screens and for servers that know no blocks. Escaping makes text longer, so
/// parts that may not be cut are added only where they fit.
std::string fallback_of(const DeploymentMessage& message) {
    std::string line = headline_of(message);
    const auto add = [&](std::string_view before, const std::string& text) {
        if (!text.empty()) {
            line.append(before).append(text);
        }
    };
    add(": ", cut_to(message.text, k_note_limit / 2));
    add(", by ", isolated(cut_to(message.actor, k_name_limit)));
    add("; ", isolated(cut_to(message.verdict, k_verdict_limit)));
    std::string text = escaped(line);
    for (std::size_t limit = k_fallback_limit / 2; slack_length(text) > k_fallback_limit;
         limit /= 2) {
        text = escaped(cut_to(line, limit));
    }
    const auto add_whole = [&](const std::string& part) {
        if (slack_length(text) + slack_length(part) <= k_fallback_limit) {
            text += part;
        }
    };
    if (shows_rollback(message)) {
        add_whole(fmt::format("; to take it back: {}", escaped(message.rollback_command)));
    }
    if (const std::string run = linkable(message.run_url); !run.empty()) {
        add_whole(fmt::format(" <{}|pipeline>", escaped(run)));
    }
    return text;
}

}  // namespace

std::string slack_payload(const DeploymentMessage& message) {
    json blocks = json::array();
    // `emoji` true would turn ":x:" of an environment's name into a picture.
    blocks.push_back(
        {{"type", "header"},
         {"text", {{"type", "plain_text"}, {"text", headline_of(message)}, {"emoji", false}}}});
    if (!message.text.empty()) {
        blocks.push_back(rich_text(json::array(
            {section(json::array({text_element(cut_to(message.text, k_note_limit))}))})));
    }
    if (FactLines facts = facts_of(message); !facts.empty()) {
        blocks.push_back(rich_text(json::array({facts.take()})));
    }
    if (shows_rollback(message)) {
        blocks.push_back(rollback_of(message));
    }
    if (json changes = changes_of(message); !changes.is_null()) {
        blocks.push_back(std::move(changes));
    }
    const json payload{{"text", fallback_of(message)}, {"blocks", std::move(blocks)}};
    return payload.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace headway::notify
