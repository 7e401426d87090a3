#include "core/verification.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "headway/text.hpp"

namespace headway::core {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds k_least_timeout{1};
constexpr double k_jitter = 0.25;  // Of an interval; only ever earlier.
// In place of an address, where libcurl finds the way by itself.
constexpr std::string_view k_proxy = "proxy";
constexpr std::string_view k_this_machine = "localhost";

milliseconds between(Clock::Steady from, Clock::Steady to) {
    return std::chrono::duration_cast<milliseconds>(to - from);
}

bool tells_version(const ProbeConfiguration& probe) {
    return probe.proves_version() || speaks_of_version(probe);
}

/// The beginning of a body, its lines kept and each made printable.
std::string shown_body(const std::string& body, bool& cut) {
    std::string shown;
    for (const std::string& line :
         lines_of(std::string_view(body).substr(0, k_longest_shown_body))) {
        shown += printable(line, k_longest_shown_body) + "\n";
    }
    cut = cut || body.size() > k_longest_shown_body || shown.size() > k_longest_shown_body;
    if (shown.size() > k_longest_shown_body) {
        shown.resize(k_longest_shown_body);
        // Not in the middle of a character (RFC 3629).
        while (!shown.empty() && (static_cast<unsigned char>(shown.back()) & 0xC0U) == 0x80U) {
            shown.pop_back();
        }
        shown.pop_back();
    }
    return shown;
}

/// Timings of a request whose name had been looked up before.
HttpTimings with_look_up(HttpTimings timings, milliseconds look_up) {
    for (milliseconds* moment : {&timings.resolved, &timings.connected, &timings.secured,
                                 &timings.first_byte, &timings.total}) {
        if (moment->count() > 0 || moment == &timings.resolved) {
            *moment += look_up;
        }
    }
    return timings;
}

Evidence evidence_of(const BatchOutcome& outcome, const std::string& url, milliseconds look_up) {
    Evidence evidence;
    evidence.timings = with_look_up(outcome.timings, look_up);
    if (const auto* response = std::get_if<HttpResponse>(&outcome.result)) {
        evidence.status = response->status;
        evidence.body_cut = response->body_cut;
        evidence.body = shown_body(response->body, evidence.body_cut);
        evidence.certificate_expiry = response->certificate_expiry;
        evidence.url = response->redirects > 0 && response->url != url ? printable(response->url)
                                                                       : std::string();
    }
    return evidence;
}

}  // namespace

Verification::Verification(const VerifyJob& job, Clock::Steady now, const Random& random,
                           VerifyObserver& observer)
    : m_job(job),
      m_random(random),
      m_observer(observer),
      m_start(now),
      m_limit(now + job.configuration.deadline),
      m_converged(now) {
    const auto& probes = job.configuration.probes;
    for (std::size_t index = 0; index < probes.size(); ++index) {
        Probe probe;
        probe.configuration = &probes[index];
        probe.request = &job.requests.at(index);
        probe.url = probe.request->url;
        probe.tells_version = tells_version(probes[index]);
        probe.next_look = now;
        m_probes.push_back(std::move(probe));
    }
}

std::vector<Verification::Due> Verification::begin() {
    std::vector<Due> due{{m_limit, {}}};
    for (std::size_t index = 0; index < m_probes.size(); ++index) {
        Probe& probe = m_probes[index];
        const ProbeConfiguration& configuration = *probe.configuration;
        if (!configuration.unix_socket.empty()) {
            due.push_back(
                ask_at(index, add_origin(probe, "unix:" + configuration.unix_socket), m_start));
            continue;
        }
        for (const std::string& address : configuration.addresses) {
            due.push_back(ask_at(index, add_origin(probe, address), m_start));
        }
        if (configuration.addresses.empty()) {
            due.push_back({m_start, {Kind::look_up, index, 0}});
        }
    }
    return due;
}

std::size_t Verification::add_origin(Probe& probe, const std::string& address) {
    OriginReport report;
    report.probe = probe.configuration->name;
    report.url = probe.url;
    report.address = address;
    probe.origins.push_back({.report = std::move(report),
                             .convergence = Convergence(m_job.configuration.consecutive),
                             .next = m_start});
    return probe.origins.size() - 1;
}

Verification::Due Verification::ask_at(std::size_t probe, std::size_t origin, Clock::Steady at) {
    m_probes[probe].origins[origin].next = at;
    return {at, {Kind::ask, probe, origin}};
}

Clock::Steady Verification::after_interval(Clock::Steady start) const {
    const auto interval = static_cast<double>(m_job.configuration.interval.count());
    return start + milliseconds(static_cast<long>(interval * (1.0 - k_jitter * m_random())));
}

std::optional<Verification::Start> Verification::start(const Task& task, Clock::Steady now) {
    if (m_report || now >= m_limit || task.kind == Kind::limit) {
        return std::nullopt;
    }
    Probe& probe = m_probes[task.probe];
    Start start;
    if (task.kind == Kind::look_up) {
        probe.looking = true;
    } else {
        Origin& origin = probe.origins[task.origin];
        // An address that went and came again may have left a task from before.
        if (origin.gone || origin.under_way || now < origin.next) {
            return std::nullopt;
        }
        origin.under_way = true;
        ++origin.report.requests;
        start.request = *probe.request;
        const std::string& address = origin.report.address;
        const bool pinned = probe.configuration->unix_socket.empty() && address != k_proxy &&
                            address != k_this_machine;
        start.request.address = pinned ? address : std::string();
    }
    start.request.url = probe.url;
    start.request.timeout = probe.configuration->timeout;
    if (m_phase == Phase::converging && m_limit - now < start.request.timeout) {
        start.cut_short = true;
        // Rounded up: what is cut a moment too early would be asked once more.
        start.request.timeout =
            std::max(std::chrono::ceil<milliseconds>(m_limit - now), k_least_timeout);
    }
    start.request.connect_timeout = std::min(start.request.connect_timeout, start.request.timeout);
    ++m_under_way;
    return start;
}

std::vector<Verification::Due> Verification::take(const Task& task, const Start& start,
                                                  const BatchOutcome& outcome, Clock::Steady now) {
    --m_under_way;
    if (m_report) {
        return {};
    }
    Probe& probe = m_probes[task.probe];
    if (task.kind == Kind::ask) {
        Origin& origin = probe.origins[task.origin];
        origin.under_way = false;
        if (origin.gone) {
            return {};
        }
        take_answer(probe, origin, start, outcome, now);
        Clock::Steady next = std::max(after_interval(origin.next), now);
        const auto* response = std::get_if<HttpResponse>(&outcome.result);
        if (response != nullptr && response->retry_after && origin.answer != Answer::expected) {
            next = std::max(next, now + *response->retry_after);
        }
        return {ask_at(task.probe, task.origin, next)};
    }
    probe.looking = false;
    probe.look_duration = outcome.timings.total;
    std::vector<Due> due;
    if (const auto* found = std::get_if<Resolution>(&outcome.result)) {
        probe.look_duration = found->duration;
        due = take_addresses(task.probe, *found, now);
        if (found->through_proxy || found->this_machine) {
            return due;  // The name is looked up with each request.
        }
    } else if (has_no_address(probe)) {
        // The failure itself is the answer; while there are addresses, they are kept.
        take_answer(probe, nameless_origin(probe), start, outcome, now);
    }
    probe.next_look = std::max(after_interval(probe.next_look), now);
    due.push_back({probe.next_look, task});
    return due;
}

std::vector<Verification::Due> Verification::take_addresses(std::size_t index,
                                                            const Resolution& found,
                                                            Clock::Steady now) {
    Probe& probe = m_probes[index];
    std::vector<std::string> addresses = found.addresses;
    if (found.through_proxy || found.this_machine) {
        addresses = {std::string(found.through_proxy ? k_proxy : k_this_machine)};
    }
    for (Origin& origin : probe.origins) {
        const bool stays =
            std::find(addresses.begin(), addresses.end(), origin.report.address) != addresses.end();
        if (!stays && !origin.gone) {
            origin.gone = true;
            if (!origin.report.address.empty()) {
                m_observer.answered(m_job, origin.report, VerifyObserver::News::gone);
            }
        }
    }
    std::vector<Due> due;
    for (const std::string& address : addresses) {
        const auto known =
            std::find_if(probe.origins.begin(), probe.origins.end(),
                         [&](const Origin& origin) { return origin.report.address == address; });
        if (known == probe.origins.end()) {
            due.push_back(ask_at(index, add_origin(probe, address), now));
        } else if (known->gone) {
            known->gone = false;
            known->convergence = Convergence(m_job.configuration.consecutive);
            if (!known->under_way) {
                due.push_back(
                    ask_at(index, static_cast<std::size_t>(known - probe.origins.begin()), now));
            }
        }
    }
    return due;
}

void Verification::take_answer(Probe& probe, Origin& origin, const Start& start,
                               const BatchOutcome& outcome, Clock::Steady now) {
    const auto* error = std::get_if<TransportError>(&outcome.result);
    // In the last moments it may be the connection or the handshake that is cut.
    const bool at_limit = now + k_least_timeout >= m_limit;
    if (error != nullptr && (error->fault() == TransportFault::timeout || at_limit) &&
        start.cut_short && origin.answered) {
        return;  // It had no fair time to answer: what came before decides.
    }
    const auto* response = std::get_if<HttpResponse>(&outcome.result);
    Judgement judgement =
        response != nullptr ? judge(*probe.configuration, m_job.subject, *response) : judge(*error);
    if (response != nullptr && response->retry_after && judgement.answer != Answer::expected) {
        judgement.words +=
            fmt::format(", and it asks to come back in {} s", response->retry_after->count());
    }
    OriginReport& report = origin.report;
    const bool same =
        origin.answered && origin.answer == judgement.answer && report.words == judgement.words;
    origin.answered = true;
    origin.answer = judgement.answer;
    origin.no_route = error != nullptr && error->fault() == TransportFault::no_route;
    origin.convergence.add(judgement.answer);
    report.words = std::move(judgement.words);
    report.hints = std::move(judgement.hints);
    report.streak = origin.convergence.streak();
    report.outcome = origin.convergence.outcome();
    report.evidence = evidence_of(outcome, probe.url, probe.look_duration);
    if (!counts(probe, origin)) {
        return;
    }
    m_regressed = m_phase == Phase::watching && judgement.answer != Answer::expected;
    m_observer.answered(m_job, report,
                        same ? VerifyObserver::News::same : VerifyObserver::News::changed);
}

bool Verification::has_no_address(const Probe& probe) {
    return std::all_of(probe.origins.begin(), probe.origins.end(), [](const Origin& origin) {
        return origin.gone || origin.report.address.empty();
    });
}

Verification::Origin& Verification::nameless_origin(Probe& probe) {
    const auto found =
        std::find_if(probe.origins.begin(), probe.origins.end(),
                     [](const Origin& origin) { return origin.report.address.empty(); });
    if (found == probe.origins.end()) {
        return probe.origins[add_origin(probe, "")];
    }
    found->gone = false;
    return *found;
}

bool Verification::counts(const Probe& probe, const Origin& origin) {
    if (origin.gone) {
        return false;
    }
    // A machine without IPv6, say, cannot judge what answers there; nor need it, while there is
    // another address.
    return !origin.no_route ||
           std::none_of(probe.origins.begin(), probe.origins.end(), [](const Origin& other) {
               return !other.gone && !other.no_route && !other.report.address.empty();
           });
}

bool Verification::all_converged() const {
    return std::all_of(m_probes.begin(), m_probes.end(), [](const Probe& probe) {
        bool any = false;
        for (const Origin& origin : probe.origins) {
            if (counts(probe, origin)) {
                any = true;
                if (!origin.convergence.converged()) {
                    return false;
                }
            }
        }
        return any;
    });
}

bool Verification::hopeless() const {
    return std::any_of(m_probes.begin(), m_probes.end(), [&](const Probe& probe) {
        if (has_no_address(probe)) {
            return probe.next_look >= m_limit;
        }
        return std::any_of(probe.origins.begin(), probe.origins.end(), [&](const Origin& origin) {
            return counts(probe, origin) && !origin.convergence.converged() &&
                   origin.next >= m_limit;
        });
    });
}

std::optional<Verification::Due> Verification::settle(Clock::Steady now) {
    if (m_report) {
        return std::nullopt;
    }
    if (m_phase == Phase::watching) {
        if (m_regressed || (now >= m_limit && m_under_way == 0)) {
            close(now);
        }
        return std::nullopt;
    }
    if (all_converged()) {
        if (m_job.configuration.watch.count() == 0) {
            close(now);
            return std::nullopt;
        }
        m_phase = Phase::watching;
        m_converged = now;
        m_limit = now + m_job.configuration.watch;
        m_observer.watching(m_job);
        return Due{m_limit, {}};
    }
    if (m_under_way == 0 && (now >= m_limit || hopeless())) {
        close(now);
    }
    return std::nullopt;
}

void Verification::close(Clock::Steady now) {
    VerifyReport report;
    std::vector<Share> shares;
    for (const Probe& probe : m_probes) {
        const auto first = static_cast<std::ptrdiff_t>(report.origins.size());
        for (const Origin& origin : probe.origins) {
            report.requests += origin.report.requests;
            if (counts(probe, origin)) {
                report.origins.push_back(origin.report);
                shares.push_back({origin.report.outcome, probe.tells_version});
            }
        }
        std::sort(report.origins.begin() + first, report.origins.end(),
                  [](const OriginReport& one, const OriginReport& other) {
                      return one.address < other.address;
                  });
    }
    report.outcome = outcome_of(shares);
    report.regressed = m_regressed;
    report.duration = between(m_start, now);
    if (m_phase == Phase::watching) {
        report.watched = between(m_converged, now);
    }
    report.version_proven = m_job.configuration.proves_version() &&
                            !(m_job.subject.commit.empty() && m_job.subject.tag.empty());
    report.words = words_of(report, m_job);
    m_report = std::move(report);
}

}  // namespace headway::core
