#include "git/wire_log.hpp"

#include <fmt/format.h>

#include <string>

#include "headway/text.hpp"

namespace headway::git {

namespace {

constexpr std::size_t k_max_shown = 300;
constexpr std::string_view k_pack_signature = "PACK";

std::string shown(const Pkt& pkt) {
    switch (pkt.kind) {
        case PktKind::flush:
            return "0000";
        case PktKind::delimiter:
            return "0001";
        case PktKind::response_end:
            return "0002";
        case PktKind::data:
            break;
    }
    if (pkt.data.starts_with('\1')) {
        return fmt::format("(band 1: {} bytes)", pkt.data.size() - 1);
    }
    return printable(pkt.text(), k_max_shown);
}

}  // namespace

void WireLog::line(std::string_view text) {
    ++m_lines;
    if (m_lines > k_max_lines + 1) {
        return;
    }
    m_trace.line(Verbosity::wire,
                 fmt::format("git {} {}", m_direction == Direction::sent ? '>' : '<',
                             m_lines > k_max_lines ? "(and more)" : text));
}

void WireLog::note(const Pkt& pkt) {
    if (m_lines <= k_max_lines) {
        line(shown(pkt));
    }
}

void WireLog::note_message(std::string_view message) {
    PktReader reader;
    while (!message.empty() && !message.starts_with(k_pack_signature)) {
        if (const auto pkt = reader.next(message)) {
            note(*pkt);
        }
    }
    if (!message.empty()) {
        line(fmt::format("(a pack: {} bytes)", message.size()));
    }
}

}  // namespace headway::git
