#include "cli/proof.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/deliver.hpp"
#include "cli/go_back.hpp"

namespace headway::cli {

namespace {

/// A delivery whose proof is still open.
struct Pending {
    Delivery delivery;
    nlohmann::ordered_json* json;  ///< Its part of the document.
    core::VerifyJob job;
};

/// What to type when the new version does not run: back to the last verified commit, else to what
/// was there before.
std::string rollback_command(const core::Placement& placement) {
    const auto& move = placement.move;
    std::optional<ObjectId> target = move.from;
    if (placement.ledger && placement.ledger->event.verified &&
        *placement.ledger->event.verified != move.to) {
        target = placement.ledger->event.verified;
    }
    if (!target || *target == move.to) {
        return {};
    }
    return fmt::format("headway rollback {} --to {}", move.environment, target->hex());
}

/// A signal came when the branches had moved: what is known, and how to find out the rest.
Interrupted interrupted_at(const Interrupted& error, const std::vector<Pending>& pending) {
    std::vector<std::string> stories;
    std::vector<std::string> hints;
    for (const Pending& one : pending) {
        const std::string& name = one.delivery.environment->name;
        stories.push_back(fmt::format("{} stays at {}", name, one.delivery.to.short_hex()));
        hints.push_back(fmt::format("headway verify {}", name));
    }
    return Interrupted(error.what(),
                       fmt::format("{}; the verification had not ended", fmt::join(stories, ", ")),
                       std::move(hints));
}

/// The error of a version that does not run, with what was done about it.
Error with_story(const Error& failure, const Recovery& recovery) {
    if (recovery.story.empty()) {
        return failure;
    }
    return {failure.code(), failure.what(),
            fmt::format("{}; {}", failure.because(), recovery.story),
            recovery.hints.empty() ? failure.hints() : recovery.hints};
}

/// An old job was run again, and `on_retry: rollback` says what that means.
ExitCode retry(Session& session, Workbench& bench, const Configuration& configuration,
               const EnvironmentConfiguration& environment, const core::Placement& placement,
               nlohmann::ordered_json& json) {
    core::RollbackRequest request;
    request.target = target_of(configuration, environment);
    request.to = placement.move.to.hex();
    request.reason = session.options.reason.empty() ? "the job that deployed it was run again"
                                                    : session.options.reason;
    auto& part = json["rollback"] = nlohmann::ordered_json::object();
    const GoneBack back = go_back(session, bench, configuration, environment, request, part);
    return back.delivered.failure ? fail(session, *back.delivered.failure) : ExitCode::done;
}

Delivery delivery_of(const Session& session, const Configuration& configuration,
                     const EnvironmentConfiguration& environment, const core::Placement& placement,
                     Clock::Steady start) {
    Delivery delivery;
    delivery.environment = &environment;
    delivery.from = placement.move.from.value_or(ObjectId{});
    delivery.to = placement.move.to;
    delivery.moved = placement.moved;
    delivery.ledger = placement.ledger;
    delivery.rollback_command = rollback_command(placement);
    delivery.start = start;
    delivery.proof = session.options.no_verify ? Proof::skipped : Proof::wanted;
    delivery.reason = session.options.reason;
    delivery.tag = tag_of(session, configuration, delivery.to.hex());
    return delivery;
}

/// What comes after the proof of one environment: record, message, and the way back.
ExitCode follow(Session& session, Workbench& bench, const Configuration& configuration,
                const Delivery& delivery, const std::optional<core::VerifyReport>& report,
                nlohmann::ordered_json& json) {
    const Delivered delivered = conclude(session, bench, configuration, delivery, report, json);
    if (!delivered.failure) {
        return ExitCode::done;
    }
    const Recovery recovery = recover(session, bench, configuration, delivery, *report, json);
    return fail(session, with_story(*delivered.failure, recovery));
}

/// What is left of `pending` after those that have a report were followed up.
std::vector<Pending> follow_ended(Session& session, Workbench& bench,
                                  const Configuration& configuration, std::vector<Pending> pending,
                                  const std::vector<std::optional<core::VerifyReport>>& reports,
                                  ExitCode& code) {
    std::vector<Pending> left;
    for (std::size_t index = 0; index < pending.size(); ++index) {
        Pending& one = pending[index];
        if (!reports[index]) {
            left.push_back(std::move(one));
            continue;
        }
        try {
            code = std::max(code, follow(session, bench, configuration, one.delivery,
                                         reports[index], *one.json));
        } catch (const Interrupted& error) {
            throw error.because().empty() ? interrupted_at(error, {one}) : error;
        } catch (const Error& error) {
            // A verdict that could not be recorded is no reason to leave the others alone.
            code = std::max(code, fail(session, error));
        }
    }
    return left;
}

/// Verifies what is pending at the same time. As soon as one has failed it is dealt with, while
/// the others wait; then they go on, with the time that they have left.
ExitCode prove(Session& session, Workbench& bench, const Configuration& configuration,
               std::vector<Pending> pending) {
    ExitCode code = ExitCode::done;
    while (!pending.empty()) {
        std::vector<core::VerifyJob> jobs;
        std::transform(pending.begin(), pending.end(), std::back_inserter(jobs),
                       [](const Pending& one) { return one.job; });
        const auto begin = session.clock.monotonic();
        std::vector<std::optional<core::VerifyReport>> reports;
        try {
            reports = verify_jobs(session, jobs, core::Until::a_failure, &bench.forge());
        } catch (const Interrupted& error) {
            throw interrupted_at(error, pending);
        }
        const auto used = std::chrono::duration_cast<std::chrono::milliseconds>(
            session.clock.monotonic() - begin);
        pending = follow_ended(session, bench, configuration, std::move(pending), reports, code);
        for (Pending& one : pending) {
            VerifyConfiguration& verify = one.job.configuration;
            verify.deadline =
                std::max(verify.deadline - used, verify.interval * verify.consecutive);
        }
    }
    return code;
}

}  // namespace

ExitCode prove_promotion(Session& session, Workbench& bench, const Configuration& configuration,
                         const std::vector<const EnvironmentConfiguration*>& environments,
                         const core::PromoteOutcome& outcome, Clock::Steady start) {
    std::vector<Pending> pending;
    ExitCode code = ExitCode::done;
    for (std::size_t index = 0; index < outcome.placements.size(); ++index) {
        const core::Placement& placement = outcome.placements[index];
        auto& json = session.report["environments"][index];
        if (placement.move.action == core::Action::superseded) {
            continue;
        }
        if (placement.move.action == core::Action::go_back) {
            code = std::max(
                code, retry(session, bench, configuration, *environments[index], placement, json));
            continue;
        }
        Pending one{
            delivery_of(session, configuration, *environments[index], placement, start), &json, {}};
        if (is_to_be_proven(one.delivery)) {
            one.job = job_of(session, one.delivery);
            pending.push_back(std::move(one));
        } else {
            code = std::max(
                code, follow(session, bench, configuration, one.delivery, std::nullopt, json));
        }
    }
    return std::max(code, prove(session, bench, configuration, std::move(pending)));
}

}  // namespace headway::cli
