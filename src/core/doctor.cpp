#include "core/doctor.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/probe.hpp"
#include "headway/text.hpp"

namespace headway::core {

namespace {

Error error_of(const Refusal& refusal) {
    return {ExitCode::refused, refusal.what, refusal.because, refusal.hints};
}

Finding judge_branch(const Inspection& inspection) {
    const EnvironmentFacts& facts = inspection.facts;
    const std::string branch = short_ref(facts.branch_ref);
    if (inspection.failure) {
        return problem(Check::branch, facts.name, *inspection.failure);
    }
    if (!facts.tip && !inspection.blocking.empty()) {
        return problem(
            Check::branch, facts.name,
            {ExitCode::refused,
             fmt::format("{} cannot be created", branch),
             fmt::format("there is a branch {}, and git keeps no branch below another one",
                         short_ref(inspection.blocking.front())),
             {fmt::format("another name, as branch: {0}-deploy below environments: {1}: in "
                          ".headway.yml, or delete {0} on the server",
                          short_ref(inspection.blocking.front()), facts.name)}});
    }
    if (!facts.tip) {
        return fine(Check::branch, facts.name,
                    fmt::format("{} does not exist yet: the first promotion makes it", branch));
    }
    if (inspection.move && inspection.move->refusal && facts.relation == Relation::diverged) {
        return problem(Check::branch, facts.name, error_of(*inspection.move->refusal));
    }
    return fine(Check::branch, facts.name,
                fmt::format("{} is at {}", branch, facts.tip->short_hex()));
}

Finding judge_ledger(const Inspection& inspection) {
    const EnvironmentFacts& facts = inspection.facts;
    if (facts.ledger_ref.empty()) {
        return not_checked(Check::ledger, facts.name, "the configuration turns the ledger off");
    }
    if (!facts.ledger_damage.empty()) {
        return problem(Check::ledger, facts.name, error_of(damaged_ledger(facts)));
    }
    if (!facts.ledger_id) {
        return fine(Check::ledger, facts.name, "none yet: the first promotion begins it");
    }
    if (!facts.ledger) {
        return not_checked(Check::ledger, facts.name, "its newest event was not read");
    }
    return fine(Check::ledger, facts.name,
                fmt::format("its newest event: {} at {}", word_of(facts.ledger->event.kind),
                            timestamp(facts.ledger->when)));
}

/// A hold or a freeze that stops nothing at the moment, as there is nothing to promote.
std::optional<Refusal> standing_gate(const Inspection& inspection) {
    const EnvironmentFacts& facts = inspection.facts;
    if (facts.ledger && facts.ledger->event.hold) {
        return Refusal{fmt::format("{} is held", facts.name),
                       text_of(*facts.ledger->event.hold),
                       {fmt::format("headway resume {}", facts.name)}};
    }
    const GateFacts freeze{.after = {}, .soak = {}, .freeze = inspection.target.freeze};
    return judge_gates(freeze, facts.name, inspection.move->to, inspection.now,
                       FreezePolicy::respect)
        .refusal;
}

Finding judge_gates_of(const Inspection& inspection) {
    const EnvironmentFacts& facts = inspection.facts;
    if (!inspection.move) {
        return not_checked(Check::gates, facts.name, "the branch or its source was not read");
    }
    const std::optional<Refusal> refusal =
        inspection.move->refusal ? inspection.move->refusal : standing_gate(inspection);
    if (!refusal) {
        return fine(Check::gates, facts.name, "open");
    }
    if (facts.relation == Relation::diverged || !facts.ledger_damage.empty()) {
        return not_checked(Check::gates, facts.name,
                           "nothing can be promoted before that is mended");
    }
    Finding finding = fine(Check::gates, facts.name, refusal->what);
    finding.because = refusal->because;
    finding.hints = refusal->hints;
    return finding;
}

}  // namespace

std::string_view word_of(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::ok:
            return "ok";
        case Verdict::problem:
            return "problem";
        case Verdict::warning:
            return "warning";
        case Verdict::not_checked:
            break;
    }
    return "not-checked";
}

std::string_view word_of(Check check) noexcept {
    static constexpr std::array<std::string_view, 18> k_words{
        "configuration", "remote", "certificate", "origin",  "source",     "token",
        "access",        "expiry", "branch",      "push",    "force-push", "ledger",
        "ledger-push",   "gates",  "probe",       "version", "channel",    "channel-send"};
    return k_words.at(static_cast<std::size_t>(check));
}

Finding fine(Check check, const std::string& environment, std::string text) {
    return {.check = check,
            .environment = environment,
            .verdict = Verdict::ok,
            .text = std::move(text),
            .because = {},
            .hints = {}};
}

Finding not_checked(Check check, const std::string& environment, std::string reason) {
    Finding finding = fine(check, environment, std::move(reason));
    finding.verdict = Verdict::not_checked;
    return finding;
}

Finding problem(Check check, const std::string& environment, const Error& error) {
    return {.check = check,
            .environment = environment,
            .verdict = Verdict::problem,
            .text = error.what(),
            .because = error.because(),
            .hints = error.hints(),
            .code = error.code() == ExitCode::done ? ExitCode::failed : error.code()};
}

Finding warning(Check check, const std::string& environment, const Error& error) {
    Finding finding = problem(check, environment, error);
    finding.verdict = Verdict::warning;
    finding.code = ExitCode::done;
    return finding;
}

ExitCode code_of(const std::vector<Finding>& findings) noexcept {
    const auto any = [&](auto matches) {
        return std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
            return finding.verdict == Verdict::problem && matches(finding.code);
        });
    };
    for (const ExitCode code : {ExitCode::unauthorised, ExitCode::refused, ExitCode::usage}) {
        if (any([&](ExitCode found) { return found == code; })) {
            return code;
        }
    }
    return any([](ExitCode) { return true; }) ? ExitCode::failed : ExitCode::done;
}

std::vector<Finding> judge_inspection(const Inspection& inspection) {
    return {judge_branch(inspection), judge_ledger(inspection), judge_gates_of(inspection)};
}

Finding judge_version(const EnvironmentConfiguration& environment) {
    std::vector<std::string> names;
    for (const ProbeConfiguration& probe : environment.verify.probes) {
        if (probe.proves_version() || speaks_of_version(probe)) {
            names.push_back(printable(probe.name));
        }
    }
    if (environment.verify.probes.empty()) {
        return warning(
            Check::version, environment.name,
            {ExitCode::usage,
             fmt::format("nothing says where {} runs", environment.name),
             "a promotion will not be verified",
             {fmt::format("url: below environments: {}: in .headway.yml", environment.name)}});
    }
    if (names.empty()) {
        return warning(Check::version, environment.name,
                       {ExitCode::usage,
                        "no probe names the version",
                        "health alone cannot tell the old version from the new",
                        {"json: {/version: \"${short_commit}\"} to a probe"}});
    }
    return fine(Check::version, environment.name,
                fmt::format("told by {}", fmt::join(names, ", ")));
}

}  // namespace headway::core
