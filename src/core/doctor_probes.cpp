#include "core/doctor_probes.hpp"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "headway/text.hpp"

namespace headway::core {

namespace {

using std::chrono::milliseconds;

constexpr std::chrono::hours k_no_limit{1};  // Each request has its own.

/// Every question once; answers are kept as they come.
class Round {
public:
    Round(HttpClient& client, Clock& clock, const std::vector<VerifyJob>& jobs)
        : m_clock(clock), m_jobs(jobs), m_batch(client.open_batch()) {
        for (std::size_t job = 0; job < jobs.size(); ++job) {
            for (std::size_t probe = 0; probe < jobs[job].configuration.probes.size(); ++probe) {
                begin(job, probe);
            }
        }
    }

    [[nodiscard]] std::vector<ProbeAnswer> run() {
        std::size_t under_way = 0;
        while (m_next < m_tasks.size() || under_way > 0) {
            while (m_next < m_tasks.size() && under_way < m_batch->capacity()) {
                under_way += start(m_next++) ? 1U : 0U;
            }
            if (under_way == 0) {
                continue;
            }
            for (const BatchOutcome& outcome : m_batch->wait(m_clock.monotonic() + k_no_limit)) {
                --under_way;
                take(m_tasks.at(static_cast<std::size_t>(outcome.ticket)), outcome);
            }
        }
        std::stable_sort(m_answers.begin(), m_answers.end(),
                         [](const ProbeAnswer& left, const ProbeAnswer& right) {
                             return std::tie(left.job, left.probe, left.address) <
                                    std::tie(right.job, right.probe, right.address);
                         });
        return std::move(m_answers);
    }

private:
    struct Task {
        std::size_t job = 0;
        std::size_t probe = 0;
        std::string address;
        bool pinned = false;  ///< `address` is an IP address to connect to.
        bool look_up = false;
    };

    [[nodiscard]] const ProbeConfiguration& probe_of(const Task& task) const {
        return m_jobs[task.job].configuration.probes[task.probe];
    }
    [[nodiscard]] std::string url_of(const Task& task) const {
        return expand(probe_of(task).url, m_jobs[task.job].subject);
    }

    void begin(std::size_t job, std::size_t probe) {
        const ProbeConfiguration& configuration = m_jobs[job].configuration.probes[probe];
        if (!configuration.unix_socket.empty()) {
            m_tasks.push_back({job, probe, "unix:" + configuration.unix_socket});
            return;
        }
        for (const std::string& address : configuration.addresses) {
            m_tasks.push_back({job, probe, address, true});
        }
        if (configuration.addresses.empty()) {
            m_tasks.push_back({job, probe, {}, false, true});
        }
    }

    /// Whether it is under way.
    bool start(std::size_t index) {
        const Task task = m_tasks[index];
        const ProbeConfiguration& probe = probe_of(task);
        try {
            if (task.look_up) {
                m_batch->look_up(index, url_of(task), probe.timeout);
                return true;
            }
            HttpRequest request = m_jobs[task.job].requests.at(task.probe);
            request.url = url_of(task);
            request.timeout = probe.timeout;
            request.connect_timeout = std::min(request.connect_timeout, request.timeout);
            request.address = task.pinned ? task.address : std::string();
            m_batch->start(index, std::move(request));
            return true;
        } catch (const Interrupted&) {
            throw;
        } catch (const Error& error) {
            m_answers.push_back(
                {.job = task.job,
                 .probe = task.probe,
                 .address = task.address,
                 .judgement = {.answer = Answer::unhealthy,
                               .words = error.because().empty()
                                            ? error.what()
                                            : fmt::format("{}: {}", error.what(), error.because()),
                               .hints = error.hints()}});
            return false;
        }
    }

    // By value: what is found is appended to the same list.
    void take(Task task, const BatchOutcome& outcome) {
        if (const auto* found = std::get_if<Resolution>(&outcome.result)) {
            task.look_up = false;
            if (found->through_proxy || found->this_machine) {
                task.address = found->through_proxy ? "proxy" : "localhost";
                m_tasks.push_back(task);
                return;
            }
            task.pinned = true;
            for (const std::string& address : found->addresses) {
                task.address = address;
                m_tasks.push_back(task);
            }
            return;
        }
        const auto* error = std::get_if<TransportError>(&outcome.result);
        ProbeAnswer answer{.job = task.job, .probe = task.probe, .address = task.address};
        answer.duration = outcome.timings.total;
        answer.no_route = error != nullptr && error->fault() == TransportFault::no_route;
        answer.judgement = error != nullptr ? judge(*error)
                                            : judge(probe_of(task), m_jobs[task.job].subject,
                                                    std::get<HttpResponse>(outcome.result));
        m_answers.push_back(std::move(answer));
    }

    Clock& m_clock;
    const std::vector<VerifyJob>& m_jobs;
    std::unique_ptr<HttpBatch> m_batch;
    std::vector<Task> m_tasks;
    std::size_t m_next = 0;
    std::vector<ProbeAnswer> m_answers;
};

/// A machine without IPv6, say, cannot judge what answers there, while there is another address.
bool counts(const ProbeAnswer& answer, const std::vector<ProbeAnswer>& answers) {
    return !answer.no_route ||
           std::none_of(answers.begin(), answers.end(), [&](const ProbeAnswer& other) {
               return other.probe == answer.probe && !other.no_route;
           });
}

}  // namespace

std::vector<ProbeAnswer> ask_once(HttpClient& client, Clock& clock,
                                  const std::vector<VerifyJob>& jobs) {
    return jobs.empty() ? std::vector<ProbeAnswer>{} : Round(client, clock, jobs).run();
}

std::vector<Finding> judge_answers(const VerifyJob& job, const std::vector<ProbeAnswer>& answers,
                                   Deployed deployed) {
    std::vector<Finding> findings;
    for (const ProbeAnswer& answer : answers) {
        if (!counts(answer, answers)) {
            continue;
        }
        const ProbeConfiguration& probe = job.configuration.probes.at(answer.probe);
        const std::string where = fmt::format(
            "{} at {}", printable(probe.name),
            printable(answer.address.empty() ? expand(probe.url, job.subject) : answer.address));
        const Judgement& judgement = answer.judgement;
        if (judgement.answer == Answer::expected || judgement.answer == Answer::other) {
            findings.push_back(
                fine(Check::probe, job.name, fmt::format("{}: {}", where, judgement.words)));
            continue;
        }
        std::vector<std::string> hints = judgement.hints;
        if (hints.empty()) {
            hints.push_back(fmt::format("headway verify {}: it shows the whole answer", job.name));
        }
        const Error error(ExitCode::failed,
                          fmt::format("{} {}", where,
                                      judgement.answer == Answer::unhealthy ? "is not healthy"
                                                                            : "does not answer"),
                          judgement.words, std::move(hints));
        findings.push_back(deployed == Deployed::yes ? problem(Check::probe, job.name, error)
                                                     : warning(Check::probe, job.name, error));
    }
    return findings;
}

}  // namespace headway::core
