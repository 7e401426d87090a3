#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "cli/output.hpp"
#include "core/verify.hpp"
#include "headway/clock.hpp"

namespace headway::cli {

/// Shows a verification while it runs, on standard error: a line for each change of state; on a
/// terminal (Output::is_live) one line for each origin, which is rewritten at most ten times a
/// second, and stays as it is at the end of this object's life.
class VerifyDisplay final : public core::VerifyObserver {
public:
    /// `jobs`: how many are verified at the same time; their names are shown when there are
    /// several. They outlive this.
    VerifyDisplay(Output& output, const Clock& clock, std::size_t jobs)
        : m_output(output), m_clock(clock), m_jobs(jobs) {}
    VerifyDisplay(const VerifyDisplay&) = delete;
    VerifyDisplay& operator=(const VerifyDisplay&) = delete;
    ~VerifyDisplay() override;

    void answered(const core::VerifyJob& job, const core::OriginReport& origin, News news) override;
    void watching(const core::VerifyJob& job) override;

private:
    /// In the order in which origins are shown: that of the jobs, then of their probes.
    struct Place {
        const core::VerifyJob* job = nullptr;
        std::size_t probe = 0;
        std::string url;
        std::string address;

        auto operator<=>(const Place&) const = default;
    };
    static Place place_of(const core::VerifyJob& job, const core::OriginReport& origin);

    [[nodiscard]] std::string label(const core::VerifyJob& job,
                                    const core::OriginReport& origin) const;
    void draw();

    Output& m_output;
    const Clock& m_clock;
    std::size_t m_jobs;
    std::map<Place, LiveLine> m_lines;
    std::optional<Clock::Steady> m_drawn;  ///< When.
    bool m_stale = false;                  ///< Something came after that.
};

}  // namespace headway::cli
