#pragma once

#include <cstddef>

#include "git/pkt_line.hpp"
#include "headway/trace.hpp"

namespace headway::git {

/// Tells the trace, at Verbosity::wire, the pkt-lines of one message: printable, packs as their
/// size only, the first k_max_lines of them.
class WireLog {
public:
    static constexpr std::size_t k_max_lines = 200;

    enum class Direction { sent, received };

    WireLog(Trace& trace, Direction direction) : m_trace(trace), m_direction(direction) {}

    void note(const Pkt& pkt);
    /// All pkt-lines at the front of `message`, and what follows them by its size.
    void note_message(std::string_view message);

private:
    void line(std::string_view text);

    Trace& m_trace;
    Direction m_direction;
    std::size_t m_lines = 0;
};

}  // namespace headway::git
