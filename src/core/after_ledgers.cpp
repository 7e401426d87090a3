#include "core/after_ledgers.hpp"

#include "core/chronicle.hpp"

namespace headway::core {

AfterLedgers::AfterLedgers(const SurveyRequest& request, const RemoteRefs& refs) {
    for (const EnvironmentTarget& target : request.environments) {
        for (const AfterTarget& after : target.after) {
            const auto [known, first] = m_known.try_emplace(after.ledger_ref);
            if (first) {
                known->second.name = after.name;
                known->second.ledger_ref = after.ledger_ref;
                known->second.ledger_id = refs.find(after.ledger_ref);
            }
        }
    }
}

void AfterLedgers::add_to(std::set<ObjectId>& wanted) const {
    for (const auto& [ref, environment] : m_known) {
        if (environment.ledger_id) {
            wanted.insert(*environment.ledger_id);
        }
    }
}

void AfterLedgers::read(const Newest& newest) {
    for (auto& [ref, environment] : m_known) {
        read_ledger(newest, environment);
    }
}

const AfterFacts& AfterLedgers::facts(GitRemote& remote, const AfterTarget& target,
                                      const ObjectId& commit) {
    const auto known = m_facts.find(target.ledger_ref);
    return known != m_facts.end()
               ? known->second
               : m_facts.emplace(target.ledger_ref, ask(remote, target, commit)).first->second;
}

AfterFacts AfterLedgers::ask(GitRemote& remote, const AfterTarget& target,
                             const ObjectId& commit) const {
    const EnvironmentFacts& environment = m_known.at(target.ledger_ref);
    AfterFacts facts{.name = target.name,
                     .ledger_ref = target.ledger_ref,
                     .ledger_damage = environment.ledger_damage,
                     .verified_since = std::nullopt,
                     .deployed = std::nullopt};
    if (!environment.ledger) {
        return facts;
    }
    const Event& newest = environment.ledger->event;
    if (!newest.commit.is_null()) {
        facts.deployed = newest.commit;
    }
    if (newest.verified == commit && newest.verified_since != 0) {
        facts.verified_since = newest.verified_since;
        return facts;
    }
    search_chronicles(remote, {{target.name, *environment.ledger_id}},
                      [&](std::size_t, const Chronicle& chronicle) {
                          facts.verified_since = verified_since(chronicle, commit);
                          return facts.verified_since.has_value();
                      });
    return facts;
}

}  // namespace headway::core
