#include "git/ls_refs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "git/capabilities.hpp"
#include "git/ref_name.hpp"
#include "git/words.hpp"
#include "headway/text.hpp"

namespace headway::git {

namespace {

constexpr std::string_view k_symref_attribute = "symref-target:";
constexpr std::size_t k_fleet = 32;

std::string_view folder_of(std::string_view name) {
    return name.substr(0, name.rfind('/') + 1);
}

std::string_view common_start(std::string_view one, std::string_view other) {
    const auto end = std::mismatch(one.begin(), one.end(), other.begin(), other.end()).first;
    return one.substr(0, static_cast<std::size_t>(end - one.begin()));
}

/// Whether a prefix leaves out most of a repository: more than "refs/heads/" has to be in it.
bool is_narrow(std::string_view prefix) {
    const auto below = prefix.find('/', prefix.find('/') + 1);
    return below != std::string_view::npos && below + 1 < prefix.size();
}

/// A server compares every ref with every prefix. Of a fleet in one folder, only what the names
/// have in common is asked for.
std::vector<std::string> prefixes_of(std::span<const std::string> names) {
    struct Group {
        std::size_t size = 0;
        std::string_view start;

        [[nodiscard]] bool merged() const { return size >= k_fleet && is_narrow(start); }
    };
    std::map<std::string_view, Group> folders;
    for (const std::string& name : names) {
        Group& group = folders[folder_of(name)];
        group.start = group.size++ == 0 ? std::string_view(name) : common_start(group.start, name);
    }
    std::vector<std::string> prefixes;
    for (const std::string& name : names) {
        if (!folders[folder_of(name)].merged()) {
            prefixes.push_back(name);
        }
    }
    for (const auto& [folder, group] : folders) {
        if (group.merged()) {
            prefixes.emplace_back(group.start);
        }
    }
    return prefixes;
}

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
    std::for_each(names.begin(), names.end(), require_ref_name);
    for (const std::string& prefix : prefixes_of(names)) {
        append_pkt(body, fmt::format("ref-prefix {}\n", prefix));
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
