#include "http/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "http/transport_errors.hpp"

namespace headway::http {

namespace {

using std::chrono::milliseconds;

void check(CURLMcode code) {
    if (code == CURLM_OUT_OF_MEMORY) {
        throw std::bad_alloc();
    }
    if (code != CURLM_OK) {
        throw Error(ExitCode::failed, "the HTTP library failed", curl_multi_strerror(code));
    }
}

}  // namespace

Engine::Engine(const ClientSettings& settings, Interrupt& interrupt, Trace& trace)
    : m_settings(settings), m_interrupt(interrupt), m_trace(trace), m_multi(curl_multi_init()) {
    if (!m_multi) {
        throw std::bad_alloc();
    }
}

void Engine::add(std::uint64_t ticket, std::unique_ptr<Job> job) {
    if (m_jobs.empty()) {
        m_grace_end.reset();
    }
    attach({ticket, std::move(job)});
}

void Engine::attach(Entry entry) {
    CURL* easy = entry.job->handle();
    const auto position = m_jobs.insert_or_assign(easy, std::move(entry)).first;
    if (curl_multi_add_handle(m_multi.get(), easy) != CURLM_OK) {
        m_jobs.erase(position);
        throw Error(ExitCode::failed, "the HTTP library refused a request");
    }
}

Engine::Entry Engine::detach(CURL* easy) noexcept {
    // This closes an unfinished connection.
    curl_multi_remove_handle(m_multi.get(), easy);
    auto node = m_jobs.extract(easy);
    return node.empty() ? Entry{} : std::move(node.mapped());
}

void Engine::cancel() noexcept {
    while (!m_jobs.empty()) {
        static_cast<void>(detach(m_jobs.begin()->first));
    }
    m_ended.clear();
}

std::vector<BatchOutcome> Engine::wait(Clock::Steady until) {
    for (;;) {
        drive();
        if (!m_ended.empty()) {
            return std::exchange(m_ended, {});
        }
        obey_interrupt();
        watch_stalls();
        if (!m_ended.empty()) {
            return std::exchange(m_ended, {});
        }
        if (std::chrono::steady_clock::now() >= until) {
            return {};
        }
        poll(until);
    }
}

void Engine::drive() {
    int running = 0;
    check(curl_multi_perform(m_multi.get(), &running));
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(m_multi.get(), &left)) {
        if (message->msg == CURLMSG_DONE) {
            finish(message->easy_handle, message->data.result);
        }
    }
}

void Engine::finish(CURL* easy, CURLcode code) {
    Entry entry = detach(easy);
    if (!entry.job) {
        return;
    }
    if (auto result = entry.job->ended(code)) {
        m_ended.push_back({entry.ticket, std::move(*result), entry.job->timings()});
    } else {
        attach(std::move(entry));
    }
}

void Engine::watch_stalls() {
    // Not at every wake-up: it goes through all of them.
    const Clock::Steady now = std::chrono::steady_clock::now();
    if (now < m_next_watch) {
        return;
    }
    m_next_watch = now + std::min(milliseconds(1000), m_settings.stall_window / 4);
    std::vector<std::pair<CURL*, TransportError>> stalled;
    for (const auto& [easy, entry] : m_jobs) {
        if (auto error = entry.job->stalled(now)) {
            stalled.emplace_back(easy, std::move(*error));
        }
    }
    for (auto& [easy, error] : stalled) {
        const Entry entry = detach(easy);
        m_ended.push_back({entry.ticket, std::move(error), entry.job->timings()});
    }
}

std::string Engine::what_is_under_way() const {
    if (m_jobs.empty()) {
        return {};
    }
    std::string text = m_jobs.begin()->second.job->authority();
    if (m_jobs.size() > 1) {
        text += fmt::format(" and {} more", m_jobs.size() - 1);
    }
    return text;
}

void Engine::obey_interrupt() {
    if (!m_interrupt.requested()) {
        return;
    }
    const std::string peers = what_is_under_way();
    const std::string what = "interrupted while waiting" + (peers.empty() ? "" : " for " + peers);
    const bool may_finish =
        !m_jobs.empty() && std::all_of(m_jobs.begin(), m_jobs.end(), [](const auto& item) {
            return item.second.job->on_interrupt() == OnInterrupt::finish;
        });
    if (!may_finish || m_interrupt.count() > 1) {
        throw Interrupted(what);
    }
    const Clock::Steady now = std::chrono::steady_clock::now();
    if (!m_grace_end) {
        m_grace_end = now + m_settings.finish_grace;
        m_trace.line(Verbosity::normal,
                     fmt::format("interrupted: waiting up to {} for the answer of {}; a second "
                                 "signal ends it at once",
                                 shown_seconds(m_settings.finish_grace), peers));
    } else if (now >= *m_grace_end) {
        throw Interrupted(what, fmt::format("its answer did not come within {} of the signal",
                                            shown_seconds(m_settings.finish_grace)));
    }
}

void Engine::poll(Clock::Steady until) {
    // A signal wakes the poll; without a descriptor it has to be asked for.
    constexpr milliseconds k_with_descriptor{5000};  // So late a stall may be noticed.
    constexpr milliseconds k_without{50};
    const int descriptor = m_interrupt.descriptor();
    curl_waitfd extra{};
    extra.fd = descriptor;
    extra.events = CURL_WAIT_POLLIN;
    const Clock::Steady now = std::chrono::steady_clock::now();
    milliseconds longest =
        std::min(descriptor < 0 ? k_without : k_with_descriptor, m_settings.stall_window);
    // Compared as times: `until` may be the end of all time, to which nothing can be added.
    if (until < now + longest) {
        longest = std::chrono::ceil<milliseconds>(until - now);
    }
    if (m_grace_end && *m_grace_end < now + longest) {
        longest = std::chrono::ceil<milliseconds>(*m_grace_end - now);
    }
    check(curl_multi_poll(m_multi.get(), descriptor < 0 ? nullptr : &extra,
                          descriptor < 0 ? 0U : 1U,
                          static_cast<int>(std::max(longest, milliseconds(1)).count()), nullptr));
}

}  // namespace headway::http
