#include "cli/verify_display.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/report.hpp"
#include "cli/verify_details.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

constexpr std::chrono::milliseconds k_between_frames{100};

std::string state_of(const core::VerifyJob& job, const core::OriginReport& origin) {
    const unsigned needed = job.configuration.consecutive;
    if (origin.streak == 0) {
        return fmt::format("not healthy: {}", origin.words);
    }
    return origin.streak < needed
               ? fmt::format("healthy {} of {} times: {}", origin.streak, needed, origin.words)
               : fmt::format("healthy {} times: {}", origin.streak, origin.words);
}

Tone tone_of(const core::VerifyJob& job, const core::OriginReport& origin) {
    if (origin.streak == 0) {
        return Tone::bad;
    }
    return origin.streak < job.configuration.consecutive ? Tone::plain : Tone::good;
}

}  // namespace

VerifyDisplay::~VerifyDisplay() {
    try {
        if (m_stale) {
            draw();
        }
    } catch (const std::exception&) {
        m_stale = false;  // The last frame stays: each is written as one piece.
    }
    m_output.end_live();
}

VerifyDisplay::Place VerifyDisplay::place_of(const core::VerifyJob& job,
                                             const core::OriginReport& origin) {
    const auto& probes = job.configuration.probes;
    const auto probe = std::find_if(probes.begin(), probes.end(), [&](const auto& candidate) {
        return candidate.name == origin.probe;
    });
    return {.job = &job,
            .probe = static_cast<std::size_t>(probe - probes.begin()),
            .url = origin.url,
            .address = origin.address};
}

std::string VerifyDisplay::label(const core::VerifyJob& job,
                                 const core::OriginReport& origin) const {
    return m_jobs > 1 ? fmt::format("{}: {}", printable(job.name), label_of(origin))
                      : label_of(origin);
}

void VerifyDisplay::answered(const core::VerifyJob& job, const core::OriginReport& origin,
                             News news) {
    if (m_output.is_live()) {
        if (news == News::gone) {
            m_lines.erase(place_of(job, origin));
        } else {
            m_lines[place_of(job, origin)] = {
                .text = fmt::format("headway: {}: {}", label(job, origin),
                                    printable(state_of(job, origin))),
                .tone = tone_of(job, origin),
                .settled = origin.streak >= job.configuration.consecutive};
        }
        m_stale = true;
        if (!m_drawn || m_clock.monotonic() - *m_drawn >= k_between_frames) {
            draw();
        }
        return;
    }
    if (news == News::same) {
        return;
    }
    const std::string words =
        news == News::gone
            ? std::string("the name does not have this address any more")
            : fmt::format("{}: {}", origin.streak > 0 ? "healthy" : "not healthy", origin.words);
    m_output.line(Verbosity::normal, fmt::format("{}: {}", label(job, origin), words));
}

void VerifyDisplay::watching(const core::VerifyJob& job) {
    m_output.line(Verbosity::normal, fmt::format("{}: converged; for {} more it has to stay so",
                                                 job.name, human(job.configuration.watch)));
}

void VerifyDisplay::draw() {
    std::vector<LiveLine> lines;
    lines.reserve(m_lines.size());
    for (const auto& [place, line] : m_lines) {
        lines.push_back(line);
    }
    m_output.live(std::move(lines));
    m_drawn = m_clock.monotonic();
    m_stale = false;
}

}  // namespace headway::cli
