#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "git/answer_reader.hpp"
#include "git/pkt_line.hpp"
#include "git/side_band.hpp"
#include "git/wire_log.hpp"
#include "headway/git_remote.hpp"

namespace headway::git {

/// The commands of a push (gitprotocol-pack, "Reference Update Request"), push options included;
/// the pack follows. Throws Error(usage) for a name that is no ref's, a ref that is named twice
/// and an option that holds a newline.
/// `words`: the capabilities to ask for, separated by spaces.
[[nodiscard]] std::string push_commands(std::span<const RefUpdate> updates, std::string_view words,
                                        std::span<const std::string> options);

/// Reads the answer of receive-pack with report-status, inside a side-band or without. A ref
/// that is reported twice, or was not pushed, is a ProtocolError; one that is missing stays
/// `unreported`.
class PushReportReader final : public AnswerReader {
public:
    PushReportReader(std::span<const RefUpdate> updates, Trace& trace);

    BodyDemand take(std::string_view piece) override;
    /// Throws when the answer stopped in the middle.
    void end() override;

    /// After end().
    [[nodiscard]] PushReport& report() noexcept { return m_report; }
    /// True as soon as anything of the report, or a message, has arrived.
    [[nodiscard]] bool begun() const noexcept { return m_begun; }

private:
    enum class Form { unknown, banded, plain };

    void take_outer(const Pkt& pkt);
    void take_report_bytes(std::string_view bytes);
    void take_report(const Pkt& pkt);
    void take_line(std::string_view line);

    WireLog m_log;
    PktReader m_packets;
    PktReader m_inner;
    SideBand m_band;
    Form m_form = Form::unknown;
    bool m_begun = false;
    bool m_unpack_seen = false;
    bool m_report_complete = false;
    bool m_complete = false;
    std::size_t m_reported = 0;  ///< Where the last reported ref is, and one more.
    PushReport m_report;
};

}  // namespace headway::git
