#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headway/error.hpp"

namespace headway::git {

/// The longest pkt-line, its four digits of length included (gitprotocol-common).
inline constexpr std::size_t k_max_pkt = 65520;

/// What arrived is not git's protocol, or stops in the middle. `because`: what was met, printable.
class ProtocolError : public Error {
public:
    explicit ProtocolError(std::string because);
};

/// The server answered in the protocol, but with a refusal: an "ERR" line or side-band 3.
class ServerRefusal : public Error {
public:
    /// `words` and `messages` (side-band 2 so far) are printable.
    explicit ServerRefusal(std::string words, std::vector<std::string> messages = {});

    [[nodiscard]] const std::string& words() const noexcept { return because(); }
    [[nodiscard]] const std::vector<std::string>& messages() const noexcept { return m_messages; }

private:
    std::vector<std::string> m_messages;
};

enum class PktKind { data, flush, delimiter, response_end };

/// One pkt-line. `data` is valid until the reader is used again.
struct Pkt {
    PktKind kind = PktKind::flush;
    std::string_view data;

    [[nodiscard]] bool is_flush() const noexcept { return kind == PktKind::flush; }
    /// The data without the newline that may end it.
    [[nodiscard]] std::string_view text() const noexcept;
};

/// Takes a stream of pkt-lines apart, however it was cut into pieces. Holds at most one
/// incomplete pkt-line (k_max_pkt bytes).
class PktReader {
public:
    /// The next pkt-line; its bytes are removed from the front of `input`. Nothing when more
    /// bytes are needed: then `input` is empty and its bytes are kept. Throws ProtocolError for
    /// a length that is no length.
    [[nodiscard]] std::optional<Pkt> next(std::string_view& input);

    /// True between two pkt-lines.
    [[nodiscard]] bool idle() const noexcept { return m_partial.empty(); }

private:
    std::string m_partial;   ///< The start of a pkt-line, length digits included.
    std::string m_complete;  ///< What the last `Pkt` refers to, when it came in pieces.
};

/// Throws ServerRefusal when the line is an "ERR" line (gitprotocol-pack).
void refuse_error_line(const Pkt& pkt);

/// Writers. A line that does not fit into one pkt-line is an Error(usage).
void append_pkt(std::string& out, std::string_view data);
void append_flush(std::string& out);
void append_delimiter(std::string& out);

}  // namespace headway::git
