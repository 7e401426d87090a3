#include "core/rollback_target.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "headway/http.hpp"

namespace headway::core {

namespace {

std::string way_to_look(const RollbackRequest& request) {
    return fmt::format("to see what was on the branch: git fetch <remote> {} && git log FETCH_HEAD",
                       request.target.branch_ref);
}

std::string way_to_name(const RollbackRequest& request) {
    return fmt::format("headway rollback {} --to SHA", request.target.name);
}

Error no_ledger(const RollbackRequest& request, const EnvironmentFacts& environment) {
    std::string because = "the ledger is off";
    if (!environment.ledger_damage.empty()) {
        because = fmt::format("the ledger {} is damaged: {}", request.target.ledger_ref,
                              environment.ledger_damage);
    } else if (!request.target.ledger_ref.empty()) {
        because = fmt::format("the remote has no ledger {}", request.target.ledger_ref);
    }
    return {ExitCode::refused,
            fmt::format("no commit to go back to is known for {}", request.target.name),
            std::move(because),
            {way_to_name(request), way_to_look(request)}};
}

Error no_station(const RollbackRequest& request, const std::vector<Station>& known,
                 const ObjectId& deployed) {
    constexpr std::size_t k_most = 5;
    std::string names;
    std::size_t count = 0;
    for (const Station& station : known) {
        if (station.commit != deployed && count++ < k_most) {
            names += fmt::format("{}{} (since {}{})", names.empty() ? "" : ", ",
                                 station.commit.short_hex(), timestamp(station.since),
                                 station.failed ? ", found unhealthy" : "");
        }
    }
    std::string because = names.empty()
                              ? "the ledger tells of no deployment before the present one"
                              : fmt::format("{}; deployments before: {}",
                                            request.steps == 0 ? "none of them was verified"
                                                               : "there are not so many steps",
                                            names);
    std::vector<std::string> hints{way_to_name(request)};
    if (!names.empty() && request.steps == 0) {
        hints.insert(hints.begin(),
                     fmt::format("to the deployment before, unverified: headway rollback {} "
                                 "--steps 1",
                                 request.target.name));
    }
    hints.push_back(way_to_look(request));
    return {
        ExitCode::refused,
        request.steps == 0
            ? fmt::format("no verified commit to go back to is known for {}", request.target.name)
            : fmt::format("{} has no deployment {} steps back", request.target.name, request.steps),
        std::move(because), std::move(hints)};
}

/// The environment is held at what is deployed, by a rollback.
bool rolled_back_before(const RollbackFacts& facts) {
    const auto& ledger = facts.environment.ledger;
    return ledger && ledger->event.hold && ledger->event.hold->range &&
           ledger->event.hold->range->good == facts.from;
}

/// A doubtful station counts only where the branch contains it.
void drop_newer(GitRemote& remote, const ObjectId& tip, std::vector<Station>& known) {
    std::erase_if(known, [&](const Station& station) {
        return station.doubtful && station.commit != tip && !contains(remote, tip, station.commit);
    });
}

/// What the ledger chooses; nothing when it knows of none.
std::optional<Station> choose(GitRemote& remote, const RollbackRequest& request,
                              const Chronicle& chronicle, RollbackFacts& facts) {
    std::vector<Station> known = stations(chronicle);
    const bool again = rolled_back_before(facts);
    if (request.steps == 0) {
        if (again && !known.empty() && known.front().commit == facts.from &&
            !known.front().failed) {
            return known.front();
        }
        drop_newer(remote, facts.tip, known);
        return last_verified(known, facts.from);
    }
    if (again) {
        const ObjectId& bad = facts.environment.ledger->event.hold->range->bad;
        return steps_back(stations(before_rollbacks(chronicle)), bad, request.steps);
    }
    drop_newer(remote, facts.tip, known);
    return steps_back(known, facts.from, request.steps);
}

void find_by_ledger(GitRemote& remote, const RollbackRequest& request, RollbackFacts& facts) {
    EnvironmentFacts& environment = facts.environment;
    if (!environment.ledger_id) {
        throw no_ledger(request, environment);
    }
    std::vector<Station> known;
    const auto look = [&](std::size_t, const Chronicle& chronicle) {
        if (chronicle.events.empty()) {
            environment.ledger_damage = chronicle.damage;
            return false;
        }
        environment.ledger = chronicle.events.front();
        environment.joined = claims_own_tip(environment);
        facts.from = *environment.deployed();
        known = stations(chronicle);
        facts.station = choose(remote, request, chronicle, facts);
        return facts.station.has_value();
    };
    try {
        search_chronicles(remote, {{environment.name, *environment.ledger_id}}, look);
    } catch (const UnknownObject& missing) {
        environment.ledger_damage = missing.what();
    } catch (const TransportError&) {
        throw;
    } catch (const Error& error) {
        if (error.code() != ExitCode::failed) {
            throw;
        }
        environment.ledger_damage = error.what();  // Its ref points to no commit.
    }
    if (!environment.ledger) {
        throw no_ledger(request, environment);
    }
    if (!facts.station) {
        throw no_station(request, known, facts.from);
    }
    facts.to = facts.station->commit;
    facts.chosen_by = fmt::format(
        "{}, deployed {}",
        request.steps == 0
            ? std::string("the last verified commit")
            : fmt::format("{} {} back", request.steps, request.steps == 1 ? "step" : "steps"),
        timestamp(facts.station->since));
}

/// Which of the target and the ledger's newest event the branch's history does not contain.
Newest not_on_branch(GitRemote& remote, const RollbackFacts& facts, const std::string& branch) {
    std::vector<ObjectId> tips;
    std::vector<ObjectId> ledgers;
    if (facts.to != facts.tip) {
        tips.push_back(facts.to);
    }
    if (facts.environment.ledger_id) {
        ledgers.push_back(*facts.environment.ledger_id);
    }
    try {
        const std::vector<ObjectId> haves{facts.tip};
        return read_newest(remote, tips, ledgers, haves);
    } catch (const UnknownObject& unknown) {
        if (unknown.id() != facts.to) {
            throw;
        }
        throw Error(ExitCode::refused,
                    fmt::format("{} was never on {}", facts.to.short_hex(), branch),
                    unknown.because(),
                    {fmt::format("choose a commit from: git log {}", facts.tip.short_hex())});
    }
}

/// A commit that the branch does not contain now: only one that was deployed here counts, and not
/// one that is newer than what is there.
void require_deployed_before(GitRemote& remote, RollbackFacts& facts, const std::string& branch) {
    const EnvironmentFacts& environment = facts.environment;
    if (environment.ledger) {
        search_chronicles(remote, {{environment.name, *environment.ledger_id}},
                          [&](std::size_t, const Chronicle& chronicle) {
                              facts.station = ever_deployed(chronicle, facts.to);
                              return facts.station.has_value();
                          });
    }
    if (facts.station && !contains(remote, facts.to, facts.from)) {
        return;
    }
    throw Error(
        ExitCode::refused, fmt::format("{} was never on {}", facts.to.short_hex(), branch),
        fmt::format("the history of {} ({}) does not contain it", branch, facts.tip.short_hex()),
        {fmt::format("choose a commit from: git log {}", facts.tip.short_hex()),
         fmt::format("or go forward: headway promote {} --commit {}", environment.name,
                     facts.to.hex())});
}

void take_named(GitRemote& remote, const RollbackRequest& request, RollbackFacts& facts) {
    const std::string branch = short_ref(request.target.branch_ref);
    CommitSearch search{.known = {facts.tip},
                        .checkout = request.checkout,
                        .branch_tip = facts.tip,
                        .branch = branch};
    facts.to = find_commit(remote, request.to, search);
    const Newest absent = not_on_branch(remote, facts, branch);
    read_ledger(absent, facts.environment);
    facts.environment.joined = claims_own_tip(facts.environment);
    facts.from = *facts.environment.deployed();
    if (facts.to != facts.tip && absent.commits.find(facts.to) != nullptr) {
        require_deployed_before(remote, facts, branch);
    }
}

}  // namespace

RollbackFacts read_rollback_facts(GitRemote& remote, const RollbackRequest& request) {
    std::vector<std::string> names;
    add_refs(request.target, names);
    RollbackFacts facts;
    facts.environment = facts_of(request.target, remote.list_refs(names));
    if (!facts.environment.tip) {
        throw Error(
            ExitCode::refused, fmt::format("{} has nothing to roll back", request.target.name),
            fmt::format("the remote has no branch {}", short_ref(request.target.branch_ref)),
            {"deploy first: headway promote " + request.target.name});
    }
    facts.tip = facts.from = *facts.environment.tip;
    if (request.to.empty()) {
        find_by_ledger(remote, request, facts);
    } else {
        take_named(remote, request, facts);
    }
    return facts;
}

ObjectId tree_of(GitRemote& remote, const ObjectId& commit) {
    const std::vector<ObjectId> wants{commit};
    const CommitList list = remote.commits_between(wants, {}, Reach{.generations = 1});
    const Commit* const found = list.find(commit);
    if (found == nullptr) {
        throw UnknownObject(commit, "the server did not send it");
    }
    return found->tree;
}

bool has_same_files(GitRemote& remote, const ObjectId& one, const ObjectId& other) {
    const std::vector<ObjectId> wants{one, other};
    const CommitList list = remote.commits_between(wants, {}, Reach{.generations = 1});
    const Commit* const first = list.find(one);
    const Commit* const second = list.find(other);
    return first != nullptr && second != nullptr && first->tree == second->tree;
}

}  // namespace headway::core
