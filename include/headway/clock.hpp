#pragma once

#include <chrono>

namespace headway {

/// Seam: time. The tests' clock moves by itself; the real one waits.
class Clock {
public:
    using Steady = std::chrono::steady_clock::time_point;
    using System = std::chrono::sys_seconds;

    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    [[nodiscard]] virtual System now() const = 0;        ///< UTC, for records.
    [[nodiscard]] virtual Steady monotonic() const = 0;  ///< For durations and deadlines.

    /// Returns after `duration`; throws Interrupted as soon as a signal arrives.
    virtual void wait(std::chrono::milliseconds duration) = 0;
};

/// Where SIGINT and SIGTERM arrive: asked between steps, polled with sockets while waiting.
class Interrupt {
public:
    Interrupt() = default;
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;
    virtual ~Interrupt() = default;

    /// True from the first signal on.
    [[nodiscard]] virtual bool requested() = 0;

    /// How many signals have come so far; a second one asks to stop without waiting.
    [[nodiscard]] virtual int count() = 0;

    /// A file descriptor that becomes readable when a signal arrives (poll(2)); -1 when there is
    /// none. `requested()` and `count()` drain it.
    [[nodiscard]] virtual int descriptor() const noexcept = 0;
};

}  // namespace headway
