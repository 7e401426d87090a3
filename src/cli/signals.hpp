#pragma once

#include "headway/clock.hpp"

namespace headway::cli {

/// SIGINT and SIGTERM through a signalfd(2): no handler runs, so nothing is global and no call is
/// cut short in the middle. SIGPIPE is ignored. Make one, before any other thread exists.
class SignalInterrupt final : public Interrupt {
public:
    /// Without /dev or /proc this still works; where the kernel has no signalfd the signals keep
    /// their default action and end the process.
    SignalInterrupt();
    SignalInterrupt(const SignalInterrupt&) = delete;
    SignalInterrupt& operator=(const SignalInterrupt&) = delete;
    ~SignalInterrupt() override;

    [[nodiscard]] bool requested() override;
    [[nodiscard]] int count() override;
    [[nodiscard]] int descriptor() const noexcept override { return m_descriptor; }

private:
    int m_descriptor = -1;
    int m_count = 0;
};

/// The machine's clocks; waiting ends early when a signal arrives.
class SystemClock final : public Clock {
public:
    explicit SystemClock(Interrupt& interrupt) : m_interrupt(interrupt) {}

    [[nodiscard]] System now() const override;
    [[nodiscard]] Steady monotonic() const override;
    void wait(std::chrono::milliseconds duration) override;

private:
    Interrupt& m_interrupt;
};

}  // namespace headway::cli
