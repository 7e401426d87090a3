#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "headway/clock.hpp"
#include "headway/http.hpp"
#include "headway/trace.hpp"
#include "http/client.hpp"
#include "http/job.hpp"

namespace headway::http {

/// Drives jobs at the same time, in one thread, over connections of its own.
class Engine {
public:
    /// All of them must outlive the engine.
    Engine(const ClientSettings& settings, Interrupt& interrupt, Trace& trace);
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine() { cancel(); }

    void add(std::uint64_t ticket, std::unique_ptr<Job> job);

    /// See HttpBatch::wait. With nothing under way it waits until `until` all the same. Throws
    /// what Job::ended throws; that job is over then, the others go on.
    [[nodiscard]] std::vector<BatchOutcome> wait(Clock::Steady until);

    void cancel() noexcept;

private:
    struct Entry {
        std::uint64_t ticket = 0;
        std::unique_ptr<Job> job;
    };

    void drive();
    void finish(CURL* easy, CURLcode code);
    void attach(Entry entry);
    [[nodiscard]] Entry detach(CURL* easy) noexcept;
    void watch_stalls();
    void obey_interrupt();
    [[nodiscard]] std::string what_is_under_way() const;
    void poll(Clock::Steady until);

    const ClientSettings& m_settings;
    Interrupt& m_interrupt;
    Trace& m_trace;
    Multi m_multi;  // Holds the open connections.
    std::unordered_map<CURL*, Entry> m_jobs;
    std::vector<BatchOutcome> m_ended;
    Clock::Steady m_next_watch;
    std::optional<Clock::Steady> m_grace_end;
};

}  // namespace headway::http
