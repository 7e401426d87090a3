#include "core/survey.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace headway::core {

namespace {

constexpr std::size_t k_shown_in_the_way = 20;  // generations
constexpr std::size_t k_skew_generations = 10'000;

struct Source {
    std::string name;
    ObjectId tip;
};

Source find_source(const RemoteRefs& refs, const std::string& wanted) {
    const std::string ref =
        wanted.empty() ? refs.head_target.value_or("HEAD") : "refs/heads/" + wanted;
    auto tip = refs.find(ref);
    if (!tip && wanted.empty()) {
        tip = refs.find("HEAD");
    }
    if (!tip) {
        throw Error(ExitCode::usage,
                    wanted.empty() ? "the remote does not say which branch is its main branch"
                                   : fmt::format("the remote has no branch {}", wanted),
                    wanted.empty() ? "its HEAD points to no branch that exists" : "",
                    {"name the branch to promote from: source: BRANCH in .headway.yml, or "
                     "--source BRANCH"});
    }
    return {short_ref(ref), *tip};
}

ObjectId commit_to_promote(GitRemote& remote, const SurveyRequest& request, const RemoteRefs& refs,
                           const Source& source) {
    if (request.commit.empty()) {
        return source.tip;
    }
    CommitSearch search{
        .known = {}, .checkout = request.checkout, .branch_tip = source.tip, .branch = source.name};
    for (const RefTip& tip : refs.tips) {
        search.known.push_back(tip.id);
    }
    return find_commit(remote, request.commit, search);
}

std::vector<std::string> names_to_list(const SurveyRequest& request) {
    std::vector<std::string> names{request.source.empty() ? "HEAD"
                                                          : "refs/heads/" + request.source};
    for (const EnvironmentTarget& target : request.environments) {
        add_refs(target, names);
    }
    return names;
}

/// git may send commits that it need not when clocks are badly skewed: before "diverged" is said,
/// the commits of the other direction are searched for the branch's tip.
bool reached_in_spite_of_clocks(GitRemote& remote, const ObjectId& commit, const ObjectId& tip) {
    const std::vector<ObjectId> wants{commit};
    const std::vector<ObjectId> haves{tip};
    const CommitList list =
        remote.commits_between(wants, haves, Reach{.generations = k_skew_generations});
    return std::any_of(list.commits.begin(), list.commits.end(), [&](const Commit& candidate) {
        return candidate.id == tip || std::find(candidate.parents.begin(), candidate.parents.end(),
                                                tip) != candidate.parents.end();
    });
}

void settle_relation(GitRemote& remote, const ObjectId& commit, EnvironmentFacts& environment) {
    if (contains(remote, *environment.tip, commit)) {
        environment.relation = Relation::ahead;
        return;
    }
    if (reached_in_spite_of_clocks(remote, commit, *environment.tip)) {
        environment.relation = Relation::behind;
        return;
    }
    environment.relation = Relation::diverged;
    const std::vector<ObjectId> wants{*environment.tip};
    const std::vector<ObjectId> haves{commit};
    CommitList list =
        remote.commits_between(wants, haves, Reach{.generations = k_shown_in_the_way});
    environment.in_the_way = std::move(list.commits);
    environment.in_the_way_cut = list.cut;
}

/// Settles each tip once: the branches of a fleet mostly stand at the same commit.
class Settled {
public:
    void settle(GitRemote& remote, const ObjectId& commit, EnvironmentFacts& environment) {
        const auto [known, first] = m_known.try_emplace(*environment.tip);
        if (first) {
            settle_relation(remote, commit, environment);
            known->second = {environment.relation, environment.in_the_way,
                             environment.in_the_way_cut};
            return;
        }
        environment.relation = known->second.relation;
        environment.in_the_way = known->second.in_the_way;
        environment.in_the_way_cut = known->second.in_the_way_cut;
    }

private:
    struct Facts {
        Relation relation = Relation::missing;
        std::vector<Commit> in_the_way;
        bool in_the_way_cut = false;
    };
    std::map<ObjectId, Facts> m_known;
};

/// One question for all environments: which tips are not in the commit's history? The newest
/// ledger events are never in it, so they come along.
void prove(GitRemote& remote, PromotionFacts& facts) {
    std::set<ObjectId> wanted;
    for (const EnvironmentFacts& environment : facts.environments) {
        if (environment.tip && *environment.tip != facts.commit) {
            wanted.insert(*environment.tip);
        }
        if (environment.ledger_id) {
            wanted.insert(*environment.ledger_id);
        }
    }
    CommitList absent;
    if (!wanted.empty()) {
        const std::vector<ObjectId> wants(wanted.begin(), wanted.end());
        const std::vector<ObjectId> haves{facts.commit};
        absent = remote.commits_between(wants, haves, Reach{.generations = 1});
    }
    Settled settled;
    for (EnvironmentFacts& environment : facts.environments) {
        read_ledger(absent, environment);
        if (!environment.tip) {
            environment.relation = Relation::missing;
        } else if (*environment.tip == facts.commit) {
            environment.relation = Relation::equal;
        } else if (absent.find(*environment.tip) == nullptr) {
            environment.relation = Relation::behind;
        } else {
            settled.settle(remote, facts.commit, environment);
        }
    }
}

}  // namespace

void add_refs(const EnvironmentTarget& target, std::vector<std::string>& names) {
    names.push_back(target.branch_ref);
    if (!target.ledger_ref.empty()) {
        names.push_back(target.ledger_ref);
    }
}

EnvironmentFacts facts_of(const EnvironmentTarget& target, const RemoteRefs& refs) {
    EnvironmentFacts facts;
    facts.name = target.name;
    facts.branch_ref = target.branch_ref;
    facts.ledger_ref = target.ledger_ref;
    facts.tip = refs.find(target.branch_ref);
    if (!target.ledger_ref.empty()) {
        facts.ledger_id = refs.find(target.ledger_ref);
    }
    return facts;
}

void read_ledger(const CommitList& commits, EnvironmentFacts& environment) {
    if (!environment.ledger_id) {
        return;
    }
    const Commit* const newest = commits.find(*environment.ledger_id);
    if (newest == nullptr) {
        environment.ledger_damage = "it is a commit of the source branch, or no commit at all";
        return;
    }
    auto event = read_event(*newest, environment.name);
    if (auto* const tip = std::get_if<LedgerTip>(&event)) {
        environment.ledger = std::move(*tip);
    } else {
        environment.ledger_damage = std::get<NotAnEvent>(event).because;
    }
}

bool contains(GitRemote& remote, const ObjectId& descendant, const ObjectId& ancestor) {
    if (descendant == ancestor) {
        return true;
    }
    const std::vector<ObjectId> wants{ancestor};
    const std::vector<ObjectId> haves{descendant};
    return remote.commits_between(wants, haves, Reach{.generations = 1}).commits.empty();
}

PromotionFacts survey(GitRemote& remote, const SurveyRequest& request) {
    const RemoteRefs refs = remote.list_refs(names_to_list(request));
    const Source source = find_source(refs, request.source);
    PromotionFacts facts;
    facts.source = source.name;
    facts.source_tip = source.tip;
    facts.commit = commit_to_promote(remote, request, refs, source);
    facts.commit_on_source = contains(remote, source.tip, facts.commit);
    for (const EnvironmentTarget& target : request.environments) {
        facts.environments.push_back(facts_of(target, refs));
    }
    if (facts.commit_on_source) {
        prove(remote, facts);
    } else {
        for (EnvironmentFacts& environment : facts.environments) {
            environment.relation = environment.tip ? Relation::diverged : Relation::missing;
        }
    }
    return facts;
}

}  // namespace headway::core
