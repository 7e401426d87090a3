#pragma once

#include <string>
#include <vector>

#include "core/promote.hpp"
#include "fakes.hpp"

namespace headway::fakes {

/// A server with main = A1 ← A2 ← A3 and a fake for everything that acting needs.
struct Stage {
    Stage() {
        first = remote.commit(0xA1, {}, "First");
        second = remote.commit(0xA2, {first}, "Second");
        third = remote.commit(0xA3, {second}, "Third");
        remote.refs["refs/heads/main"] = third;
    }

    [[nodiscard]] core::Actors actors() {
        return {.remote = remote,
                .forge = forge,
                .clock = clock,
                .trace = trace,
                .context = {},
                .author = {.name = "headway",
                           .email = "headway@example.com",
                           .actor = "ann",
                           .run_url = "https://ci/1"}};
    }

    static core::EnvironmentTarget target(const std::string& name) {
        return {.name = name,
                .branch_ref = "refs/heads/" + name,
                .ledger_ref = "refs/headway/ledger/" + name};
    }

    static core::PromoteRequest request(const std::vector<std::string>& environments,
                                        const std::string& commit = "") {
        core::PromoteRequest request;
        request.survey.source = "main";
        request.survey.commit = commit;
        for (const std::string& name : environments) {
            request.survey.environments.push_back(target(name));
        }
        return request;
    }

    core::PromoteOutcome promote(const std::vector<std::string>& environments,
                                 const std::string& commit = "") {
        return core::promote(actors(), request(environments, commit));
    }

    /// The words of a ledger's events, newest first.
    [[nodiscard]] std::vector<std::string> words(const std::string& environment) const {
        std::vector<std::string> words;
        for (const Commit& commit : remote.ledger("refs/headway/ledger/" + environment)) {
            const auto event = core::read_event(commit, environment);
            const auto* const tip = std::get_if<core::LedgerTip>(&event);
            words.push_back(tip == nullptr ? "?"
                                           : std::string(core::word_of(tip->event.kind)) + " " +
                                                 tip->event.commit.hex().substr(0, 2));
        }
        return words;
    }

    FakeRemote remote;
    FakeForge forge;
    FakeClock clock;
    FakeTrace trace;
    ObjectId first;
    ObjectId second;
    ObjectId third;
};

}  // namespace headway::fakes
