#include "git/capabilities.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "git/ref_name.hpp"
#include "git/words.hpp"
#include "headway/text.hpp"

namespace headway::git {

namespace {

constexpr std::string_view k_service_prefix = "# service=";
constexpr std::string_view k_no_refs = "capabilities^{}";
constexpr std::string_view k_peeled = "^{}";
constexpr std::string_view k_head_symref = "HEAD:";
constexpr std::size_t k_max_capability_lines = 1000;
constexpr std::size_t k_short_rest = 64U << 10U;

std::string in_quotes(std::string_view hostile) {
    return fmt::format("\"{}\"", printable(hostile, 100));
}

}  // namespace

std::string_view service_name(Service service) noexcept {
    return service == Service::upload_pack ? "git-upload-pack" : "git-receive-pack";
}

Capabilities::Capabilities(std::string_view words) {
    while (!words.empty()) {
        if (const auto word = take_word(words); !word.empty()) {
            add(word);
        }
    }
}

bool Capabilities::has(std::string_view name) const noexcept {
    return std::any_of(m_words.begin(), m_words.end(), [&](std::string_view word) {
        return word.substr(0, word.find('=')) == name;
    });
}

std::optional<std::string_view> Capabilities::value(std::string_view name) const noexcept {
    for (const std::string_view word : m_words) {
        const auto equals = word.find('=');
        if (equals != std::string_view::npos && word.substr(0, equals) == name) {
            return word.substr(equals + 1);
        }
    }
    return std::nullopt;
}

bool Capabilities::has_feature(std::string_view name, std::string_view word) const noexcept {
    std::string_view words = value(name).value_or("");
    while (!words.empty()) {
        if (take_word(words) == word) {
            return true;
        }
    }
    return false;
}

std::vector<std::string_view> Capabilities::values(std::string_view name) const {
    std::vector<std::string_view> found;
    for (const std::string_view word : m_words) {
        const auto equals = word.find('=');
        if (equals != std::string_view::npos && word.substr(0, equals) == name) {
            found.push_back(word.substr(equals + 1));
        }
    }
    return found;
}

RefTip parse_tip(std::string_view id, std::string_view name) {
    const auto parsed = ObjectId::parse(id);
    if (!parsed || parsed->is_null()) {
        throw ProtocolError(fmt::format("{} stands where a ref's id belongs", in_quotes(id)));
    }
    if (!is_ref_name(name)) {
        throw ProtocolError(fmt::format("{} is no name of a ref", in_quotes(name)));
    }
    return {std::string(name), *parsed};
}

void require_sha1(const Capabilities& capabilities) {
    const auto format = capabilities.value("object-format").value_or("sha1");
    if (format != "sha1") {
        throw Error(ExitCode::refused,
                    fmt::format("the repository's objects are named by {}", printable(format, 40)),
                    "headway works with repositories that use SHA-1, git's default",
                    {"use a repository that was made with --object-format=sha1"});
    }
}

AdvertisementReader::AdvertisementReader(Service service, std::set<std::string, std::less<>> wanted,
                                         Trace& trace)
    : m_service(service), m_wanted(std::move(wanted)), m_log(trace, WireLog::Direction::received) {}

BodyDemand AdvertisementReader::take(std::string_view piece) {
    m_bytes += piece.size();
    while (m_state != State::enough) {
        const auto pkt = m_packets.next(piece);
        if (!pkt) {
            return BodyDemand::more;
        }
        m_log.note(*pkt);
        refuse_error_line(*pkt);
        take_pkt(*pkt);
    }
    // A short rest is read to its end, so that the connection can be used again.
    return m_bytes > k_short_rest ? BodyDemand::enough : BodyDemand::more;
}

void AdvertisementReader::end() {
    const bool over = m_state == State::complete || m_state == State::enough;
    if (!over || !m_packets.idle()) {
        throw ProtocolError("the list of what the server offers ends in the middle");
    }
}

void AdvertisementReader::take_pkt(const Pkt& pkt) {
    if (++m_lines > k_max_lines) {
        throw ProtocolError(fmt::format("the server lists more than {} refs", k_max_lines));
    }
    switch (m_state) {
        case State::first:
            return take_first(pkt);
        case State::after_service:
            if (!pkt.is_flush()) {
                throw ProtocolError("a flush packet is missing behind the service's name");
            }
            m_state = State::refs;
            return;
        case State::version_2:
            if (pkt.is_flush()) {
                m_state = State::complete;
                return require_sha1(m_result.capabilities);
            }
            if (pkt.kind != PktKind::data || m_lines > k_max_capability_lines) {
                throw ProtocolError("the list of capabilities is malformed");
            }
            return m_result.capabilities.add(pkt.text());
        case State::refs:
            return take_ref(pkt);
        case State::complete:
        case State::enough:
            throw ProtocolError("the list of what the server offers goes on after its end");
    }
}

void AdvertisementReader::take_first(const Pkt& pkt) {
    if (!pkt.text().starts_with(k_service_prefix)) {
        m_state = State::refs;
        return take_ref(pkt);
    }
    if (pkt.text().substr(k_service_prefix.size()) != service_name(m_service)) {
        throw ProtocolError(fmt::format("it offers the service {}",
                                        in_quotes(pkt.text().substr(k_service_prefix.size()))));
    }
    m_state = State::after_service;
}

void AdvertisementReader::take_ref(const Pkt& pkt) {
    if (pkt.is_flush()) {
        m_state = State::complete;
        return;
    }
    if (pkt.kind != PktKind::data) {
        throw ProtocolError("the list of refs is malformed");
    }
    std::string_view line = pkt.text();
    if (m_first_ref && line == "version 1") {
        return;
    }
    if (m_first_ref && line == "version 2") {
        m_result.version = 2;
        m_state = State::version_2;
        return;
    }
    if (m_first_ref) {
        m_first_ref = false;
        const auto end = line.find('\0');
        if (end == std::string_view::npos) {
            throw ProtocolError(fmt::format("it begins with {}", in_quotes(line)));
        }
        take_capabilities(line.substr(end + 1));
        line = line.substr(0, end);
        if (m_service == Service::receive_pack) {
            m_state = State::enough;
            return;
        }
    }
    if (line.starts_with("shallow ")) {
        return;
    }
    const auto id = take_word(line);
    take_tip(id, line);
}

void AdvertisementReader::take_capabilities(std::string_view words) {
    m_result.capabilities = Capabilities(words);
    require_sha1(m_result.capabilities);
    if (!m_wanted.contains("HEAD")) {
        return;
    }
    for (const std::string_view symref : m_result.capabilities.values("symref")) {
        if (symref.starts_with(k_head_symref) && is_ref_name(symref.substr(k_head_symref.size()))) {
            m_result.refs.head_target = symref.substr(k_head_symref.size());
        }
    }
}

void AdvertisementReader::take_tip(std::string_view id, std::string_view name) {
    if (name == k_no_refs) {
        return;
    }
    const bool peeled = name.ends_with(k_peeled);
    RefTip tip = parse_tip(id, name.substr(0, name.size() - (peeled ? k_peeled.size() : 0)));
    if (peeled || !m_wanted.contains(tip.name)) {
        return;
    }
    if (!m_seen.insert(tip.name).second) {
        throw ProtocolError(fmt::format("it lists {} twice", in_quotes(name)));
    }
    m_result.refs.tips.push_back(std::move(tip));
}

}  // namespace headway::git
