#include "core/doctor_inspect.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace headway::core {

namespace {

/// "refs/heads/a/b/c" → "refs/heads/a/b", "refs/heads/a"
std::vector<std::string> names_above(const std::string& ref) {
    constexpr std::string_view k_heads = "refs/heads/";
    std::vector<std::string> names;
    for (std::size_t slash = ref.rfind('/'); slash != std::string::npos && slash > k_heads.size();
         slash = ref.rfind('/', slash - 1)) {
        names.push_back(ref.substr(0, slash));
    }
    return names;
}

std::vector<std::string> names_to_list(const std::string& source,
                                       const std::vector<EnvironmentTarget>& targets) {
    std::set<std::string> names{source.empty() ? "HEAD" : "refs/heads/" + source};
    for (const EnvironmentTarget& target : targets) {
        std::vector<std::string> own;
        add_refs(target, own);
        names.insert(own.begin(), own.end());
        const auto above = names_above(target.branch_ref);
        names.insert(above.begin(), above.end());
    }
    return {names.begin(), names.end()};
}

SurveyRequest request_for(const std::string& source, std::vector<EnvironmentTarget> targets) {
    SurveyRequest request;
    request.source = source;
    request.environments = std::move(targets);
    return request;
}

/// What a promotion of the source's tip would find and do.
void look(GitRemote& remote, const SurveyRequest& request, std::int64_t now,
          const std::vector<Inspection*>& inspections) {
    const PromotionFacts facts = survey(remote, request);
    const Plan plan = make_plan(facts, {.now = now});
    for (std::size_t index = 0; index < inspections.size(); ++index) {
        inspections[index]->facts = facts.environments[index];
        inspections[index]->move = plan.moves[index];
    }
}

/// All at once; where that fails, one after the other, so that each has its own failure.
void look_at_all(GitRemote& remote, const std::string& source,
                 const std::vector<EnvironmentTarget>& targets, std::int64_t now,
                 std::vector<Inspection>& inspections) {
    std::vector<Inspection*> all;
    all.reserve(inspections.size());
    for (Inspection& inspection : inspections) {
        all.push_back(&inspection);
    }
    try {
        look(remote, request_for(source, targets), now, all);
        return;
    } catch (const Interrupted&) {
        throw;
    } catch (const TransportError&) {
        throw;
    } catch (const Error& error) {
        if (targets.size() == 1) {
            inspections.front().failure = error;
            return;
        }
    }
    for (std::size_t index = 0; index < targets.size(); ++index) {
        try {
            look(remote, request_for(source, {targets[index]}), now, {all[index]});
        } catch (const Interrupted&) {
            throw;
        } catch (const TransportError&) {
            throw;
        } catch (const Error& error) {
            inspections[index].failure = error;
        }
    }
}

/// Without a source nothing can be promoted; the ledgers are read all the same.
void read_ledgers(GitRemote& remote, std::vector<Inspection>& inspections) {
    std::set<ObjectId> ledgers;
    for (const Inspection& inspection : inspections) {
        if (inspection.facts.ledger_id) {
            ledgers.insert(*inspection.facts.ledger_id);
        }
    }
    const Newest newest = read_newest(remote, {}, {ledgers.begin(), ledgers.end()}, {});
    for (Inspection& inspection : inspections) {
        read_ledger(newest, inspection.facts);
    }
}

CommitList read_tips(GitRemote& remote, const RepositoryInspection& repository) {
    std::set<ObjectId> tips;
    if (repository.source_tip) {
        tips.insert(*repository.source_tip);
    }
    for (const Inspection& inspection : repository.environments) {
        if (inspection.facts.tip) {
            tips.insert(*inspection.facts.tip);
        }
    }
    if (tips.empty()) {
        return {};
    }
    const std::vector<ObjectId> wants(tips.begin(), tips.end());
    try {
        return remote.commits_between(wants, {}, Reach{.generations = 1});
    } catch (const Interrupted&) {
        throw;
    } catch (const Error&) {
        return {};  // What needs them is not checked.
    }
}

void find_source(GitRemote& remote, const std::string& wanted, const RemoteRefs& refs,
                 RepositoryInspection& found) {
    const std::string ref =
        wanted.empty() ? refs.head_target.value_or("HEAD") : "refs/heads/" + wanted;
    found.source = short_ref(ref);
    found.source_tip = refs.find(wanted.empty() && !refs.find(ref) ? "HEAD" : ref);
    if (found.source_tip) {
        return;
    }
    try {
        (void)survey(remote, request_for(wanted, {}));  // It says why not.
    } catch (const Interrupted&) {
        throw;
    } catch (const Error& error) {
        found.source_failure = error;
    }
}

}  // namespace

RepositoryInspection inspect(GitRemote& remote, const std::string& source,
                             const std::vector<EnvironmentTarget>& targets, std::int64_t now) {
    const RemoteRefs refs = remote.list_refs(names_to_list(source, targets));
    RepositoryInspection found;
    find_source(remote, source, refs, found);
    for (const EnvironmentTarget& target : targets) {
        Inspection inspection;
        inspection.target = target;
        inspection.now = now;
        inspection.facts = facts_of(target, refs);
        for (const std::string& name : names_above(target.branch_ref)) {
            if (refs.find(name)) {
                inspection.blocking.push_back(name);
            }
        }
        found.environments.push_back(std::move(inspection));
    }
    if (found.source_tip) {
        look_at_all(remote, source, targets, now, found.environments);
    } else {
        read_ledgers(remote, found.environments);
    }
    found.tips = read_tips(remote, found);
    return found;
}

std::optional<TrialTarget> branch_target(const RepositoryInspection& repository,
                                         const Inspection& inspection) {
    const EnvironmentFacts& facts = inspection.facts;
    TrialTarget target;
    target.environment = facts.name;
    target.ref = facts.branch_ref;
    target.exists = facts.tip.has_value();
    const auto& id = facts.tip ? facts.tip : repository.source_tip;
    const Commit* const commit = id ? repository.tips.find(*id) : nullptr;
    if (id && commit == nullptr) {
        return std::nullopt;
    }
    if (commit != nullptr) {
        target.base = {.id = commit->id, .tree = commit->tree, .when = commit->committer.when};
    }
    return target;
}

TrialTarget ledger_target(const Inspection& inspection) {
    const EnvironmentFacts& facts = inspection.facts;
    TrialTarget target;
    target.environment = facts.name;
    target.ref = facts.ledger_ref;
    if (facts.ledger && facts.ledger_id) {
        target.base = {.id = *facts.ledger_id,
                       .tree = *ObjectId::parse(k_empty_tree_hex),
                       .when = facts.ledger->when};
        target.exists = true;
    }
    return target;
}

}  // namespace headway::core
