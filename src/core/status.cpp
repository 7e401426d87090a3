#include "core/status.hpp"

#include <fmt/format.h>

#include "headway/text.hpp"

namespace headway::core {

namespace {

Proven proven_of(const Event& event) {
    if (event.kind == EventKind::unhealthy) {
        return Proven::unhealthy;
    }
    return event.verified == event.commit ? Proven::verified : Proven::unverified;
}

/// The deployed version does not run: back to the last one that did, else look again.
std::string cure_of(const EnvironmentStatus& status) {
    const auto& verified = status.last->event.verified;
    return verified && verified != status.commit
               ? fmt::format("headway rollback {} --to {}", status.name, verified->hex())
               : "headway verify " + status.name;
}

std::string drift_cure_of(const EnvironmentStatus& status) {
    return status.on_source == false
               ? fmt::format("headway rollback {} --to {}", status.name, status.drift->hex())
               : "headway promote " + status.name;
}

}  // namespace

std::string_view word_of(Proven proven) noexcept {
    switch (proven) {
        case Proven::verified:
            return "verified";
        case Proven::unhealthy:
            return "unhealthy";
        case Proven::unverified:
            return "unverified";
        case Proven::unknown:
            break;
    }
    return "unknown";
}

const std::optional<Hold>& EnvironmentStatus::hold() const noexcept {
    static const std::optional<Hold> k_none;
    return last ? last->event.hold : k_none;
}

std::vector<std::string> EnvironmentStatus::concerns() const {
    std::vector<std::string> words;
    const auto add = [&](bool concerned, std::string_view word) {
        if (concerned) {
            words.emplace_back(word);
        }
    };
    add(!tip, "never deployed");
    add(!ledger_damage.empty(), "ledger damaged");
    add(drift.has_value(), "drifted");
    add(on_source == false, "not on the source branch");
    add(proven == Proven::unhealthy || proven == Proven::unverified, word_of(proven));
    add(hold().has_value(), "held");
    return words;
}

EnvironmentStatus status_of(const StatusFacts& facts) {
    const EnvironmentFacts& read = facts.environment;
    EnvironmentStatus status;
    status.name = read.name;
    status.branch_ref = read.branch_ref;
    status.ledger_ref = read.ledger_ref;
    status.tip = read.tip;
    status.last = read.ledger;
    status.ledger_damage = read.ledger_damage;
    if (!read.tip) {
        if (read.ledger && !read.ledger->event.commit.is_null()) {
            status.drift = read.ledger->event.branch_tip();  // the branch was deleted
        }
        return status;
    }
    status.commit = read.tip;
    status.behind = facts.behind;
    status.on_source = facts.on_source;
    if (!read.ledger) {
        status.proven = read.ledger_ref.empty() || !read.ledger_damage.empty() ? Proven::unknown
                                                                               : Proven::unverified;
        return status;
    }
    const Event& event = read.ledger->event;
    if (event.branch_tip() == *read.tip) {
        status.commit = event.commit;
        status.joined = event.tip.has_value();
        status.proven = proven_of(event);
    } else {
        // An emergency stop before the first deployment says nothing of the branch.
        if (!event.branch_tip().is_null()) {
            status.drift = event.branch_tip();
        }
        status.proven = Proven::unverified;
    }
    return status;
}

std::vector<Concern> details_of(const EnvironmentStatus& status) {
    std::vector<Concern> details;
    if (!status.ledger_damage.empty()) {
        details.push_back(
            {"the ledger's newest commit is no event: " + printable(status.ledger_damage),
             fmt::format("git fetch <remote> {} && git log FETCH_HEAD", status.ledger_ref)});
    }
    if (status.drift) {
        details.push_back({status.tip ? fmt::format("moved by something else: the ledger says {}",
                                                    status.drift->short_hex())
                                      : fmt::format("the branch is gone: the ledger says {}",
                                                    status.drift->short_hex()),
                           drift_cure_of(status)});
    } else if (status.on_source == false) {
        details.push_back({"what is deployed is not on the source branch",
                           "headway promote " + status.name + " --dry-run"});
    }
    if (status.proven == Proven::unhealthy) {
        details.push_back({"what is deployed was found unhealthy", cure_of(status)});
    }
    if (const auto& hold = status.hold()) {
        // What was rolled back is mended by a promotion; an emergency stop is just ended.
        details.push_back(
            {text_of(*hold), hold->range
                                 ? fmt::format("headway promote {} --release-hold", status.name)
                                 : "headway resume " + status.name});
    }
    return details;
}

std::string remedy_of(const EnvironmentStatus& status) {
    const auto details = details_of(status);
    if (!details.empty()) {
        return details.front().command;
    }
    if (!status.tip) {
        return "headway promote " + status.name;
    }
    return status.proven == Proven::unverified ? "headway verify " + status.name : std::string();
}

}  // namespace headway::core
