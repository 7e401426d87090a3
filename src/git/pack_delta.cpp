#include "git/pack_delta.hpp"

#include <fmt/format.h>

#include <cstdint>

#include "git/pack_reader.hpp"
#include "git/pkt_line.hpp"

namespace headway::git {

namespace {

[[noreturn]] void malformed() {
    throw ProtocolError("the pack holds a malformed delta");
}

class DeltaReader {
public:
    explicit DeltaReader(std::string_view delta) : m_rest(delta) {}

    [[nodiscard]] bool done() const noexcept { return m_rest.empty(); }

    std::uint8_t byte() {
        if (m_rest.empty()) {
            malformed();
        }
        const auto value = static_cast<std::uint8_t>(m_rest.front());
        m_rest.remove_prefix(1);
        return value;
    }

    std::size_t size() {
        std::size_t value = 0;
        for (unsigned shift = 0; shift < 63; shift += 7) {
            const std::uint8_t part = byte();
            value |= static_cast<std::size_t>(part & 0x7FU) << shift;
            if ((part & 0x80U) == 0) {
                return value;
            }
        }
        malformed();
    }

    /// The bytes of a copy command's number: those of `count` whose bit is set, lowest first.
    std::size_t sparse_number(unsigned bits, unsigned count) {
        std::size_t value = 0;
        for (unsigned index = 0; index < count; ++index) {
            if ((bits >> index & 1U) != 0) {
                value |= static_cast<std::size_t>(byte()) << (8 * index);
            }
        }
        return value;
    }

    std::string_view bytes(std::size_t count) {
        if (m_rest.size() < count) {
            malformed();
        }
        const auto taken = m_rest.substr(0, count);
        m_rest.remove_prefix(count);
        return taken;
    }

private:
    std::string_view m_rest;
};

std::string_view copied(std::string_view base, DeltaReader& reader, std::uint8_t command) {
    constexpr std::size_t k_default_copy = 0x10000;
    const std::size_t offset = reader.sparse_number(command, 4);
    std::size_t size = reader.sparse_number(command >> 4U & 7U, 3);
    if (size == 0) {
        size = k_default_copy;
    }
    if (offset > base.size() || size > base.size() - offset) {
        malformed();
    }
    return base.substr(offset, size);
}

}  // namespace

std::string apply_delta(std::string_view base, std::string_view delta, std::size_t max_size) {
    DeltaReader reader(delta);
    if (reader.size() != base.size()) {
        malformed();
    }
    const std::size_t size = reader.size();
    if (size > max_size) {
        throw PackTooLarge(fmt::format(
            "it holds an object that is larger than headway reads (at most {})", max_size));
    }
    std::string result;
    while (!reader.done()) {
        const std::uint8_t command = reader.byte();
        if (command == 0) {
            malformed();
        }
        const auto piece =
            (command & 0x80U) != 0 ? copied(base, reader, command) : reader.bytes(command);
        if (piece.size() > size - result.size()) {
            malformed();
        }
        result += piece;
    }
    if (result.size() != size) {
        malformed();
    }
    return result;
}

}  // namespace headway::git
