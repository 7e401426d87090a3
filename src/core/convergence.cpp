#include "core/convergence.hpp"

#include <algorithm>
#include <array>

namespace headway::core {

namespace {

constexpr std::size_t k_least_memory = 6;  // Answers.

constexpr std::array k_from_the_worst{Outcome::unhealthy, Outcome::unreachable, Outcome::mixed,
                                      Outcome::still_old, Outcome::converged};

}  // namespace

std::string_view word_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::converged:
            return "converged";
        case Outcome::still_old:
            return "still-old";
        case Outcome::mixed:
            return "mixed";
        case Outcome::unhealthy:
            return "unhealthy";
        case Outcome::unreachable:
            break;
    }
    return "unreachable";
}

bool is_worse(Outcome left, Outcome right) {
    const auto place = [](Outcome outcome) {
        return std::find(k_from_the_worst.begin(), k_from_the_worst.end(), outcome);
    };
    return place(left) < place(right);
}

Outcome worst_of(std::span<const Outcome> outcomes) {
    const auto worst = std::min_element(outcomes.begin(), outcomes.end(), is_worse);
    return worst == outcomes.end() ? Outcome::converged : *worst;
}

void Convergence::add(Answer answer) {
    m_streak = answer == Answer::expected ? m_streak + 1 : 0;
    m_recent.push_back(answer);
    if (m_recent.size() > std::max<std::size_t>(k_least_memory, std::size_t{2} * m_consecutive)) {
        m_recent.pop_front();
    }
}

Outcome Convergence::outcome() const {
    if (converged()) {
        return Outcome::converged;
    }
    if (m_recent.empty()) {
        return Outcome::unreachable;
    }
    const auto has = [&](Answer answer) {
        return std::find(m_recent.begin(), m_recent.end(), answer) != m_recent.end();
    };
    if (has(Answer::expected) && has(Answer::other)) {
        return Outcome::mixed;
    }
    const auto newest = std::find_if(m_recent.rbegin(), m_recent.rend(),
                                     [](Answer answer) { return answer != Answer::expected; });
    if (newest == m_recent.rend() || *newest == Answer::unhealthy) {
        return Outcome::unhealthy;
    }
    return *newest == Answer::other ? Outcome::still_old : Outcome::unreachable;
}

Outcome outcome_of(std::span<const Share> shares) {
    const auto any = [&](Outcome outcome) {
        return std::any_of(shares.begin(), shares.end(),
                           [&](const Share& share) { return share.outcome == outcome; });
    };
    if (shares.empty() || any(Outcome::unreachable)) {
        return any(Outcome::unhealthy) ? Outcome::unhealthy : Outcome::unreachable;
    }
    if (any(Outcome::unhealthy)) {
        return Outcome::unhealthy;
    }
    if (!any(Outcome::still_old)) {
        return any(Outcome::mixed) ? Outcome::mixed : Outcome::converged;
    }
    const bool some_new = std::any_of(shares.begin(), shares.end(), [](const Share& share) {
        return share.tells_version && share.outcome == Outcome::converged;
    });
    return some_new || any(Outcome::mixed) ? Outcome::mixed : Outcome::still_old;
}

}  // namespace headway::core
