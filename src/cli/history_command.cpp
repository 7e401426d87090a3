#include <array>
#include <chrono>
#include <set>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/flags.hpp"
#include "cli/report.hpp"
#include "cli/workbench.hpp"
#include "config/values.hpp"
#include "core/chronicle.hpp"
#include "core/dora.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t k_day = 86'400;
constexpr std::int64_t k_dora_days = 30;
constexpr unsigned k_text_limit = 20;
constexpr unsigned k_most_events = 1'000'000;
constexpr std::size_t k_reason_bytes = 100;
constexpr std::string_view k_source =
    "DORA, software delivery performance metrics, https://dora.dev/guides/dora-metrics/";

/// "30d", "12h", "2026-11-01" or "2026-11-01T12:00:00Z", as seconds since the epoch.
std::int64_t since_of(const std::string& text, std::int64_t now) {
    if (const auto time = core::parse_timestamp(text)) {
        return *time;
    }
    if (const auto day = core::parse_timestamp(text + "T00:00:00Z")) {
        return *day;
    }
    if (text.ends_with('d')) {
        const auto days = config::checked_number(std::string_view(text).substr(0, text.size() - 1),
                                                 1, 36'500, {"--since"});
        return now - static_cast<std::int64_t>(days) * k_day;
    }
    const config::DurationBounds bounds{std::chrono::seconds(1), std::chrono::hours(876'000)};
    const auto duration = config::checked_duration(text, bounds, {"--since"});
    return now - std::chrono::floor<std::chrono::seconds>(duration).count();
}

Json id_or_null(const std::optional<ObjectId>& id) {
    return id ? Json(id->hex()) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

Json json_of(const core::LedgerTip& tip) {
    const core::Event& event = tip.event;
    Json json;
    json["id"] = tip.id.hex();
    json["when"] = core::timestamp(tip.when);
    json["event"] = core::word_of(event.kind);
    json["commit"] = event.commit.is_null() ? Json(nullptr) : Json(event.commit.hex());
    json["tip"] = id_or_null(event.tip);
    json["previous"] = id_or_null(event.previous);
    json["verified"] = id_or_null(event.verified);
    json["drift"] = id_or_null(event.drift);
    json["overridden"] = text_or_null(event.overridden);
    json["held_since"] = event.hold ? Json(core::timestamp(event.hold->since)) : Json(nullptr);
    json["actor"] = text_or_null(event.actor);
    json["run"] = text_or_null(event.run_url);
    json["reason"] = text_or_null(event.reason);
    return json;
}

std::string line_of(const core::LedgerTip& tip) {
    const core::Event& event = tip.event;
    std::string line =
        fmt::format("{}  {:<11}  {}", core::timestamp(tip.when), core::word_of(event.kind),
                    event.commit.is_null() ? "-" : event.commit.short_hex());
    if (!event.actor.empty()) {
        line += "  by " + printable(event.actor, 60);
    }
    if (!event.overridden.empty()) {
        line += "  [freeze overridden]";
    }
    if (event.drift) {
        line += "  [drift]";
    }
    return event.reason.empty() ? line : line + ": " + printable(event.reason, k_reason_bytes);
}

/// "45 s", "3.5 min", "2.0 h", "1.5 d"
std::string duration_words(double seconds) {
    if (seconds < 60) {
        return fmt::format("{:.0f} s", seconds);
    }
    if (seconds < 3'600) {
        return fmt::format("{:.1f} min", seconds / 60);
    }
    return seconds < static_cast<double>(k_day)
               ? fmt::format("{:.1f} h", seconds / 3'600)
               : fmt::format("{:.1f} d", seconds / static_cast<double>(k_day));
}

std::string spread_words(const std::optional<core::Spread>& spread, std::string_view of) {
    return spread ? fmt::format("median {}, 90th percentile {} ({} {})",
                                duration_words(spread->median),
                                duration_words(spread->percentile_90), spread->count, of)
                  : "no data";
}

Json json_of(const std::optional<core::Spread>& spread) {
    if (!spread) {
        return nullptr;
    }
    return {{"count", spread->count},
            {"median_seconds", spread->median},
            {"percentile_90_seconds", spread->percentile_90}};
}

struct Definition {
    const char* metric;
    const char* words;
};
constexpr std::array<Definition, 4> k_definitions{{
    {"deployment_frequency", "promotions of another commit than the one deployed before"},
    {"lead_time", "from a commit's committer time to the promotion that brought it"},
    {"change_failure_rate", "deployments found unhealthy or rolled back, of all deployments"},
    {"restore_time",
     "from a deployment's unhealthy event, else its rollback, to the next verified event"},
}};

void tell_dora(Session& session, const core::DoraMetrics& metrics) {
    Json& json = session.report["dora"];
    json["from"] = core::timestamp(metrics.from);
    json["to"] = core::timestamp(metrics.to);
    json["deployments"] = metrics.deployments;
    json["failed_deployments"] = metrics.failed;
    json["deployments_per_day"] = metrics.per_day ? Json(*metrics.per_day) : Json(nullptr);
    json["lead_time"] = json_of(metrics.lead_time);
    json["change_failure_rate"] =
        metrics.failure_rate ? Json(*metrics.failure_rate) : Json(nullptr);
    json["restore_time"] = json_of(metrics.restore_time);
    json["source"] = k_source;
    for (const Definition& definition : k_definitions) {
        json["definitions"][definition.metric] = definition.words;
    }
    const auto tell = [&](std::string_view name, const std::string& value) {
        session.output.result(fmt::format("{:<21}{}", name, value));
    };
    tell("period",
         fmt::format("{} to {}", core::timestamp(metrics.from), core::timestamp(metrics.to)));
    tell("deployment frequency",
         metrics.per_day
             ? fmt::format("{:.2f} a day ({} in all)", *metrics.per_day, metrics.deployments)
             : "no data");
    tell("lead time", spread_words(metrics.lead_time, "commits"));
    tell("change failure rate",
         metrics.failure_rate ? fmt::format("{:.0f} % ({} of {})", *metrics.failure_rate * 100,
                                            metrics.failed, metrics.deployments)
                              : "no data");
    tell("time to restore", spread_words(metrics.restore_time, "failures"));
    session.output.result("");
    for (const Definition& definition : k_definitions) {
        session.output.result(fmt::format("{}: {}", definition.metric, definition.words));
    }
    session.output.result(fmt::format("source: {}", k_source));
}

void report_dora(Session& session, GitRemote& remote, const core::Chronicle& chronicle,
                 std::int64_t from, std::int64_t now) {
    const auto deployments = core::deployments_of(chronicle.events, from);
    std::set<ObjectId> wanted;
    for (const core::Deployment& deployment : deployments) {
        if (deployment.before) {
            wanted.insert(deployment.commit);
        }
    }
    CommitList changes;
    if (!wanted.empty()) {
        // An environment's first deployment ever brings no changes: it is the base itself.
        const core::Deployment& first = deployments.front();
        const std::vector<ObjectId> wants(wanted.begin(), wanted.end());
        const std::vector<ObjectId> haves{first.before ? *first.before : first.commit};
        changes = remote.commits_between(wants, haves, Reach{});
    }
    tell_dora(session, core::dora_of(deployments, changes.commits, from, now));
}

void print_events(Session& session, const core::Chronicle& chronicle, std::int64_t from) {
    Json list = Json::array();
    for (const core::LedgerTip& tip : chronicle.events) {
        if (tip.when >= from) {
            session.output.result(line_of(tip));
            list.push_back(json_of(tip));
        }
    }
    session.report["events"] = std::move(list);
    session.report["cut"] = chronicle.cut;
    if (chronicle.cut && !chronicle.events.empty() && chronicle.events.back().when >= from) {
        session.output.result("older ones: --limit 0");
    }
}

}  // namespace

void configure_history(CLI::App& app, Options& options) {
    add_environments(app, options, Plurality::one);
    add_setting_flags(app, options);
    add_option(app, "--since", options.since, "30d, 12h, 2026-11-01 or an RFC 3339 time", "WHEN");
    add_option(app, "--limit", options.limit, "The newest events; 0: all [20; JSON: all]", "N");
    add_flag(app, "--dora", options.dora, "DORA's four metrics [of the last 30d]");
}

ExitCode run_history(Session& session) {
    const Options& options = session.options;
    const std::int64_t now = session.clock.now().time_since_epoch().count();
    std::int64_t from = options.dora ? now - k_dora_days * k_day : 0;
    if (!options.since.empty()) {
        from = since_of(options.since, now);
    }
    unsigned limit = options.output == "json" ? 0 : k_text_limit;
    if (!options.limit.empty()) {
        limit = config::checked_number(options.limit, 0, k_most_events, {"--limit"});
    }
    const Configuration configuration = load_configuration(session);
    const auto environments = selected(session, configuration);
    const core::EnvironmentTarget target = target_of(configuration, *environments.front());
    session.report["environment"] = target.name;
    session.report["events"] = Json::array();
    if (target.ledger_ref.empty()) {
        session.output.result(fmt::format("{}: the ledger is off", target.name));
        return ExitCode::done;
    }
    const ReadingDesk desk = open_for_reading(session, configuration, environments);
    const std::vector<std::string> names{target.ledger_ref};
    const auto tip = desk.remote->list_refs(names).find(target.ledger_ref);
    if (!tip) {
        session.output.result(fmt::format("{}: no ledger, nothing was ever promoted", target.name));
        return ExitCode::done;
    }
    const core::Chronicle chronicle =
        core::read_chronicle(*desk.remote, target.name, *tip, options.dora ? 0 : limit);
    if (!chronicle.damage.empty()) {
        session.output.warning(
            fmt::format("the ledger of {} ends in damage: {}", target.name, chronicle.damage));
    }
    if (options.dora) {
        report_dora(session, *desk.remote, chronicle, from, now);
    } else {
        print_events(session, chronicle, from);
    }
    return ExitCode::done;
}

}  // namespace headway::cli
