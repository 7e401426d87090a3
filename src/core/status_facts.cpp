#include <map>
#include <set>
#include <utility>

#include "core/status.hpp"

namespace headway::core {

namespace {

using Tips = std::map<std::string, ObjectId, std::less<>>;

std::optional<ObjectId> tip_of(const Tips& tips, const std::string& ref) {
    const auto found = tips.find(ref);
    return found == tips.end() ? std::nullopt : std::optional(found->second);
}

void find_source(const RemoteRefs& refs, const Tips& tips, const std::string& wanted,
                 StatusFacts& facts) {
    const std::string ref =
        wanted.empty() ? refs.head_target.value_or("HEAD") : "refs/heads/" + wanted;
    facts.source = short_ref(ref);
    facts.source_tip = tip_of(tips, ref);
    if (!facts.source_tip && wanted.empty()) {
        facts.source_tip = tip_of(tips, "HEAD");
    }
}

/// The environments by their branches' tips that are not the source's.
std::set<ObjectId> branch_tips(const StatusFacts& facts) {
    std::set<ObjectId> tips;
    for (const auto& environment : facts.environments) {
        if (environment.tip && environment.tip != facts.source_tip) {
            tips.insert(*environment.tip);
        }
    }
    return tips;
}

void read_tips(GitRemote& remote, StatusFacts& facts) {
    const std::set<ObjectId> tips = branch_tips(facts);
    std::set<ObjectId> ledgers;
    for (const auto& environment : facts.environments) {
        if (environment.ledger_id) {
            ledgers.insert(*environment.ledger_id);
        }
    }
    facts.tips =
        read_newest(remote, {tips.begin(), tips.end()}, {ledgers.begin(), ledgers.end()}, {});
}

/// The deployed commit that is the furthest back, so that all others are between it and the
/// source's tip. Where a branch holds a commit of headway's own, the date of the commit below it
/// is not known: one that was restored is taken to be the oldest.
std::optional<ObjectId> oldest_deployed(const StatusFacts& facts) {
    std::map<ObjectId, std::int64_t> dates;
    for (const Commit& commit : facts.tips.commits.commits) {
        dates.emplace(commit.id, commit.committer.when);
    }
    std::optional<std::pair<std::int64_t, ObjectId>> oldest;
    for (const EnvironmentStatus& environment : status_of(facts)) {
        if (!environment.commit || environment.commit == facts.source_tip) {
            continue;
        }
        const auto date = dates.find(*environment.commit);
        if (date == dates.end()) {
            return environment.commit;
        }
        const std::pair candidate(date->second, *environment.commit);
        if (!oldest || candidate < *oldest) {
            oldest = candidate;
        }
    }
    return oldest ? std::optional(oldest->second) : std::nullopt;
}

void read_between(GitRemote& remote, StatusFacts& facts) {
    if (!facts.source_tip) {
        return;
    }
    facts.base = oldest_deployed(facts);
    if (!facts.base) {
        return;
    }
    // The branches are asked for too: what only they reach is not on the source branch.
    std::set<ObjectId> wanted = branch_tips(facts);
    wanted.erase(*facts.base);
    wanted.insert(*facts.source_tip);
    const std::vector<ObjectId> wants(wanted.begin(), wanted.end());
    const std::vector<ObjectId> haves{*facts.base};
    facts.between =
        remote.commits_between(wants, haves, Reach{.generations = k_status_generations});
}

}  // namespace

StatusFacts read_status(GitRemote& remote, const std::string& source,
                        const std::vector<StatusTarget>& targets) {
    std::vector<std::string> names{source.empty() ? "HEAD" : "refs/heads/" + source};
    for (const StatusTarget& target : targets) {
        add_refs(target.refs, names);
    }
    const RemoteRefs refs = remote.list_refs(names);
    Tips tips;
    for (const RefTip& tip : refs.tips) {
        tips.emplace(tip.name, tip.id);
    }
    StatusFacts facts;
    find_source(refs, tips, source, facts);
    for (const StatusTarget& target : targets) {
        facts.environments.push_back({.target = target,
                                      .tip = tip_of(tips, target.refs.branch_ref),
                                      .ledger_id = tip_of(tips, target.refs.ledger_ref)});
    }
    read_tips(remote, facts);
    read_between(remote, facts);
    return facts;
}

}  // namespace headway::core
