#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "git/answer_reader.hpp"
#include "git/pkt_line.hpp"
#include "git/wire_log.hpp"
#include "headway/git_remote.hpp"

namespace headway::git {

enum class Service { upload_pack, receive_pack };

/// "git-upload-pack" or "git-receive-pack".
[[nodiscard]] std::string_view service_name(Service service) noexcept;

/// The words that a server offers: gitprotocol-capabilities' list behind the first ref, or the
/// lines of gitprotocol-v2's advertisement.
class Capabilities {
public:
    Capabilities() = default;
    /// `words` are "name" or "name=value", separated by spaces.
    explicit Capabilities(std::string_view words);

    void add(std::string_view word) { m_words.emplace_back(word); }
    [[nodiscard]] bool has(std::string_view name) const noexcept;
    /// The value of the first "name=value"; nothing when the name is absent or has no value.
    [[nodiscard]] std::optional<std::string_view> value(std::string_view name) const noexcept;
    /// True when `word` is one of the words in the value of `name`: "filter" in "fetch=… filter".
    [[nodiscard]] bool has_feature(std::string_view name, std::string_view word) const noexcept;
    /// The values of all "name=value".
    [[nodiscard]] std::vector<std::string_view> values(std::string_view name) const;

private:
    std::vector<std::string> m_words;
};

/// What a server told when it was asked with GET info/refs.
struct Advertisement {
    int version = 0;  ///< 2, or 0 for both v0 and v1.
    Capabilities capabilities;
    RemoteRefs refs;  ///< v0: the wanted refs that exist.
};

/// Reads the answer to GET info/refs (gitprotocol-http, "Discovering References") in protocol
/// v2, v1 or v0. Throws ProtocolError, ServerRefusal, and Error(refused) for a repository whose
/// objects are not named by SHA-1.
class AdvertisementReader final : public AnswerReader {
public:
    static constexpr std::size_t k_max_lines = 1'000'000;

    /// `wanted`: the refs of a v0 answer to keep ("HEAD" for its target).
    AdvertisementReader(Service service, std::set<std::string, std::less<>> wanted, Trace& trace);

    /// For receive-pack the first ref's line is enough; the rest is not looked at, and ended after
    /// 64 KiB.
    BodyDemand take(std::string_view piece) override;
    /// Throws when the answer stopped in the middle.
    void end() override;

    [[nodiscard]] const Advertisement& advertisement() const noexcept { return m_result; }

private:
    enum class State { first, after_service, version_2, refs, complete, enough };

    void take_pkt(const Pkt& pkt);
    void take_first(const Pkt& pkt);
    void take_ref(const Pkt& pkt);
    void take_capabilities(std::string_view words);
    void take_tip(std::string_view id, std::string_view name);

    Service m_service;
    std::set<std::string, std::less<>> m_wanted;
    std::set<std::string, std::less<>> m_seen;
    WireLog m_log;
    PktReader m_packets;
    State m_state = State::first;
    bool m_first_ref = true;
    std::size_t m_lines = 0;
    std::size_t m_bytes = 0;
    Advertisement m_result;
};

/// An id and a name as a server sends them, or ProtocolError.
[[nodiscard]] RefTip parse_tip(std::string_view id, std::string_view name);

/// Throws Error(refused) unless the format is absent or "sha1".
void require_sha1(const Capabilities& capabilities);

}  // namespace headway::git
