#include "cli/go_back.hpp"

#include <utility>

#include <fmt/format.h>

#include "cli/report.hpp"
#include "core/hold.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

std::string_view word_of(core::RollbackAction action) {
    switch (action) {
        case core::RollbackAction::reset:
            return "reset";
        case core::RollbackAction::restore:
            return "restore";
        case core::RollbackAction::record:
            return "record";
        case core::RollbackAction::done_already:
            break;
    }
    return "done-already";
}

bool moves(core::RollbackAction action) {
    return action == core::RollbackAction::reset || action == core::RollbackAction::restore;
}

/// How the branch goes back; a rehearsal cannot know what the server allows.
std::string_view way_of(const core::RollbackOutcome& outcome,
                        const core::RollbackRequest& request) {
    if (request.rehearsal == core::Rehearsal::dry_run &&
        request.strategy == core::Strategy::automatic) {
        return "reset, or restore where the server forbids force pushes";
    }
    return word_of(outcome.action);
}

std::string line_of(const core::RollbackOutcome& outcome, const core::RollbackRequest& request) {
    const std::string& environment = request.target.name;
    const bool rehearsal = request.rehearsal == core::Rehearsal::dry_run;
    const bool ledger = !request.target.ledger_ref.empty();
    const std::string to = outcome.to.short_hex();
    if (moves(outcome.action)) {
        // A hold stands in the ledger: without one the next promotion goes ahead.
        const std::string_view held = ledger ? (rehearsal ? " and be held" : " and held")
                                             : ", not held, as the ledger is off";
        return fmt::format("{}: {}{} → {}{}{} ({})", environment, rehearsal ? "would go back " : "",
                           outcome.from.short_hex(), to, rehearsal ? "" : ", rolled back", held,
                           way_of(outcome, request));
    }
    if (outcome.action == core::RollbackAction::record) {
        return fmt::format("{}: {} {} already, {} on record and held", environment, to,
                           rehearsal ? "is there" : "was there",
                           rehearsal ? "would be put" : "now it is");
    }
    return fmt::format("{}: {} is there already", environment, to);
}

void fill(nlohmann::ordered_json& json, const core::RollbackOutcome& outcome,
          const core::RollbackRequest& request) {
    json["environment"] = request.target.name;
    json["branch"] = core::short_ref(request.target.branch_ref);
    json["action"] = word_of(outcome.action);
    json["strategy"] = core::word_of(request.strategy);
    json["from"] = outcome.from.hex();
    json["to"] = outcome.to.hex();
    json["chosen_by"] = outcome.chosen_by.empty() ? nlohmann::ordered_json(nullptr)
                                                  : nlohmann::ordered_json(outcome.chosen_by);
    json["moved"] = outcome.moved;
    json["event"] = outcome.ledger ? nlohmann::ordered_json(outcome.ledger->id.hex()) : nullptr;
    if (request.rehearsal == core::Rehearsal::dry_run) {
        auto& list = json["taken_back"] = nlohmann::ordered_json::array();
        for (const Commit& commit : outcome.taken_back) {
            list.push_back(json_of(commit));
        }
        json["taken_back_cut"] = outcome.taken_back_cut;
    }
}

void show(Session& session, const core::RollbackOutcome& outcome,
          const core::RollbackRequest& request) {
    session.output.result(line_of(outcome, request));
    if (!outcome.chosen_by.empty()) {
        session.output.result(
            fmt::format("  to {}: {}", outcome.to.short_hex(), outcome.chosen_by));
    }
    for (const Commit& commit : outcome.taken_back) {
        session.output.result(fmt::format("  {} {} ({})", commit.id.short_hex(), commit.subject(),
                                          printable(commit.author.name)));
    }
    if (outcome.taken_back_cut) {
        session.output.result("  and more");
    }
}

/// A hold that a promotion of a fix ends by itself.
Recovery hold_after(Session& session, Workbench& bench, const Configuration& configuration,
                    const Delivery& failed, const std::string& reason,
                    nlohmann::ordered_json& json) {
    const std::string& name = failed.environment->name;
    core::HoldRequest request;
    request.targets = {target_of(configuration, *failed.environment)};
    if (request.targets.front().ledger_ref.empty()) {
        return {"not held, as the ledger is off", {}};
    }
    request.reason = reason;
    request.only_at = failed.to;
    const auto verified = failed.ledger ? failed.ledger->event.verified : std::nullopt;
    const ObjectId good = verified && *verified != failed.to ? *verified : failed.from;
    if (!good.is_null() && good != failed.to) {
        request.range = core::BadRange{.good = good, .bad = failed.to};
    }
    const auto outcome = core::change_holds(bench.actors(), request).front();
    json["recovery"] = {{"action", "hold"}, {"held", outcome.changed}};
    if (!outcome.changed) {
        return {"not held, as the branch has left it", {}};
    }
    session.output.result(fmt::format("{}: held at {}", name, failed.to.short_hex()));
    return {fmt::format("{} is held", name),
            {fmt::format("when the cause is mended: headway promote {} --release-hold", name)}};
}

Recovery roll_back_after(Session& session, Workbench& bench, const Configuration& configuration,
                         const Delivery& failed, const std::string& reason,
                         nlohmann::ordered_json& json) {
    core::RollbackRequest request;
    request.target = target_of(configuration, *failed.environment);
    request.reason = reason;
    auto& part = json["recovery"] = nlohmann::ordered_json::object();
    Configuration untagged = configuration;  // The tag is that of what failed.
    untagged.tag = {};
    const GoneBack back = go_back(session, bench, untagged, *failed.environment, request, part);
    const std::string to = back.outcome.to.short_hex();
    Recovery recovery{fmt::format("rolled back to {} and held", to), {}};
    if (back.delivered.failure) {
        recovery.story +=
            fmt::format(", which is not healthy either: {}", back.delivered.report->words);
        recovery.hints.push_back(
            fmt::format("further back: headway rollback {}", failed.environment->name));
    } else if (back.delivered.report) {
        recovery.story += fmt::format(", which is {}", back.delivered.report->words);
    }
    recovery.hints.push_back(
        fmt::format("mend it on the source branch by a revert, then promote that: the hold ends "
                    "by itself; or: headway promote {} --release-hold",
                    failed.environment->name));
    return recovery;
}

}  // namespace

GoneBack go_back(Session& session, Workbench& bench, const Configuration& configuration,
                 const EnvironmentConfiguration& environment, const core::RollbackRequest& request,
                 nlohmann::ordered_json& json) {
    const auto start = session.clock.monotonic();
    GoneBack back;
    back.outcome = core::roll_back(bench.actors(), request);
    fill(json, back.outcome, request);
    show(session, back.outcome, request);
    if (request.rehearsal == core::Rehearsal::dry_run) {
        return back;
    }
    Delivery delivery;
    delivery.environment = &environment;
    delivery.event = DeploymentEvent::rolled_back;
    delivery.from = back.outcome.from;
    delivery.to = back.outcome.to;
    delivery.moved = back.outcome.moved;
    delivery.ledger = back.outcome.ledger;
    delivery.start = start;
    delivery.proof = session.options.no_verify ? Proof::skipped : Proof::wanted;
    delivery.reason = request.reason;
    delivery.tag = tag_of(session, configuration, delivery.to.hex());
    try {
        back.delivered = deliver(session, bench, configuration, delivery, json);
    } catch (const Interrupted& error) {
        if (!error.because().empty()) {
            throw;
        }
        throw Interrupted(error.what(),
                          fmt::format("{} is rolled back to {}; the verification had not ended",
                                      environment.name, delivery.to.short_hex()),
                          {"headway verify " + environment.name});
    }
    return back;
}

Recovery recover(Session& session, Workbench& bench, const Configuration& configuration,
                 const Delivery& failed, const core::VerifyReport& report,
                 nlohmann::ordered_json& json) {
    const OnUnhealthy wanted = failed.environment->on_unhealthy.value;
    if (wanted == OnUnhealthy::fail) {
        return {};
    }
    if (failed.ledger && failed.ledger->event.hold) {
        return {fmt::format("{} is held already, and left as it is", failed.environment->name), {}};
    }
    const std::string reason =
        fmt::format("{} was not healthy: {}", failed.to.short_hex(), report.words);
    if (wanted == OnUnhealthy::hold) {
        return hold_after(session, bench, configuration, failed, reason, json);
    }
    try {
        return roll_back_after(session, bench, configuration, failed, reason, json);
    } catch (const Interrupted&) {
        throw;
    } catch (const Error& error) {
        session.output.warning(error);
        json["recovery"]["error"] = json_of(error);
        Recovery held = hold_after(session, bench, configuration, failed, reason, json);
        held.story = fmt::format("it could not be rolled back ({}); {}", error.what(), held.story);
        held.hints.insert(held.hints.begin(), error.hints().begin(), error.hints().end());
        return held;
    }
}

}  // namespace headway::cli
