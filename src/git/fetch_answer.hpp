#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "git/answer_reader.hpp"
#include "git/pack_reader.hpp"
#include "git/pkt_line.hpp"
#include "git/side_band.hpp"
#include "git/wire_log.hpp"
#include "headway/object_id.hpp"

namespace headway::git {

struct FetchAnswer {
    std::vector<PackObject> objects;    ///< In the pack's order.
    std::vector<ObjectId> shallow;      ///< Commits that the server cut off from their parents.
    std::vector<std::string> messages;  ///< Side-band 2.
    bool abandoned = false;             ///< The pack announced more objects than allowed.
};

/// The answer to a fetch had no byte. git's server ends so when an id of the request is that of an
/// object which is no commit.
class EmptyAnswer : public ProtocolError {
public:
    EmptyAnswer() : ProtocolError("the answer to a fetch is empty") {}
};

/// Reads upload-pack's answer: v2's sections (gitprotocol-v2, "fetch"), or v0's shallow lines,
/// acknowledgments and pack, with a side-band or without. Throws ProtocolError, ServerRefusal.
class FetchReader final : public AnswerReader {
public:
    enum class Dialect { v0, v2 };
    static constexpr std::size_t k_max_lines = 1'000'000;

    /// A pack that announces more than `abandon_above` objects is not read.
    FetchReader(Dialect dialect, PackKeep keep, std::uint32_t abandon_above, Trace& trace,
                const PackLimits& limits = {});

    BodyDemand take(std::string_view piece) override;
    /// Throws when the answer stopped in the middle; EmptyAnswer when it never began.
    void end() override;

    /// After end().
    [[nodiscard]] FetchAnswer& answer() noexcept { return m_answer; }

private:
    enum class State { lines, raw_pack, banded_pack, complete };

    void take_pkt(const Pkt& pkt);
    void take_line(const Pkt& pkt);
    void take_v2_line(std::string_view line);
    void take_v0_line(std::string_view line);
    void take_shallow_line(std::string_view line);
    void feed_pack(std::string_view bytes);

    Dialect m_dialect;
    std::uint32_t m_abandon_above;
    WireLog m_log;
    PktReader m_packets;
    SideBand m_band;
    PackReader m_pack;
    State m_state = State::lines;
    std::string m_section;  ///< v2: the present one; empty: its name comes next.
    bool m_acknowledged = false;
    bool m_empty = true;
    std::size_t m_lines = 0;
    FetchAnswer m_answer;
};

}  // namespace headway::git
