#include "core/survey.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/after_ledgers.hpp"
#include "headway/http.hpp"

namespace headway::core {

namespace {

constexpr std::size_t k_shown_in_the_way = 20;  // generations
constexpr std::size_t k_skew_generations = 10'000;
constexpr std::size_t k_searched_for_mend = 1'000;  // generations

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
        for (const AfterTarget& after : target.after) {
            if (std::find(names.begin(), names.end(), after.ledger_ref) == names.end()) {
                names.push_back(after.ledger_ref);
            }
        }
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
    const ObjectId deployed = *environment.deployed();
    if (environment.joined && contains(remote, commit, deployed)) {
        environment.relation = Relation::behind;
        return;
    }
    if (contains(remote, deployed, commit)) {
        environment.relation = Relation::ahead;
        return;
    }
    if (reached_in_spite_of_clocks(remote, commit, deployed)) {
        environment.relation = Relation::behind;
        return;
    }
    environment.relation = Relation::diverged;
    const std::vector<ObjectId> wants{deployed};
    const std::vector<ObjectId> haves{commit};
    CommitList list =
        remote.commits_between(wants, haves, Reach{.generations = k_shown_in_the_way});
    environment.in_the_way = std::move(list.commits);
    environment.in_the_way_cut = list.cut;
}

/// Settles each commit once: the branches of a fleet mostly stand at the same one.
class Settled {
public:
    void settle(GitRemote& remote, const ObjectId& commit, EnvironmentFacts& environment) {
        const auto [known, first] = m_known.try_emplace(*environment.deployed());
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
Newest ask_for_tips(GitRemote& remote, const PromotionFacts& facts, const AfterLedgers& after) {
    std::set<ObjectId> tips;
    std::set<ObjectId> ledgers;
    for (const EnvironmentFacts& environment : facts.environments) {
        if (environment.tip && *environment.tip != facts.commit) {
            tips.insert(*environment.tip);
        }
        if (environment.ledger_id) {
            ledgers.insert(*environment.ledger_id);
        }
    }
    after.add_to(ledgers);
    const std::vector<ObjectId> haves{facts.commit};
    return read_newest(remote, {tips.begin(), tips.end()}, {ledgers.begin(), ledgers.end()}, haves);
}

void prove(GitRemote& remote, PromotionFacts& facts, const CommitList& absent) {
    Settled settled;
    for (EnvironmentFacts& environment : facts.environments) {
        if (!environment.tip) {
            environment.relation = Relation::missing;
        } else if (*environment.deployed() == facts.commit) {
            environment.relation = Relation::equal;
        } else if (!environment.joined && absent.find(*environment.tip) == nullptr) {
            environment.relation = Relation::behind;
        } else {
            settled.settle(remote, facts.commit, environment);
        }
    }
}

/// A branch whose ledger claims that it ends in commits of headway's own is believed where its tip
/// has the very files of the commit that is said to be deployed. The candidate's files are read in
/// the same question: joining the branch takes them.
void prove_own_tips(GitRemote& remote, PromotionFacts& facts, const CommitList& absent) {
    std::set<ObjectId> wanted;
    for (const EnvironmentFacts& environment : facts.environments) {
        if (claims_own_tip(environment) && absent.find(*environment.tip) != nullptr) {
            wanted.insert(environment.ledger->event.commit);
        }
    }
    if (wanted.empty()) {
        return;
    }
    wanted.insert(facts.commit);
    const std::vector<ObjectId> wants(wanted.begin(), wanted.end());
    const CommitList commits = remote.commits_between(wants, {}, Reach{.generations = 1});
    for (EnvironmentFacts& environment : facts.environments) {
        const Commit* const tip =
            claims_own_tip(environment) ? absent.find(*environment.tip) : nullptr;
        const Commit* const deployed =
            tip == nullptr ? nullptr : commits.find(environment.ledger->event.commit);
        environment.joined = deployed != nullptr && deployed->tree == tip->tree;
    }
    if (const Commit* const candidate = commits.find(facts.commit)) {
        facts.commit_tree = candidate->tree;
    }
}

/// An old job that was run again differs from a slow one by what the ledger tells of its commit.
void find_earlier(GitRemote& remote, PromotionFacts& facts) {
    std::vector<ChronicleStart> ledgers;
    std::vector<EnvironmentFacts*> asked;
    for (EnvironmentFacts& environment : facts.environments) {
        if (environment.relation == Relation::ahead && environment.ledger) {
            ledgers.push_back({environment.name, *environment.ledger_id});
            asked.push_back(&environment);
        }
    }
    search_chronicles(remote, ledgers, [&](std::size_t index, const Chronicle& chronicle) {
        const auto& events = chronicle.events;
        const auto told = std::find_if(events.begin(), events.end(), [&](const LedgerTip& tip) {
            return tip.event.commit == facts.commit && tip.event.kind != EventKind::held &&
                   tip.event.kind != EventKind::resumed;
        });
        if (told != events.end()) {
            asked[index]->earlier = *told;
        }
        return told != events.end();
    });
}

bool may_move(const EnvironmentFacts& environment) {
    return environment.relation == Relation::behind || environment.relation == Relation::missing;
}

/// Only asked when a hold with a bad range stands in the way of the candidate; once for each range.
void look_for_mends(GitRemote& remote, PromotionFacts& facts) {
    std::map<std::pair<ObjectId, ObjectId>, std::optional<Mend>> known;
    for (EnvironmentFacts& environment : facts.environments) {
        const auto& hold = environment.ledger ? environment.ledger->event.hold : std::nullopt;
        if (!may_move(environment) || !hold || !hold->range) {
            continue;
        }
        const BadRange& range = *hold->range;
        const auto [mend, first] = known.try_emplace({range.good, range.bad});
        if (first) {
            const std::vector<ObjectId> wants{facts.commit};
            const std::vector<ObjectId> haves{range.good};
            const CommitList list =
                remote.commits_between(wants, haves, Reach{.generations = k_searched_for_mend});
            mend->second = find_mend(list.commits, facts.commit, range);
        }
        environment.mend = mend->second;
    }
}

}  // namespace

bool claims_own_tip(const EnvironmentFacts& environment) {
    return environment.ledger && environment.tip && environment.ledger->event.tip &&
           *environment.ledger->event.tip == *environment.tip;
}

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
    facts.gates.soak = target.soak;
    facts.gates.freeze = target.freeze;
    facts.on_retry = target.on_retry;
    facts.tip = refs.find(target.branch_ref);
    if (!target.ledger_ref.empty()) {
        facts.ledger_id = refs.find(target.ledger_ref);
    }
    return facts;
}

Newest read_newest(GitRemote& remote, const std::vector<ObjectId>& tips,
                   const std::vector<ObjectId>& ledgers, std::span<const ObjectId> haves) {
    std::exception_ptr failure;
    std::vector<ObjectId> wants = tips;
    wants.insert(wants.end(), ledgers.begin(), ledgers.end());
    if (wants.empty()) {
        return {};
    }
    try {
        return {remote.commits_between(wants, haves, Reach{.generations = 1}), {}};
    } catch (const Interrupted&) {
        throw;
    } catch (const TransportError&) {
        throw;
    } catch (const Error& error) {
        if (ledgers.empty() || error.code() == ExitCode::unauthorised) {
            throw;
        }
        if (tips.empty() && ledgers.size() == 1) {
            const std::string& because = error.because();
            return {
                {},
                {{ledgers.front(),
                  because.empty() ? error.what() : fmt::format("{}: {}", error.what(), because)}}};
        }
        failure = std::current_exception();
    }
    // The tips by themselves first, then the ledgers in halves.
    const auto middle =
        ledgers.begin() +
        (tips.empty() ? static_cast<std::ptrdiff_t>(ledgers.size() / 2) : std::ptrdiff_t{0});
    Newest newest = read_newest(remote, tips, {ledgers.begin(), middle}, haves);
    Newest rest = read_newest(remote, {}, {middle, ledgers.end()}, haves);
    std::move(rest.commits.commits.begin(), rest.commits.commits.end(),
              std::back_inserter(newest.commits.commits));
    newest.unreadable.merge(rest.unreadable);
    if (newest.unreadable.empty()) {
        std::rethrow_exception(failure);  // It was no ledger's fault.
    }
    return newest;
}

void read_ledger(const Newest& newest, EnvironmentFacts& environment) {
    if (!environment.ledger_id) {
        return;
    }
    const auto unreadable = newest.unreadable.find(*environment.ledger_id);
    if (unreadable != newest.unreadable.end()) {
        environment.ledger_damage = unreadable->second;
        environment.ledger_readable = false;
        return;
    }
    const Commit* const commit = newest.commits.find(*environment.ledger_id);
    if (commit == nullptr) {
        environment.ledger_damage = "it is a commit of the source branch, or no commit at all";
        return;
    }
    auto event = read_event(*commit, environment.name);
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
    facts.unmerged = request.unmerged;
    for (const EnvironmentTarget& target : request.environments) {
        facts.environments.push_back(facts_of(target, refs));
    }
    if (!facts.commit_on_source) {
        for (EnvironmentFacts& environment : facts.environments) {
            environment.relation = environment.tip ? Relation::diverged : Relation::missing;
        }
        return facts;
    }
    AfterLedgers ledgers(request, refs);
    const Newest newest = ask_for_tips(remote, facts, ledgers);
    for (EnvironmentFacts& environment : facts.environments) {
        read_ledger(newest, environment);
    }
    ledgers.read(newest);
    prove_own_tips(remote, facts, newest.commits);
    prove(remote, facts, newest.commits);
    find_earlier(remote, facts);
    if (request.holds == HoldPolicy::respect) {
        look_for_mends(remote, facts);
    }
    for (std::size_t index = 0; index < facts.environments.size(); ++index) {
        EnvironmentFacts& environment = facts.environments[index];
        if (may_move(environment)) {
            for (const AfterTarget& after : request.environments[index].after) {
                environment.gates.after.push_back(ledgers.facts(remote, after, facts.commit));
            }
        }
    }
    return facts;
}

}  // namespace headway::core
