#include "git/fetch_answer.hpp"

#include <fmt/format.h>

#include "git/words.hpp"
#include "headway/text.hpp"

namespace headway::git {

namespace {

[[noreturn]] void unexpected(std::string_view line) {
    throw ProtocolError(
        fmt::format("\"{}\" does not belong into the answer to a fetch", printable(line, 100)));
}

ObjectId parse_id(std::string_view text) {
    const auto id = ObjectId::parse(text);
    if (!id) {
        throw ProtocolError(
            fmt::format("\"{}\" stands where a commit's id belongs", printable(text, 100)));
    }
    return *id;
}

}  // namespace

FetchReader::FetchReader(Dialect dialect, PackKeep keep, std::uint32_t abandon_above, Trace& trace,
                         const PackLimits& limits)
    : m_dialect(dialect),
      m_abandon_above(abandon_above),
      m_log(trace, WireLog::Direction::received),
      m_pack(keep, limits) {}

BodyDemand FetchReader::take(std::string_view piece) {
    m_empty = m_empty && piece.empty();
    while (!piece.empty() && !m_answer.abandoned) {
        // Without a side-band v0's pack follows the acknowledgment as it is: no length begins
        // with the letter that a pack does.
        if (m_state == State::lines && m_acknowledged && m_packets.idle() && piece.front() == 'P') {
            m_state = State::raw_pack;
        }
        if (m_state == State::raw_pack) {
            feed_pack(piece);
            break;
        }
        if (const auto pkt = m_packets.next(piece)) {
            m_log.note(*pkt);
            take_pkt(*pkt);
        }
    }
    return m_answer.abandoned ? BodyDemand::enough : BodyDemand::more;
}

void FetchReader::end() {
    m_answer.messages = m_band.finish_messages();
    if (m_answer.abandoned) {
        return;
    }
    if (m_empty) {
        throw EmptyAnswer();
    }
    if ((m_state != State::complete && m_state != State::raw_pack) || !m_packets.idle()) {
        throw ProtocolError("the answer to a fetch ends in the middle");
    }
    m_answer.objects = m_pack.finish();
}

void FetchReader::take_pkt(const Pkt& pkt) {
    switch (m_state) {
        case State::lines:
            return take_line(pkt);
        case State::banded_pack:
            if (pkt.is_flush()) {
                m_state = State::complete;
                return;
            }
            return feed_pack(m_band.take(pkt));
        case State::raw_pack:
        case State::complete:
            throw ProtocolError("the answer to a fetch goes on after its end");
    }
}

void FetchReader::take_line(const Pkt& pkt) {
    if (++m_lines > k_max_lines) {
        throw ProtocolError("the answer to a fetch is endless");
    }
    refuse_error_line(pkt);
    const bool is_band = pkt.kind == PktKind::data && !pkt.data.empty() && pkt.data.front() <= 3 &&
                         pkt.data.front() > 0;
    if (m_dialect == Dialect::v2) {
        if (pkt.kind == PktKind::delimiter && !m_section.empty()) {
            m_section.clear();
            return;
        }
        if (pkt.kind != PktKind::data) {
            throw ProtocolError("the answer to a fetch holds no pack");
        }
        return take_v2_line(pkt.text());
    }
    if (is_band) {
        m_state = State::banded_pack;
        return feed_pack(m_band.take(pkt));
    }
    if (pkt.is_flush() && !m_acknowledged) {
        return;
    }
    if (pkt.kind != PktKind::data) {
        throw ProtocolError("the answer to a fetch holds no pack");
    }
    take_v0_line(pkt.text());
}

void FetchReader::take_v2_line(std::string_view line) {
    if (!m_section.empty()) {
        if (m_section == "shallow-info") {
            take_shallow_line(line);
        }
        return;
    }
    if (line == "packfile") {
        m_state = State::banded_pack;
    } else if (line == "acknowledgments" || line == "shallow-info" || line == "wanted-refs") {
        m_section = line;
    } else {
        unexpected(line);
    }
}

void FetchReader::take_v0_line(std::string_view line) {
    if (line == "NAK" || line.starts_with("ACK ")) {
        m_acknowledged = true;
    } else {
        take_shallow_line(line);
    }
}

void FetchReader::take_shallow_line(std::string_view line) {
    std::string_view rest = line;
    const auto word = take_word(rest);
    if (word == "shallow") {
        m_answer.shallow.push_back(parse_id(rest));
    } else if (word != "unshallow") {
        unexpected(line);
    }
}

void FetchReader::feed_pack(std::string_view bytes) {
    while (!m_pack.announced() && !bytes.empty()) {
        m_pack.feed(bytes.substr(0, 1));
        bytes.remove_prefix(1);
    }
    m_answer.abandoned = m_pack.announced().value_or(0) > m_abandon_above;
    if (!m_answer.abandoned) {
        m_pack.feed(bytes);
    }
}

}  // namespace headway::git
