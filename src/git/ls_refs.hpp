#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "git/answer_reader.hpp"
#include "git/pkt_line.hpp"
#include "git/wire_log.hpp"
#include "headway/git_remote.hpp"

namespace headway::git {

/// The body of a v2 "ls-refs" (gitprotocol-v2): one prefix per ref, or for many refs
/// of one folder the prefix that they share. Where HEAD points is asked only with "HEAD" among the
/// names. Throws Error(usage) for a name that is no ref's.
[[nodiscard]] std::string ls_refs_request(std::span<const std::string> names);

/// Reads its answer. The server may answer with more than was asked: refs are picked by their
/// exact names.
class LsRefsReader final : public AnswerReader {
public:
    static constexpr std::size_t k_max_lines = 1'000'000;

    LsRefsReader(std::span<const std::string> names, Trace& trace);

    BodyDemand take(std::string_view piece) override;
    /// Throws when the answer stopped in the middle.
    void end() override;

    [[nodiscard]] const RemoteRefs& refs() const noexcept { return m_refs; }

private:
    void take_line(std::string_view line);

    std::set<std::string, std::less<>> m_wanted;
    std::set<std::string, std::less<>> m_seen;
    WireLog m_log;
    PktReader m_packets;
    std::size_t m_lines = 0;
    bool m_complete = false;
    RemoteRefs m_refs;
};

/// Throws Error(usage) for a name that is no ref's.
void require_ref_name(std::string_view name);

}  // namespace headway::git
