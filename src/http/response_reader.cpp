#include "http/response_reader.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "headway/text.hpp"
#include "http/request_rules.hpp"

namespace headway::http {

namespace {

const HttpHeader* find(const std::vector<HttpHeader>& headers, std::string_view name) {
    const auto found = std::find_if(headers.begin(), headers.end(), [&](const HttpHeader& header) {
        return same_header_name(header.name, name);
    });
    return found == headers.end() ? nullptr : &*found;
}

/// "HTTP/1.1 307 …"
bool has_redirect_status(std::string_view line) {
    constexpr std::array<std::string_view, 5> k_codes{"301", "302", "303", "307", "308"};
    const auto space = line.find(' ');
    const auto code =
        trimmed(space == std::string_view::npos ? "" : line.substr(space)).substr(0, 3);
    return std::find(k_codes.begin(), k_codes.end(), code) != k_codes.end();
}

}  // namespace

std::optional<std::chrono::seconds> retry_after(std::string_view value, Clock::System now) {
    constexpr std::chrono::seconds k_longest = std::chrono::years(1);
    const std::string_view text = trimmed(value);
    if (!text.empty() && std::all_of(text.begin(), text.end(),
                                     [](char letter) { return letter >= '0' && letter <= '9'; })) {
        std::int64_t seconds = 0;
        const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), seconds);
        return fault == std::errc() && seconds < k_longest.count() ? std::chrono::seconds(seconds)
                                                                   : k_longest;
    }
    const time_t date = curl_getdate(std::string(text).c_str(), nullptr);
    if (date < 0) {
        return std::nullopt;
    }
    const auto wait = Clock::System(std::chrono::seconds(date)) - now;
    return std::clamp(wait, std::chrono::seconds(0), k_longest);
}

bool asks_for_gzip(const HttpRequest& request) {
    const HttpHeader* header = find(request.headers, "Accept-Encoding");
    return header != nullptr && header->value.find("gzip") != std::string::npos;
}

ResponseReader::ResponseReader(const HttpRequest& request)
    : m_request(request), m_asked_for_gzip(asks_for_gzip(request)) {}

bool ResponseReader::stop_with(Stop why) noexcept {
    m_stop = why;
    return false;
}

bool ResponseReader::stopped_well() const noexcept {
    return m_stop == Stop::enough || m_stop == Stop::cut || m_stop == Stop::redirected;
}

bool ResponseReader::take_header_line(std::string_view line) {
    m_header_bytes += line.size();
    if (m_header_bytes > k_max_header_bytes) {
        return stop_with(Stop::headers_too_large);
    }
    if (line.starts_with("HTTP/")) {
        m_headers.clear();
        m_head_complete = false;
        m_has_redirect_status = has_redirect_status(line);
        return true;
    }
    if ((line.starts_with(' ') || line.starts_with('\t')) && !m_headers.empty()) {
        // RFC 9112, section 5.2: a folded line continues the value after one space.
        m_headers.back().value.append(" ").append(trimmed(line));
        return true;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
        m_head_complete = m_head_complete || trimmed(line).empty();
        m_is_redirect = m_has_redirect_status && m_request.redirects != Redirects::none &&
                        find(m_headers, "Location") != nullptr;
        return true;
    }
    if (++m_header_count > k_max_headers) {
        return stop_with(Stop::headers_too_large);
    }
    m_headers.push_back({std::string(trimmed(line.substr(0, colon))),
                         std::string(trimmed(line.substr(colon + 1)))});
    return true;
}

bool ResponseReader::is_decoded() const {
    const HttpHeader* encoding = find(m_headers, "Content-Encoding");
    return encoding == nullptr || encoding->value.empty() ||
           same_header_name(encoding->value, "identity") ||
           (m_asked_for_gzip && (same_header_name(encoding->value, "gzip") ||
                                 same_header_name(encoding->value, "x-gzip")));
}

bool ResponseReader::take_body(std::string_view piece) {
    if (piece.empty()) {
        return true;
    }
    if (m_is_redirect) {
        m_body_bytes += piece.size();
        return m_body_bytes <= k_max_redirect_body || stop_with(Stop::redirected);
    }
    if (m_body_bytes == 0 && !is_decoded()) {
        return stop_with(Stop::foreign_encoding);
    }
    if (piece.size() > m_request.max_body - m_body_bytes) {
        if (m_request.on_large_body == OnLargeBody::fail) {
            return stop_with(Stop::body_too_large);
        }
        return take_allowed(piece.substr(0, m_request.max_body - m_body_bytes)) &&
               stop_with(Stop::cut);
    }
    return take_allowed(piece);
}

bool ResponseReader::take_allowed(std::string_view piece) {
    m_body_bytes += piece.size();
    if (!m_request.on_body) {
        m_body.append(piece);
        return true;
    }
    return piece.empty() || m_request.on_body(piece) == BodyDemand::more || stop_with(Stop::enough);
}

std::string ResponseReader::content_encoding() const {
    const HttpHeader* encoding = find(m_headers, "Content-Encoding");
    return encoding == nullptr ? std::string() : printable(encoding->value, 60);
}

}  // namespace headway::http
