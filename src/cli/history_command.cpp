#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/flags.hpp"
#include "cli/report.hpp"
#include "cli/since.hpp"
#include "cli/table.hpp"
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
constexpr std::size_t k_person_bytes = 40;
constexpr std::size_t k_reason_bytes = 100;
constexpr std::size_t k_change_generations = 10'000;

/// What the command line asks for.
struct Asked {
    std::int64_t now = 0;
    std::int64_t since = 0;  ///< 0: from the beginning.
    unsigned limit = 0;      ///< 0: all.
    bool dora = false;
};

Asked asked_of(const Session& session) {
    const Options& options = session.options;
    Asked asked;
    asked.now = session.clock.now().time_since_epoch().count();
    asked.dora = options.dora;
    if (!options.since.empty()) {
        asked.since = since_of(options.since, asked.now);
    } else if (options.dora) {
        asked.since = asked.now - k_dora_days * k_day;
    }
    asked.limit = options.output == "json" ? 0 : k_text_limit;
    if (!options.limit.empty()) {
        asked.limit = config::checked_number(options.limit, 0, k_most_events, {"--limit"});
    }
    return asked;
}

/// No more generations than are asked for. How many there are since a moment is not known: ever
/// more are read from the newest on, as not every server hands out what lies behind.
core::Chronicle read_events(GitRemote& remote, const std::string& environment, const ObjectId& tip,
                            const Asked& asked) {
    if (asked.limit != 0 && !asked.dora) {
        return core::read_chronicle(remote, environment, tip, asked.limit);
    }
    if (asked.since == 0) {
        return core::read_chronicle(remote, environment, tip, 0);
    }
    constexpr std::array<std::size_t, 3> k_steps{256, 8192, 0};
    core::Chronicle chronicle;
    for (const std::size_t generations : k_steps) {
        chronicle = core::read_chronicle(remote, environment, tip, generations);
        if (!chronicle.cut || chronicle.events.empty() ||
            chronicle.events.back().when < asked.since) {
            break;
        }
    }
    return chronicle;
}

/// The same; a ledger whose ref points to what is no commit is damaged from the start.
core::Chronicle read_or_tell(GitRemote& remote, const std::string& environment, const ObjectId& tip,
                             const Asked& asked) {
    try {
        core::Chronicle chronicle = read_events(remote, environment, tip, asked);
        if (chronicle.events.empty() && chronicle.damage.empty()) {
            chronicle.damage = tip.short_hex() + " is no commit";
        }
        return chronicle;
    } catch (const Interrupted&) {
        throw;
    } catch (const TransportError&) {
        throw;
    } catch (const Error& error) {
        if (error.code() == ExitCode::unauthorised) {
            throw;
        }
        return {.events = {},
                .cut = false,
                .damage = error.because().empty()
                              ? error.what()
                              : fmt::format("{}: {}", error.what(), error.because())};
    }
}

/// Those to be shown.
std::vector<core::LedgerTip> chosen(const core::Chronicle& chronicle, const Asked& asked) {
    std::vector<core::LedgerTip> events;
    for (const core::LedgerTip& event : chronicle.events) {
        if (event.when >= asked.since && (asked.limit == 0 || events.size() < asked.limit)) {
            events.push_back(event);
        }
    }
    return events;
}

Json json_of(const std::optional<ObjectId>& id) {
    return id && !id->is_null() ? Json(id->hex()) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(printable(text));
}

Json json_of(const std::optional<core::Hold>& hold) {
    if (!hold) {
        return nullptr;
    }
    return {{"since", core::timestamp(hold->since)},
            {"by", text_or_null(hold->by)},
            {"reason", text_or_null(hold->reason)},
            {"good", hold->range ? Json(hold->range->good.hex()) : Json(nullptr)},
            {"bad", hold->range ? Json(hold->range->bad.hex()) : Json(nullptr)}};
}

Json json_of(const core::LedgerTip& tip) {
    const core::Event& event = tip.event;
    Json json;
    json["id"] = tip.id.hex();
    json["time"] = core::timestamp(tip.when);
    json["event"] = core::word_of(event.kind);
    json["commit"] = json_of(std::optional(event.commit));
    json["tip"] = json_of(event.tip);
    json["previous"] = json_of(event.previous);
    json["verified"] = json_of(event.verified);
    json["verified_since"] = event.verified && event.verified_since != 0
                                 ? Json(core::timestamp(event.verified_since))
                                 : Json(nullptr);
    json["drift"] = json_of(event.drift);
    json["overridden"] = text_or_null(event.overridden);
    json["hold"] = json_of(event.hold);
    json["actor"] = text_or_null(event.actor);
    json["run"] = text_or_null(event.run_url);
    json["reason"] = text_or_null(event.reason);
    return json;
}

std::string notes_of(const core::Event& event) {
    std::vector<std::string> notes;
    if (event.drift) {
        notes.push_back("drift: expected " + event.drift->short_hex());
    }
    if (!event.overridden.empty()) {
        notes.push_back("overrides " + printable(event.overridden, k_reason_bytes));
    }
    if (!event.reason.empty()) {
        notes.push_back(printable(event.reason, k_reason_bytes));
    } else if (event.kind == core::EventKind::held && event.hold) {
        notes.push_back(printable(event.hold->reason, k_reason_bytes));
    }
    return fmt::format("{}", fmt::join(notes, "; "));
}

void show_events(Session& session, const std::vector<core::LedgerTip>& events) {
    std::vector<std::vector<std::string>> rows{{"TIME", "EVENT", "COMMIT", "BY", ""}};
    for (const core::LedgerTip& tip : events) {
        const core::Event& event = tip.event;
        rows.push_back({core::timestamp(tip.when), std::string(core::word_of(event.kind)),
                        event.commit.is_null() ? "-" : event.commit.short_hex(),
                        event.actor.empty() ? "-" : printable(event.actor, k_person_bytes),
                        notes_of(event)});
    }
    for (const std::string& line : aligned(rows)) {
        session.output.result(line);
    }
}

struct Definition {
    const char* key;
    const char* name;
    const char* words;
};
constexpr std::array<Definition, 4> k_definitions{{
    {"deployment_frequency", "deployment frequency",
     "promotions of another commit than the one deployed before"},
    {"lead_time_for_changes", "lead time for changes",
     "from a commit's committer time to the promotion that brought it"},
    {"change_failure_rate", "change failure rate",
     "deployments found unhealthy or rolled back, of all deployments"},
    {"time_to_restore", "time to restore",
     "from the unhealthy verdict, else the rollback, to another commit's verified"},
}};
constexpr std::string_view k_source = "https://dora.dev/guides/dora-metrics/";
constexpr std::string_view k_no_data = "no data";

std::string words_of(const std::optional<core::Spread>& spread, std::string_view one,
                     std::string_view many) {
    return spread ? fmt::format("median {}, 90th percentile {} ({} {})",
                                mean_duration(spread->median), mean_duration(spread->percentile_90),
                                spread->count, spread->count == 1 ? one : many)
                  : std::string(k_no_data);
}

Json json_of(const std::optional<core::Spread>& spread) {
    if (!spread) {
        return nullptr;
    }
    return {{"count", spread->count},
            {"median_seconds", spread->median},
            {"percentile_90_seconds", spread->percentile_90}};
}

void show_dora(Session& session, const core::DoraMetrics& metrics) {
    const std::array<std::string, 4> values{
        fmt::format("{:.2f} a day ({} in all)", metrics.per_day, metrics.deployments),
        words_of(metrics.lead_time, "commit", "commits"),
        metrics.failure_rate ? fmt::format("{:.0f} % ({} of {})", *metrics.failure_rate * 100,
                                           metrics.failed, metrics.deployments)
                             : std::string(k_no_data),
        words_of(metrics.restore_time, "failure", "failures") +
            (metrics.unrestored == 0 ? "" : fmt::format(", {} not restored", metrics.unrestored))};
    std::vector<std::vector<std::string>> rows{
        {"period", core::timestamp(metrics.from) + " to " + core::timestamp(metrics.to)}};
    std::vector<std::vector<std::string>> definitions;
    for (std::size_t index = 0; index < values.size(); ++index) {
        rows.push_back({k_definitions[index].name, values[index]});
        definitions.push_back({k_definitions[index].name, k_definitions[index].words});
    }
    for (const std::string& line : aligned(rows)) {
        session.output.result(line);
    }
    session.output.result(fmt::format("\nBy DORA, {}:", k_source));
    for (const std::string& line : aligned(definitions)) {
        session.output.result(line);
    }
}

Json json_of(const core::DoraMetrics& metrics, bool cut) {
    Json json;
    json["from"] = core::timestamp(metrics.from);
    json["to"] = core::timestamp(metrics.to);
    json["deployments"] = metrics.deployments;
    json["failed_deployments"] = metrics.failed;
    json["not_restored"] = metrics.unrestored;
    json["deployments_per_day"] = metrics.per_day;
    json["lead_time_for_changes"] = json_of(metrics.lead_time);
    json["lead_time_cut"] = cut;
    json["change_failure_rate"] =
        metrics.failure_rate ? Json(*metrics.failure_rate) : Json(nullptr);
    json["time_to_restore"] = json_of(metrics.restore_time);
    for (const Definition& definition : k_definitions) {
        json["definitions"][definition.key] = definition.words;
    }
    json["source"] = k_source;
    return json;
}

void tell_dora(Session& session, GitRemote& remote, const core::Chronicle& chronicle,
               const Asked& asked) {
    const auto rollouts = core::rollouts_of(chronicle.events, asked.since);
    CommitList changes;
    if (const auto wanted = core::changes_wanted(rollouts)) {
        try {
            changes = remote.commits_between(wanted->wants, wanted->haves,
                                             Reach{.generations = k_change_generations});
        } catch (const UnknownObject& error) {
            session.output.warning(Error(error.code(), "the lead time is not known", error.what()));
        }
    }
    if (changes.cut) {
        session.output.warning(
            fmt::format("the lead time is that of the newest {} commits", changes.commits.size()));
    }
    const core::DoraMetrics metrics = core::dora_of(rollouts, changes, asked.since, asked.now);
    session.report["dora"] = json_of(metrics, changes.cut);
    show_dora(session, metrics);
}

void tell_events(Session& session, const core::Chronicle& chronicle,
                 const std::vector<core::LedgerTip>& events, const Asked& asked) {
    if (events.empty() && chronicle.damage.empty()) {
        session.output.result("nothing happened since " + core::timestamp(asked.since));
    } else if (!events.empty()) {
        show_events(session, events);
    }
    if (chronicle.cut && !events.empty() && events.size() == chronicle.events.size()) {
        session.output.result("there is more: --limit 0");
    }
}

/// Nothing was found to read: said, and no failure.
ExitCode without_ledger(Session& session, const std::string& line) {
    session.output.result(line);
    return ExitCode::done;
}

}  // namespace

void configure_history(CLI::App& app, Options& options) {
    add_environments(app, options, Plurality::one);
    add_setting_flags(app, options);
    add_option(app, "--since", options.since, "30d, 12h, 2026-11-01 or an RFC 3339 time", "WHEN");
    add_option(app, "--limit", options.limit, "So many events; 0: all [20, in JSON all]", "N");
    add_flag(app, "--dora", options.dora, "DORA's metrics instead [of the last 30d]");
}

ExitCode run_history(Session& session) {
    const Asked asked = asked_of(session);
    const Configuration configuration = load_configuration(session);
    const auto environments = selected(session, configuration);
    const core::EnvironmentTarget target = target_of(configuration, *environments.front());
    session.report["environment"] = target.name;
    session.report["ledger"] = target.ledger_ref.empty() ? Json(nullptr) : Json(target.ledger_ref);
    session.report["events"] = Json::array();
    session.report["cut"] = false;
    session.report["damage"] = nullptr;
    session.report["dora"] = nullptr;
    if (target.ledger_ref.empty()) {
        return without_ledger(session, target.name + " has no history, as the ledger is off");
    }
    ReadingDesk desk(session, configuration, environments);
    const std::vector<std::string> names{target.ledger_ref};
    const auto tip = desk.read(
        [&](GitRemote& remote) { return remote.list_refs(names).find(target.ledger_ref); });
    if (!tip) {
        return without_ledger(session, fmt::format("{} has no history: the remote has no {}",
                                                   target.name, target.ledger_ref));
    }
    const core::Chronicle chronicle = read_or_tell(desk.remote(), target.name, *tip, asked);
    const auto events = chosen(chronicle, asked);
    for (const core::LedgerTip& event : events) {
        session.report["events"].push_back(json_of(event));
    }
    session.report["cut"] = chronicle.cut || events.size() < chronicle.events.size();
    if (!chronicle.damage.empty()) {
        session.report["damage"] = printable(chronicle.damage);
        session.output.warning(
            Error(ExitCode::failed,
                  fmt::format("the ledger of {} cannot be read to its beginning", target.name),
                  chronicle.damage));
    }
    if (asked.dora) {
        tell_dora(session, desk.remote(), chronicle, asked);
    } else {
        tell_events(session, chronicle, events, asked);
    }
    return ExitCode::done;
}

}  // namespace headway::cli
