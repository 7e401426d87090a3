#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/flags.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"
#include "cli/workbench.hpp"
#include "core/status.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t k_named = 5;  // environments and commands in the error of --check
constexpr std::size_t k_person_bytes = 40;

std::vector<core::StatusTarget> targets_of(
    const Configuration& configuration,
    const std::vector<const EnvironmentConfiguration*>& environments) {
    std::vector<core::StatusTarget> targets;
    targets.reserve(environments.size());
    for (const EnvironmentConfiguration* environment : environments) {
        targets.push_back({.refs = target_of(configuration, *environment),
                           .verifiable = !environment->verify.probes.empty()});
    }
    return targets;
}

std::vector<const EnvironmentConfiguration*> asked_for(const Session& session,
                                                       const Configuration& configuration) {
    if (!session.options.flags.environments.empty() || configuration.environments.empty()) {
        return selected(session, configuration);
    }
    std::vector<const EnvironmentConfiguration*> all;
    for (const EnvironmentConfiguration& environment : configuration.environments) {
        all.push_back(&environment);
    }
    return all;
}

std::string behind_of(const core::EnvironmentStatus& status) {
    return status.behind
               ? fmt::format("{}{}", status.behind->commits, status.behind->at_least ? "+" : "")
               : "-";
}

/// What the other columns do not tell.
std::string notes_of(const core::EnvironmentStatus& status, const std::string& source) {
    std::vector<std::string> notes;
    for (const core::Attention& attention : status.attention) {
        if (attention.concern != core::Concern::unhealthy &&
            attention.concern != core::Concern::unverified) {
            notes.push_back(core::word_of(attention.concern, source));
        }
    }
    if (status.joined) {
        notes.emplace_back("joined");
    }
    return fmt::format("{}", fmt::join(notes, ", "));
}

void show_table(Session& session, const core::StatusFacts& facts,
                const std::vector<core::EnvironmentStatus>& list, std::int64_t now) {
    std::vector<std::vector<std::string>> rows{
        {"ENVIRONMENT", "COMMIT", "VERDICT", "BEHIND", "AGE", "BY", ""}};
    for (const core::EnvironmentStatus& status : list) {
        // Nobody knows when, and by whom, a branch was moved past its ledger.
        const bool told = status.newest && !status.drifted;
        const std::string by =
            told ? printable(status.newest->event.actor, k_person_bytes) : std::string();
        rows.push_back({status.name, status.commit ? status.commit->short_hex() : "-",
                        status.standing == core::Standing::unknown
                            ? "-"
                            : std::string(core::word_of(status.standing)),
                        behind_of(status), told ? rough_duration(now - status.newest->when) : "-",
                        by.empty() ? "-" : by, notes_of(status, facts.source)});
    }
    for (const std::string& line : aligned(rows)) {
        session.output.result(line);
    }
}

void show_details(Session& session, const std::vector<core::EnvironmentStatus>& list) {
    bool first = true;
    for (const core::EnvironmentStatus& status : list) {
        for (const core::Attention& attention : status.attention) {
            session.output.result(
                fmt::format("{}{}: {}", first ? "\n" : "", status.name, attention.what));
            first = false;
            for (const std::string& hint : attention.hints) {
                session.output.result("  try: " + hint);
            }
        }
    }
}

Json json_of(const std::optional<ObjectId>& id) {
    return id && !id->is_null() ? Json(id->hex()) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(printable(text));
}

Json json_of(const core::LedgerTip& newest) {
    const core::Event& event = newest.event;
    return {{"id", newest.id.hex()},
            {"event", core::word_of(event.kind)},
            {"time", core::timestamp(newest.when)},
            {"commit", json_of(std::optional(event.commit))},
            {"tip", json_of(event.tip)},
            {"actor", text_or_null(event.actor)},
            {"run", text_or_null(event.run_url)},
            {"reason", text_or_null(event.reason)}};
}

Json json_of(const core::Hold& hold) {
    Json json{{"since", core::timestamp(hold.since)},
              {"by", text_or_null(hold.by)},
              {"reason", text_or_null(hold.reason)},
              {"good", nullptr},
              {"bad", nullptr}};
    if (hold.range) {
        json["good"] = hold.range->good.hex();
        json["bad"] = hold.range->bad.hex();
    }
    return json;
}

Json json_of(const core::EnvironmentStatus& status, const std::string& source, std::int64_t now) {
    const auto* const event = status.newest ? &status.newest->event : nullptr;
    Json json;
    json["environment"] = status.name;
    json["branch"] = core::short_ref(status.branch_ref);
    json["tip"] = json_of(status.tip);
    json["commit"] = json_of(status.commit);
    json["joined"] = status.joined;
    json["deployed"] = !status.concerned(core::Concern::never_deployed);
    json["verdict"] = status.standing == core::Standing::unknown
                          ? Json(nullptr)
                          : Json(core::word_of(status.standing));
    json["verified"] = event == nullptr ? Json(nullptr) : json_of(event->verified);
    json["verified_since"] = event != nullptr && event->verified && event->verified_since != 0
                                 ? Json(core::timestamp(event->verified_since))
                                 : Json(nullptr);
    json["on_source"] = status.on_source ? Json(*status.on_source) : Json(nullptr);
    json["behind"] = status.behind ? Json(status.behind->commits) : Json(nullptr);
    json["behind_at_least"] = status.behind && status.behind->at_least;
    json["age_seconds"] =
        status.newest ? Json(std::max<std::int64_t>(now - status.newest->when, 0)) : Json(nullptr);
    json["ledger"] = status.ledger_ref.empty() ? Json(nullptr) : Json(status.ledger_ref);
    json["ledger_damage"] = text_or_null(status.ledger_damage);
    json["event"] = status.newest ? json_of(*status.newest) : Json(nullptr);
    json["hold"] = event != nullptr && event->hold ? json_of(*event->hold) : Json(nullptr);
    json["drift"] = nullptr;
    if (status.drifted) {
        json["drift"] = {{"expected", json_of(std::optional(event->branch_tip()))},
                         {"found", json_of(status.tip)}};
    }
    auto& attention = json["attention"] = Json::array();
    for (const core::Attention& entry : status.attention) {
        attention.push_back({{"concern", core::word_of(entry.concern, source)},
                             {"what", entry.what},
                             {"try", entry.hints}});
    }
    return json;
}

void fill_report(Session& session, const core::StatusFacts& facts,
                 const std::vector<core::EnvironmentStatus>& list, std::int64_t now) {
    session.report["time"] = core::timestamp(now);
    session.report["source"] = {{"branch", facts.source}, {"commit", json_of(facts.source_tip)}};
    auto& environments = session.report["environments"] = Json::array();
    for (const core::EnvironmentStatus& status : list) {
        environments.push_back(json_of(status, facts.source, now));
    }
}

/// The refusal of --check: names who and what, and how to begin.
Error not_all_well(const core::StatusFacts& facts,
                   const std::vector<core::EnvironmentStatus>& list) {
    std::vector<std::string> named;
    std::vector<std::string> hints;
    std::size_t concerned = 0;
    for (const core::EnvironmentStatus& status : list) {
        if (status.attention.empty() || ++concerned > k_named) {
            continue;
        }
        std::vector<std::string> words;
        for (const core::Attention& attention : status.attention) {
            words.push_back(core::word_of(attention.concern, facts.source));
        }
        named.push_back(fmt::format("{}: {}", status.name, fmt::join(words, ", ")));
        hints.push_back(status.attention.front().hints.front());
    }
    std::string because = fmt::format("{}", fmt::join(named, "; "));
    if (concerned > k_named) {
        because += fmt::format("; and {} more", concerned - k_named);
    }
    return {ExitCode::refused,
            fmt::format("{} of {} environment{} need{} attention", concerned, list.size(),
                        list.size() == 1 ? "" : "s", concerned == 1 ? "s" : ""),
            std::move(because), std::move(hints)};
}

}  // namespace

void configure_status(CLI::App& app, Options& options) {
    add_environments(app, options, Plurality::any_number);
    add_setting_flags(app, options);
    add_flag(app, "--check", options.check, "Exit 3 when any environment needs attention");
}

ExitCode run_status(Session& session) {
    const Configuration configuration = load_configuration(session);
    const auto environments = asked_for(session, configuration);
    ReadingDesk desk(session, configuration, environments);
    const core::StatusFacts facts = desk.read([&](GitRemote& remote) {
        return core::read_status(remote, configuration.source.value,
                                 targets_of(configuration, environments));
    });
    const auto list = core::status_of(facts);
    const std::int64_t now = session.clock.now().time_since_epoch().count();
    if (!facts.source_tip) {
        session.output.warning(Error(
            ExitCode::failed, fmt::format("the remote has no branch {}", printable(facts.source)),
            "how far each environment is behind it is not known",
            {"name the branch to promote from: source: BRANCH in .headway.yml, or "
             "--source BRANCH"}));
    }
    fill_report(session, facts, list, now);
    show_table(session, facts, list, now);
    show_details(session, list);
    const bool well = std::all_of(list.begin(), list.end(),
                                  [](const auto& status) { return status.attention.empty(); });
    return well || !session.options.check ? ExitCode::done
                                          : fail(session, not_all_well(facts, list));
}

}  // namespace headway::cli
