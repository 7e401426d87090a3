#include "git/push_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "git/ls_refs.hpp"
#include "git/words.hpp"
#include "headway/text.hpp"

namespace headway::git {

std::string push_commands(std::span<const RefUpdate> updates, std::string_view words,
                          std::span<const std::string> options) {
    std::string body;
    std::set<std::string_view> refs;
    for (const RefUpdate& update : updates) {
        require_ref_name(update.ref);
        if (!refs.insert(update.ref).second) {
            throw Error(ExitCode::usage, fmt::format("{} would be moved twice", update.ref),
                        "two environments of one promotion share this branch or ledger",
                        {"give each environment a branch of its own"});
        }
        std::string line =
            fmt::format("{} {} {}", update.expected.hex(), update.desired.hex(), update.ref);
        if (body.empty()) {
            line += '\0';
            line += fmt::format(" {}", words);
        }
        append_pkt(body, line);
    }
    append_flush(body);
    if (options.empty()) {
        return body;
    }
    for (const std::string& option : options) {
        if (option.find_first_of(std::string_view("\n\0", 2)) != std::string::npos) {
            throw Error(ExitCode::usage, "a push option holds a newline or a null byte",
                        printable(option, 200));
        }
        append_pkt(body, option);
    }
    append_flush(body);
    return body;
}

PushReportReader::PushReportReader(std::span<const RefUpdate> updates, Trace& trace)
    : m_log(trace, WireLog::Direction::received) {
    for (const RefUpdate& update : updates) {
        m_report.refs.push_back({update.ref, RefOutcome::unreported, {}});
    }
}

BodyDemand PushReportReader::take(std::string_view piece) {
    while (const auto pkt = m_packets.next(piece)) {
        if (m_complete) {
            throw ProtocolError("the report of the push goes on after its end");
        }
        take_outer(*pkt);
        m_begun = true;
    }
    return BodyDemand::more;
}

void PushReportReader::take_outer(const Pkt& pkt) {
    if (m_form == Form::unknown) {
        const bool banded = pkt.kind == PktKind::data && !pkt.data.empty() &&
                            pkt.data.front() >= 1 && pkt.data.front() <= 3;
        m_form = banded ? Form::banded : Form::plain;
    }
    if (m_form == Form::plain) {
        take_report(pkt);
        m_complete = m_report_complete;
        return;
    }
    refuse_error_line(pkt);
    if (pkt.is_flush()) {
        m_complete = true;
        return;
    }
    const auto bytes = m_band.take(pkt);
    if (!pkt.data.starts_with('\1')) {
        m_log.note(pkt);
    }
    take_report_bytes(bytes);
}

void PushReportReader::take_report_bytes(std::string_view bytes) {
    while (const auto pkt = m_inner.next(bytes)) {
        take_report(*pkt);
    }
}

void PushReportReader::take_report(const Pkt& pkt) {
    m_log.note(pkt);
    refuse_error_line(pkt);
    if (m_report_complete) {
        throw ProtocolError("the report of the push goes on after its end");
    }
    if (pkt.is_flush()) {
        if (!m_unpack_seen) {
            throw ProtocolError("the report of the push does not tell of the objects");
        }
        m_report_complete = true;
        return;
    }
    if (pkt.kind != PktKind::data) {
        throw ProtocolError("the report of the push is malformed");
    }
    take_line(pkt.text());
}

void PushReportReader::take_line(std::string_view line) {
    std::string_view rest = line;
    const auto word = take_word(rest);
    if (word == "unpack" && !m_unpack_seen) {
        m_unpack_seen = true;
        m_report.unpack_error = rest == "ok" ? "" : printable(rest.empty() ? "unknown" : rest);
        return;
    }
    if (!m_unpack_seen || (word != "ok" && word != "ng")) {
        throw ProtocolError(
            fmt::format("\"{}\" does not belong into the report of a push", printable(line, 100)));
    }
    const auto ref = take_word(rest);
    const auto is_it = [&](const RefReport& report) { return report.ref == ref; };
    // Servers keep to the order of the push: the next one first, or a fleet takes quadratic time.
    auto found = std::find_if(m_report.refs.begin() + static_cast<std::ptrdiff_t>(m_reported),
                              m_report.refs.end(), is_it);
    if (found == m_report.refs.end()) {
        found = std::find_if(m_report.refs.begin(), m_report.refs.end(), is_it);
    }
    if (found == m_report.refs.end() || found->outcome != RefOutcome::unreported) {
        throw ProtocolError(
            fmt::format("the push's report tells of {}, which was not pushed or was told before",
                        printable(ref, 100)));
    }
    m_reported = static_cast<std::size_t>(found - m_report.refs.begin()) + 1;
    found->outcome = word == "ok" ? RefOutcome::accepted : RefOutcome::rejected;
    if (word == "ng") {
        found->reason = printable(rest.empty() ? "no reason given" : rest);
    }
}

void PushReportReader::end() {
    m_report.server_messages = m_band.finish_messages();
    if (!m_complete || !m_report_complete || !m_packets.idle() || !m_inner.idle()) {
        throw ProtocolError("the report of the push ends in the middle");
    }
}

}  // namespace headway::git
