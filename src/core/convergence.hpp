#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string_view>

#include "core/probe.hpp"

namespace headway::core {

/// What verification found, of one origin or of all together.
enum class Outcome {
    converged,    ///< The expected version, healthy, as many times in a row as were asked for.
    still_old,    ///< Healthy, but another version.
    mixed,        ///< Old and new in turn, or some origins old and some new.
    unhealthy,    ///< An answer that is not what a healthy version gives.
    unreachable,  ///< No answer.
};

/// "converged", "still-old", "mixed", "unhealthy", "unreachable"
[[nodiscard]] std::string_view word_of(Outcome outcome);

/// Whether the first is worse: what answers wrongly is worse than what does not answer, and that
/// than what is not there yet.
[[nodiscard]] bool is_worse(Outcome left, Outcome right);
/// The worst of them; converged when there are none.
[[nodiscard]] Outcome worst_of(std::span<const Outcome> outcomes);

/// The answers of one origin, as far as they matter.
class Convergence {
public:
    /// `consecutive`: how many expected answers in a row prove it; at least 1.
    explicit Convergence(unsigned consecutive) : m_consecutive(consecutive) {}

    void add(Answer answer);

    /// Expected answers since the last other one.
    [[nodiscard]] unsigned streak() const noexcept { return m_streak; }
    [[nodiscard]] bool converged() const noexcept { return m_streak >= m_consecutive; }

    /// As things stand. Judged by the last answers, twice as many as prove convergence, but at
    /// least 6: old and new among them is mixed; else the newest that was not expected decides.
    /// Too few expected answers and no other are unhealthy; no answer at all is unreachable.
    [[nodiscard]] Outcome outcome() const;

private:
    unsigned m_consecutive;
    unsigned m_streak = 0;
    std::deque<Answer> m_recent;  ///< The newest last.
};

/// One origin's part of the whole.
struct Share {
    Outcome outcome = Outcome::unreachable;
    bool tells_version = false;  ///< Its probe looks at the version.
};

/// All origins together: converged when all are; else unhealthy or unreachable when one is; else
/// still-old when no origin that tells its version has the new one, and mixed when some have.
[[nodiscard]] Outcome outcome_of(std::span<const Share> shares);

}  // namespace headway::core
