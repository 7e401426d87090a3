#include "git/pkt_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "headway/text.hpp"

namespace headway::git {

namespace {

constexpr std::size_t k_length_digits = 4;
constexpr std::string_view k_error_prefix = "ERR ";

int hex_value(char digit) noexcept {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    return -1;
}

std::size_t parse_length(std::string_view digits) {
    std::size_t length = 0;
    for (const char digit : digits.substr(0, k_length_digits)) {
        const int value = hex_value(digit);
        if (value < 0) {
            throw ProtocolError(fmt::format("\"{}\" stands where the length of a pkt-line belongs",
                                            printable(digits.substr(0, k_length_digits))));
        }
        length = length * 16 + static_cast<std::size_t>(value);
    }
    if (length == 3 || length > k_max_pkt) {
        throw ProtocolError(fmt::format("{} is no length of a pkt-line", length));
    }
    return length;
}

Pkt make_pkt(std::size_t length, std::string_view data) {
    switch (length) {
        case 0:
            return {PktKind::flush, {}};
        case 1:
            return {PktKind::delimiter, {}};
        case 2:
            return {PktKind::response_end, {}};
        default:
            return {PktKind::data, data};
    }
}

/// Bytes of the whole pkt-line whose length field has this value.
std::size_t whole_size(std::size_t length) {
    return std::max(length, k_length_digits);
}

/// Moves bytes from `input` until `partial` has `size` of them; false when input was too short.
bool fill(std::string& partial, std::string_view& input, std::size_t size) {
    const std::size_t count = std::min(size - partial.size(), input.size());
    partial.append(input.substr(0, count));
    input.remove_prefix(count);
    return partial.size() == size;
}

}  // namespace

ProtocolError::ProtocolError(std::string because)
    : Error(
          ExitCode::failed, "the server's answer is not git's protocol", std::move(because),
          {"check that the remote's URL is a git repository and that no proxy alters its answers; "
           "-vv shows them"}) {}

ServerRefusal::ServerRefusal(std::string words, std::vector<std::string> messages)
    : Error(ExitCode::failed, "the server refused", std::move(words)),
      m_messages(std::move(messages)) {}

std::string_view Pkt::text() const noexcept {
    return data.empty() || data.back() != '\n' ? data : data.substr(0, data.size() - 1);
}

std::optional<Pkt> PktReader::next(std::string_view& input) {
    if (m_partial.empty() && input.size() >= k_length_digits) {
        const std::size_t length = parse_length(input);
        const std::size_t size = whole_size(length);
        if (input.size() >= size) {
            const auto pkt =
                make_pkt(length, input.substr(k_length_digits, size - k_length_digits));
            input.remove_prefix(size);
            return pkt;
        }
    }
    if (m_partial.size() < k_length_digits && !fill(m_partial, input, k_length_digits)) {
        return std::nullopt;
    }
    const std::size_t length = parse_length(m_partial);
    if (!fill(m_partial, input, whole_size(length))) {
        return std::nullopt;
    }
    m_complete.swap(m_partial);
    m_partial.clear();
    return make_pkt(length, std::string_view(m_complete).substr(k_length_digits));
}

void refuse_error_line(const Pkt& pkt) {
    if (pkt.kind == PktKind::data && pkt.data.starts_with(k_error_prefix)) {
        throw ServerRefusal(printable(trimmed(pkt.text().substr(k_error_prefix.size()))));
    }
}

void append_pkt(std::string& out, std::string_view data) {
    if (data.size() > k_max_pkt - k_length_digits) {
        throw Error(ExitCode::usage, "a line of the request is longer than git's protocol allows",
                    fmt::format("it has {} bytes, at most {} fit", data.size(),
                                k_max_pkt - k_length_digits));
    }
    out += fmt::format("{:04x}", data.size() + k_length_digits);
    out += data;
}

void append_flush(std::string& out) {
    out += "0000";
}

void append_delimiter(std::string& out) {
    out += "0001";
}

}  // namespace headway::git
