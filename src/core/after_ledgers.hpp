#pragma once

#include <map>
#include <set>
#include <string>

#include "core/survey.hpp"

namespace headway::core {

/// The ledgers of the environments that go first, and what they say of the candidate.
class AfterLedgers {
public:
    AfterLedgers(const SurveyRequest& request, const RemoteRefs& refs);

    /// Adds their newest events, which have to be read.
    void add_to(std::set<ObjectId>& wanted) const;

    /// Finds the newest events in what was read.
    void read(const Newest& newest);

    /// Asks the remote further only where the newest event does not tell: at most two requests
    /// for each ledger, however often it is asked for. Always for the same commit.
    [[nodiscard]] const AfterFacts& facts(GitRemote& remote, const AfterTarget& target,
                                          const ObjectId& commit);

private:
    [[nodiscard]] AfterFacts ask(GitRemote& remote, const AfterTarget& target,
                                 const ObjectId& commit) const;

    std::map<std::string, AfterFacts> m_facts;        ///< By the ledger's ref.
    std::map<std::string, EnvironmentFacts> m_known;  ///< By the ledger's ref.
};

}  // namespace headway::core
