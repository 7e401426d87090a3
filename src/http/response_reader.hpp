#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headway/http.hpp"

namespace headway::http {

inline constexpr std::size_t k_max_header_bytes = 64U << 10U;  ///< All headers of one transfer.
inline constexpr std::size_t k_max_headers = 200;
/// Of the body of a redirect that is followed; nobody reads it, it only keeps the connection.
inline constexpr std::size_t k_max_redirect_body = 64U << 10U;

/// Why a reader asked for the end of the transfer.
enum class Stop {
    none,
    enough,  ///< on_body has what it wants: a success.
    cut,     ///< More than max_body, and OnLargeBody::cut: a success.
    headers_too_large,
    body_too_large,
    redirected,  ///< The body of a redirect that is followed is too long to be read: a success.
    foreign_encoding,  ///< Content-Encoding that was not asked for.
};

/// Collects one answer from header lines and pieces of body, within its bounds. Knows nothing of
/// sockets or libcurl.
class ResponseReader {
public:
    /// `request` must outlive the reader.
    explicit ResponseReader(const HttpRequest& request);

    /// One line as received, with its end. A status line begins a new answer (after 1xx). False:
    /// stop.
    [[nodiscard]] bool take_header_line(std::string_view line);

    /// A piece of the body, decoded. False: stop. Lets exceptions of on_body through.
    [[nodiscard]] bool take_body(std::string_view piece);

    /// Whether the empty line after the headers has come. libcurl takes a connection that ends
    /// before it for the end of a body.
    [[nodiscard]] bool head_complete() const noexcept { return m_head_complete; }
    [[nodiscard]] Stop stop() const noexcept { return m_stop; }
    /// Stopped, and yet the answer is taken.
    [[nodiscard]] bool stopped_well() const noexcept;
    /// Whether the answer is a redirect that the request wants to be followed.
    [[nodiscard]] bool is_redirect() const noexcept { return m_is_redirect; }
    [[nodiscard]] std::size_t body_bytes() const noexcept { return m_body_bytes; }
    /// Header and body bytes so far; also a sign of life.
    [[nodiscard]] std::size_t received() const noexcept { return m_header_bytes + m_body_bytes; }
    [[nodiscard]] std::vector<HttpHeader>& headers() noexcept { return m_headers; }
    [[nodiscard]] std::string& body() noexcept { return m_body; }
    /// The Content-Encoding that stopped the transfer, printable.
    [[nodiscard]] std::string content_encoding() const;

private:
    [[nodiscard]] bool stop_with(Stop why) noexcept;
    [[nodiscard]] bool is_decoded() const;
    [[nodiscard]] bool take_allowed(std::string_view piece);

    const HttpRequest& m_request;
    bool m_asked_for_gzip = false;
    std::vector<HttpHeader> m_headers;
    std::string m_body;
    std::size_t m_header_bytes = 0;
    std::size_t m_header_count = 0;
    std::size_t m_body_bytes = 0;
    bool m_head_complete = false;
    bool m_has_redirect_status = false;
    bool m_is_redirect = false;
    Stop m_stop = Stop::none;
};

/// How long to wait by a Retry-After header (RFC 9110, section 10.2.3): seconds, or a date, which
/// may be past. Nothing when it is neither.
[[nodiscard]] std::optional<std::chrono::seconds> retry_after(std::string_view value,
                                                              Clock::System now);

/// True when the request's own Accept-Encoding names gzip: the only coding that is decoded.
[[nodiscard]] bool asks_for_gzip(const HttpRequest& request);

}  // namespace headway::http
