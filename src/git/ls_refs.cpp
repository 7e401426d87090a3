#include "git/ls_refs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "git/capabilities.hpp"
#include "git/ref_name.hpp"
#include "git/words.hpp"
#include "headway/text.hpp"

namespace headway::git {

namespace {

constexpr std::string_view k_symref_attribute = "symref-target:";

}  // namespace

void require_ref_name(std::string_view name) {
    if (!is_ref_name(name)) {
        throw Error(ExitCode::usage,
                    fmt::format("\"{}\" is no name of a ref", printable(name, 200)),
                    "git does not accept it (git help check-ref-format)",
                    {"correct the branch's name in the configuration"});
    }
}

std::string ls_refs_request(std::span<const std::string> names) {
    std::string body;
    append_pkt(body, "command=ls-refs\n");
    append_delimiter(body);
    if (std::find(names.begin(), names.end(), "HEAD") != names.end()) {
        append_pkt(body, "symrefs\n");
    }
    for (const std::string& name : names) {
        require_ref_name(name);
        append_pkt(body, fmt::format("ref-prefix {}\n", name));
    }
    append_flush(body);
    return body;
}

LsRefsReader::LsRefsReader(std::span<const std::string> names, Trace& trace)
    : m_wanted(names.begin(), names.end()), m_log(trace, WireLog::Direction::received) {}

BodyDemand LsRefsReader::take(std::string_view piece) {
    while (const auto pkt = m_packets.next(piece)) {
        m_log.note(*pkt);
        refuse_error_line(*pkt);
        if (m_complete) {
            throw ProtocolError("the list of refs goes on after its end");
        }
        if (pkt->is_flush()) {
            m_complete = true;
        } else if (pkt->kind != PktKind::data || ++m_lines > k_max_lines) {
            throw ProtocolError("the list of refs is malformed or endless");
        } else {
            take_line(pkt->text());
        }
    }
    return BodyDemand::more;
}

void LsRefsReader::end() {
    if (!m_complete || !m_packets.idle()) {
        throw ProtocolError("the list of refs ends in the middle");
    }
}

void LsRefsReader::take_line(std::string_view line) {
    const auto id = take_word(line);
    const auto name = take_word(line);
    if (id == "unborn") {
        return;
    }
    RefTip tip = parse_tip(id, name);
    if (!m_wanted.contains(name)) {
        return;
    }
    if (!m_seen.insert(tip.name).second) {
        throw ProtocolError(fmt::format("it lists \"{}\" twice", printable(name, 100)));
    }
    m_refs.tips.push_back(std::move(tip));
    while (name == "HEAD" && !line.empty()) {
        const auto attribute = take_word(line);
        if (attribute.starts_with(k_symref_attribute) &&
            is_ref_name(attribute.substr(k_symref_attribute.size()))) {
            m_refs.head_target = attribute.substr(k_symref_attribute.size());
        }
    }
}

}  // namespace headway::git
