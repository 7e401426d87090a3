#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/flags.hpp"
#include "cli/report.hpp"
#include "cli/workbench.hpp"
#include "core/status.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t k_named = 5;  // environments that an error names
constexpr std::size_t k_columns = 5;
using Row = std::array<std::string, k_columns>;

/// As many columns as a terminal takes for it, for scripts of one column per character.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
    }));
}

std::string distance_words(const std::optional<core::Distance>& distance) {
    if (!distance) {
        return "?";
    }
    return fmt::format("{}{}", distance->commits, distance->at_least ? "+" : "");
}

std::string state_words(const core::EnvironmentStatus& status) {
    std::vector<std::string> words = status.concerns();
    if (status.proven == core::Proven::verified) {
        words.insert(words.begin(), "verified");
    }
    if (status.joined) {
        words.emplace_back("joined");
    }
    return words.empty() ? "-" : fmt::format("{}", fmt::join(words, ", "));
}

/// "promoted 3 min ago by ada"; the age is a whole number of the largest unit.
std::string last_words(const core::EnvironmentStatus& status, std::int64_t now) {
    if (!status.last) {
        return "-";
    }
    struct Unit {
        std::int64_t seconds;
        std::string_view name;
    };
    constexpr std::array<Unit, 4> k_units{{{86'400, "d"}, {3'600, "h"}, {60, "min"}, {1, "s"}}};
    const std::int64_t age = std::max<std::int64_t>(0, now - status.last->when);
    const auto* const unit =
        std::find_if(k_units.begin(), k_units.end() - 1,
                     [&](const Unit& candidate) { return age >= candidate.seconds; });
    std::string words = fmt::format("{} {} {} ago", core::word_of(status.last->event.kind),
                                    age / unit->seconds, unit->name);
    const std::string& actor = status.last->event.actor;
    return actor.empty() ? words : words + " by " + printable(actor, 60);
}

void print_table(Session& session, const core::StatusReport& report, std::int64_t now) {
    std::vector<Row> rows{{"ENVIRONMENT", "COMMIT", "BEHIND", "STATE", "LAST EVENT"}};
    for (const core::EnvironmentStatus& status : report.environments) {
        rows.push_back({status.name, status.commit ? status.commit->short_hex() : "-",
                        status.commit ? distance_words(status.behind) : "-", state_words(status),
                        last_words(status, now)});
    }
    std::array<std::size_t, k_columns> widths{};
    for (const Row& row : rows) {
        for (std::size_t column = 0; column < k_columns; ++column) {
            widths[column] = std::max(widths[column], width_of(row[column]));
        }
    }
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t column = 0; column + 1 < k_columns; ++column) {
            line += row[column] + std::string(widths[column] - width_of(row[column]) + 2, ' ');
        }
        session.output.result(line + row.back());
    }
    for (const core::EnvironmentStatus& status : report.environments) {
        for (const core::Concern& concern : core::details_of(status)) {
            session.output.result(fmt::format("{}: {}", status.name, concern.what));
            session.output.result("  try: " + concern.command);
        }
    }
}

Json id_or_null(const std::optional<ObjectId>& id) {
    return id ? Json(id->hex()) : Json(nullptr);
}

Json hold_or_null(const std::optional<core::Hold>& hold) {
    if (!hold) {
        return nullptr;
    }
    return {{"since", core::timestamp(hold->since)},
            {"by", hold->by},
            {"reason", hold->reason},
            {"good", hold->range ? Json(hold->range->good.hex()) : Json(nullptr)},
            {"bad", hold->range ? Json(hold->range->bad.hex()) : Json(nullptr)}};
}

Json json_of(const core::EnvironmentStatus& status, std::int64_t now) {
    Json json;
    json["environment"] = status.name;
    json["branch"] = core::short_ref(status.branch_ref);
    json["commit"] = id_or_null(status.commit);
    json["tip"] = id_or_null(status.tip);
    json["behind"] = status.behind ? Json(status.behind->commits) : Json(nullptr);
    json["behind_at_least"] = status.behind && status.behind->at_least;
    json["on_source"] = status.on_source ? Json(*status.on_source) : Json(nullptr);
    json["verdict"] = core::word_of(status.proven);
    json["joined"] = status.joined;
    json["drift"] = id_or_null(status.drift);
    json["hold"] = hold_or_null(status.hold());
    json["ledger_damage"] =
        status.ledger_damage.empty() ? Json(nullptr) : Json(status.ledger_damage);
    Json event = nullptr;
    if (status.last) {
        const core::Event& last = status.last->event;
        event = {{"id", status.last->id.hex()},
                 {"event", core::word_of(last.kind)},
                 {"when", core::timestamp(status.last->when)},
                 {"age_seconds", std::max<std::int64_t>(0, now - status.last->when)},
                 {"actor", last.actor},
                 {"run", last.run_url.empty() ? Json(nullptr) : Json(last.run_url)},
                 {"reason", last.reason.empty() ? Json(nullptr) : Json(last.reason)},
                 {"verified", id_or_null(last.verified)}};
    }
    json["last_event"] = std::move(event);
    json["concerns"] = status.concerns();
    return json;
}

Error attention(const core::StatusReport& report) {
    std::vector<std::string> named;
    std::vector<std::string> hints;
    std::size_t count = 0;
    for (const core::EnvironmentStatus& status : report.environments) {
        const auto concerns = status.concerns();
        if (concerns.empty() || ++count > k_named) {
            continue;
        }
        named.push_back(fmt::format("{} is {}", status.name, fmt::join(concerns, ", ")));
        hints.push_back(core::remedy_of(status));
    }
    if (count > k_named) {
        named.push_back(fmt::format("and {} more", count - k_named));
    }
    return {ExitCode::refused,
            count == 1 ? std::string("one environment needs attention")
                       : fmt::format("{} environments need attention", count),
            fmt::format("{}", fmt::join(named, "; ")), std::move(hints)};
}

std::vector<const EnvironmentConfiguration*> all_or_selected(const Session& session,
                                                             const Configuration& configuration) {
    if (!session.options.flags.environments.empty() || configuration.environments.empty()) {
        return selected(session, configuration);
    }
    std::vector<const EnvironmentConfiguration*> environments;
    for (const EnvironmentConfiguration& environment : configuration.environments) {
        environments.push_back(&environment);
    }
    return environments;
}

}  // namespace

void configure_status(CLI::App& app, Options& options) {
    add_environments(app, options, Plurality::any_number);
    add_setting_flags(app, options);
    add_flag(app, "--check", options.check, "Exit with 3 when anything needs attention");
}

ExitCode run_status(Session& session) {
    const Configuration configuration = load_configuration(session);
    const auto environments = all_or_selected(session, configuration);
    const ReadingDesk desk = open_for_reading(session, configuration, environments);
    std::vector<core::EnvironmentTarget> targets;
    std::transform(environments.begin(), environments.end(), std::back_inserter(targets),
                   [&](const auto* environment) { return target_of(configuration, *environment); });
    const core::StatusReport report =
        core::read_status(*desk.remote, configuration.source.value, targets);
    if (!report.source_tip) {
        session.output.warning(
            fmt::format("the remote has no branch {}: nothing tells how far behind it anything is",
                        report.source));
    }
    const std::int64_t now = session.clock.now().time_since_epoch().count();
    session.report["source"] = {{"branch", report.source},
                                {"commit", id_or_null(report.source_tip)}};
    Json list = Json::array();
    bool calm = true;
    for (const core::EnvironmentStatus& status : report.environments) {
        list.push_back(json_of(status, now));
        calm = calm && status.concerns().empty();
    }
    session.report["environments"] = std::move(list);
    print_table(session, report, now);
    if (session.options.check && !calm) {
        return fail(session, attention(report));
    }
    return ExitCode::done;
}

}  // namespace headway::cli
