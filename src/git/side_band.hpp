#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "git/pkt_line.hpp"

namespace headway::git {

/// Takes side-band-64k apart (gitprotocol-pack, "Packfile Data"): band 1 is the data, band 2 what
/// the server tells a person, band 3 its last words.
class SideBand {
public:
    static constexpr std::size_t k_max_messages = 500;
    static constexpr std::size_t k_max_message_bytes = 64U << 10U;  ///< Of all messages together.

    /// The data in this pkt-line; empty for a message. Throws ServerRefusal for band 3,
    /// ProtocolError for a band that does not exist.
    [[nodiscard]] std::string_view take(const Pkt& pkt);

    /// Ends a message without a newline, and tells all: one a line, printable. Lines that end in
    /// a carriage return are progress, which a terminal overwrites, and are left out.
    [[nodiscard]] std::vector<std::string> finish_messages();

private:
    void add_message_bytes(std::string_view bytes);
    void end_message();

    std::string m_line;
    std::vector<std::string> m_messages;
    std::size_t m_message_bytes = 0;
    bool m_overwritten = false;  ///< A carriage return ended `m_line`.
    bool m_full = false;
};

}  // namespace headway::git
