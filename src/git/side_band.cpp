#include "git/side_band.hpp"

#include <fmt/format.h>

#include <cstdint>

#include "headway/text.hpp"

namespace headway::git {

namespace {

constexpr std::size_t k_max_line = 2000;

}  // namespace

std::string_view SideBand::take(const Pkt& pkt) {
    if (pkt.kind != PktKind::data || pkt.data.empty()) {
        throw ProtocolError("a side-band packet was expected, and something else came");
    }
    const auto band = static_cast<std::uint8_t>(pkt.data.front());
    const std::string_view bytes = pkt.data.substr(1);
    switch (band) {
        case 1:
            return bytes;
        case 2:
            add_message_bytes(bytes);
            return {};
        case 3:
            throw ServerRefusal(printable(trimmed(bytes)), finish_messages());
        default:
            throw ProtocolError(fmt::format("there is no side-band {}", band));
    }
}

void SideBand::add_message_bytes(std::string_view bytes) {
    for (const char letter : bytes) {
        if (letter == '\n') {
            m_overwritten = false;
            end_message();
            continue;
        }
        if (m_overwritten) {
            m_line.clear();
        }
        m_overwritten = letter == '\r';
        if (!m_overwritten && m_line.size() < k_max_line) {
            m_line += letter;
        }
    }
}

void SideBand::end_message() {
    std::string message = printable(trimmed(m_line));
    m_line.clear();
    if (message.empty() || m_full) {
        return;
    }
    m_message_bytes += message.size();
    m_full = m_message_bytes > k_max_message_bytes || m_messages.size() + 1 == k_max_messages;
    m_messages.push_back(m_full ? "…" : std::move(message));
}

std::vector<std::string> SideBand::finish_messages() {
    if (m_overwritten) {
        m_line.clear();
    }
    end_message();
    return m_messages;
}

}  // namespace headway::git
