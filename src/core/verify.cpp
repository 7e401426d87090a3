#include "core/verify.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace headway::core {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds k_least_timeout{1};

/// One verification under way.
class Run {
public:
    Run(HttpClient& client, Clock& clock, Trace& trace, const VerifyConfiguration& configuration,
        const ProbeSubject& subject)
        : m_client(client),
          m_clock(clock),
          m_trace(trace),
          m_configuration(configuration),
          m_subject(subject),
          m_start(clock.monotonic()) {
        for (const ProbeConfiguration& probe : configuration.probes) {
            m_report.probes.push_back({.name = probe.name,
                                       .url = expand(probe.url, subject),
                                       .healthy = false,
                                       .words = {},
                                       .requests = 0});
        }
        m_report.version_proven = configuration.proves_version() && !subject.commit.empty();
    }

    [[nodiscard]] VerifyReport finish() {
        while (true) {
            const auto round_start = elapsed();
            const bool healthy = ask_all();
            ++m_report.rounds;
            m_report.streak = healthy ? m_report.streak + 1 : 0;
            if (m_report.streak >= m_configuration.consecutive) {
                return close(Verdict::healthy);
            }
            const auto next = round_start + m_configuration.interval;
            if (next >= m_configuration.deadline || elapsed() >= m_configuration.deadline) {
                return close(Verdict::unhealthy);
            }
            m_clock.wait(std::max(next - elapsed(), milliseconds(0)));
        }
    }

private:
    [[nodiscard]] milliseconds elapsed() const {
        return std::chrono::duration_cast<milliseconds>(m_clock.monotonic() - m_start);
    }

    bool ask_all() {
        bool healthy = true;
        for (std::size_t index = 0; index < m_configuration.probes.size(); ++index) {
            healthy = ask(m_configuration.probes[index], m_report.probes[index]) && healthy;
        }
        return healthy;
    }

    bool ask(const ProbeConfiguration& probe, ProbeEvidence& evidence) {
        const Judgement judgement = answer_to(probe, evidence.url);
        ++evidence.requests;
        if (evidence.requests == 1 || judgement.healthy != evidence.healthy ||
            judgement.words != evidence.words) {
            m_trace.line(
                Verbosity::normal,
                fmt::format("{}: {}: {}", probe.name, judgement.healthy ? "healthy" : "not healthy",
                            judgement.words));
        }
        evidence.healthy = judgement.healthy;
        evidence.words = judgement.words;
        return judgement.healthy;
    }

    Judgement answer_to(const ProbeConfiguration& probe, const std::string& url) {
        HttpRequest request;
        request.url = url;
        request.connection = Connection::fresh;
        request.timeout = std::max(std::min(probe.timeout, m_configuration.deadline - elapsed()),
                                   k_least_timeout);
        request.connect_timeout = std::min(request.connect_timeout, request.timeout);
        request.headers.push_back({"Cache-Control", "no-cache"});
        try {
            return judge(probe, m_subject, m_client.perform(request));
        } catch (const TransportError& error) {
            return {false, error.because().empty()
                               ? std::string(error.what())
                               : fmt::format("{}: {}", error.what(), error.because())};
        }
    }

    [[nodiscard]] VerifyReport close(Verdict verdict) {
        m_report.verdict = verdict;
        m_report.duration = elapsed();
        m_report.words = verdict == Verdict::healthy ? words_when_healthy() : words_when_not();
        return std::move(m_report);
    }

    [[nodiscard]] std::string words_when_healthy() const {
        const std::string words = m_report.streak == 1
                                      ? std::string("healthy once")
                                      : fmt::format("healthy {} times in a row", m_report.streak);
        if (m_report.version_proven) {
            return fmt::format("{}, version {}", words, m_subject.commit.substr(0, 8));
        }
        // Without a commit to look for, a text that was expected may well be the version.
        const auto& probes = m_configuration.probes;
        const bool expected = m_subject.commit.empty() &&
                              std::any_of(probes.begin(), probes.end(),
                                          [](auto& probe) { return !probe.json.empty(); });
        return expected ? words : words + ", its version was not checked";
    }

    [[nodiscard]] std::string words_when_not() const {
        const auto failing = std::find_if(m_report.probes.begin(), m_report.probes.end(),
                                          [](const auto& probe) { return !probe.healthy; });
        if (failing == m_report.probes.end()) {
            return fmt::format("healthy only {} of {} times in a row when the deadline came",
                               m_report.streak, m_configuration.consecutive);
        }
        return fmt::format("{} at {}: {}", failing->name, failing->url, failing->words);
    }

    HttpClient& m_client;
    Clock& m_clock;
    Trace& m_trace;
    const VerifyConfiguration& m_configuration;
    const ProbeSubject& m_subject;
    Clock::Steady m_start;
    VerifyReport m_report;
};

}  // namespace

VerifyReport verify(HttpClient& client, Clock& clock, Trace& trace,
                    const VerifyConfiguration& configuration, const ProbeSubject& subject) {
    return Run(client, clock, trace, configuration, subject).finish();
}

}  // namespace headway::core
