#include "cli/signals.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "headway/error.hpp"

namespace headway::cli {

SignalInterrupt::SignalInterrupt() {
    (void)std::signal(SIGPIPE, SIG_IGN);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    m_descriptor = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (m_descriptor >= 0) {
        sigprocmask(SIG_BLOCK, &signals, nullptr);
    }
}

SignalInterrupt::~SignalInterrupt() {
    if (m_descriptor >= 0) {
        close(m_descriptor);
    }
}

bool SignalInterrupt::requested() {
    return count() > 0;
}

int SignalInterrupt::count() {
    signalfd_siginfo info{};
    while (m_descriptor >= 0 && read(m_descriptor, &info, sizeof info) == sizeof info) {
        ++m_count;
    }
    return m_count;
}

Clock::System SystemClock::now() const {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

Clock::Steady SystemClock::monotonic() const {
    return std::chrono::steady_clock::now();
}

void SystemClock::wait(std::chrono::milliseconds duration) {
    const auto end = monotonic() + duration;
    while (!m_interrupt.requested()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - monotonic()).count();
        if (left <= 0) {
            return;
        }
        pollfd descriptor{.fd = m_interrupt.descriptor(), .events = POLLIN, .revents = 0};
        (void)poll(&descriptor, 1, static_cast<int>(std::min<long long>(left, 60'000)));
    }
    throw Interrupted("interrupted while waiting");
}

}  // namespace headway::cli
