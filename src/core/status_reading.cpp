#include <map>
#include <set>
#include <utility>

#include "core/status.hpp"

namespace headway::core {

namespace {

constexpr std::size_t k_generations = 10'000;

using CommitsById = std::map<ObjectId, Commit>;

std::map<std::string, ObjectId> by_name(const RemoteRefs& refs) {
    std::map<std::string, ObjectId> map;
    for (const RefTip& tip : refs.tips) {
        map.emplace(tip.name, tip.id);
    }
    return map;
}

std::optional<ObjectId> find(const std::map<std::string, ObjectId>& refs, const std::string& name) {
    const auto found = refs.find(name);
    return found == refs.end() ? std::nullopt : std::optional<ObjectId>(found->second);
}

void add_to(CommitsById& known, CommitList list) {
    for (Commit& commit : list.commits) {
        const ObjectId id = commit.id;
        known.emplace(id, std::move(commit));
    }
}

/// Adds the commits themselves, without their histories, to `known`.
void read_commits(GitRemote& remote, const std::set<ObjectId>& ids, CommitsById& known) {
    std::vector<ObjectId> wants;
    for (const ObjectId& id : ids) {
        if (!known.contains(id)) {
            wants.push_back(id);
        }
    }
    if (wants.empty()) {
        return;
    }
    add_to(known, remote.commits_between(wants, {}, Reach{.generations = 1}));
}

void read_ledger_tip(const CommitsById& known, const std::map<ObjectId, std::string>& unreadable,
                     EnvironmentFacts& environment) {
    if (!environment.ledger_id) {
        return;
    }
    if (const auto bad = unreadable.find(*environment.ledger_id); bad != unreadable.end()) {
        environment.ledger_damage = bad->second;
        return;
    }
    const auto found = known.find(*environment.ledger_id);
    if (found == known.end()) {
        environment.ledger_damage = "the server did not send it";
        return;
    }
    auto event = read_event(found->second, environment.name);
    if (auto* const tip = std::get_if<LedgerTip>(&event)) {
        environment.ledger = std::move(*tip);
    } else {
        environment.ledger_damage = std::get<NotAnEvent>(event).because;
    }
}

/// What is deployed: the ledger's commit where the branch is where the ledger says.
ObjectId deployed_commit(const EnvironmentFacts& environment) {
    return environment.ledger && environment.ledger->event.branch_tip() == *environment.tip
               ? environment.ledger->event.commit
               : *environment.tip;
}

/// Whose history the source's commits are counted from. Nothing: every branch is at `source`.
std::optional<ObjectId> oldest_of(const CommitsById& known, const std::set<ObjectId>& deployed,
                                  const ObjectId& source) {
    std::optional<ObjectId> oldest;
    for (const ObjectId& id : deployed) {
        if (id == source || !known.contains(id)) {
            continue;
        }
        if (!oldest || known.at(id).committer.when < known.at(*oldest).committer.when) {
            oldest = id;
        }
    }
    return oldest;
}

Distances read_distances(GitRemote& remote, const ObjectId& source, const CommitsById& known,
                         const std::set<ObjectId>& deployed) {
    const auto oldest = oldest_of(known, deployed, source);
    if (!oldest) {
        return {{}, source, source};
    }
    const std::vector<ObjectId> wants{source};
    const std::vector<ObjectId> haves{*oldest};
    return {remote.commits_between(wants, haves, Reach{.generations = k_generations}), source,
            *oldest};
}

}  // namespace

StatusReport read_status(GitRemote& remote, const std::string& source,
                         const std::vector<EnvironmentTarget>& environments) {
    std::vector<std::string> names{source.empty() ? "HEAD" : "refs/heads/" + source};
    for (const EnvironmentTarget& target : environments) {
        add_refs(target, names);
    }
    const RemoteRefs listing = remote.list_refs(names);
    const auto refs = by_name(listing);
    StatusReport report;
    report.source = source.empty() ? short_ref(listing.head_target.value_or("HEAD")) : source;
    report.source_tip = find(refs, names.front());
    std::vector<StatusFacts> facts;
    std::set<ObjectId> tips;
    std::set<ObjectId> ledgers;
    if (report.source_tip) {
        tips.insert(*report.source_tip);
    }
    for (const EnvironmentTarget& target : environments) {
        EnvironmentFacts& read = facts.emplace_back().environment;
        read.name = target.name;
        read.branch_ref = target.branch_ref;
        read.ledger_ref = target.ledger_ref;
        read.tip = find(refs, target.branch_ref);
        read.ledger_id = find(refs, target.ledger_ref);
        if (read.tip) {
            tips.insert(*read.tip);
        }
        if (read.ledger_id) {
            ledgers.insert(*read.ledger_id);
        }
    }
    Newest newest =
        read_newest(remote, {tips.begin(), tips.end()}, {ledgers.begin(), ledgers.end()}, {});
    CommitsById known;
    add_to(known, std::move(newest.commits));
    std::set<ObjectId> deployed;
    for (StatusFacts& one : facts) {
        read_ledger_tip(known, newest.unreadable, one.environment);
        if (one.environment.tip) {
            deployed.insert(deployed_commit(one.environment));
        }
    }
    if (report.source_tip) {
        read_commits(remote, deployed, known);  // no traffic but for joined branches
        Distances distances = read_distances(remote, *report.source_tip, known, deployed);
        for (StatusFacts& one : facts) {
            if (one.environment.tip) {
                const ObjectId commit = deployed_commit(one.environment);
                one.on_source = distances.on_source(commit);
                one.behind = distances.of(commit);
            }
        }
    }
    for (const StatusFacts& one : facts) {
        report.environments.push_back(status_of(one));
    }
    return report;
}

}  // namespace headway::core
