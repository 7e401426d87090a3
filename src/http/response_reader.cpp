#include "http/response_reader.hpp"

#include <algorithm>

#include "headway/text.hpp"
#include "http/request_rules.hpp"

namespace headway::http {

namespace {

const HttpHeader* find(const std::vector<HttpHeader>& headers, std::string_view name) {
    const auto found = std::find_if(headers.begin(), headers.end(), [&](const HttpHeader& header) {
        return same_name(header.name, name);
    });
    return found == headers.end() ? nullptr : &*found;
}

}  // namespace

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

bool ResponseReader::take_header_line(std::string_view line) {
    m_header_bytes += line.size();
    if (m_header_bytes > k_max_header_bytes) {
        return stop_with(Stop::headers_too_large);
    }
    if (line.starts_with("HTTP/")) {
        m_headers.clear();
        m_head_complete = false;
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
           same_name(encoding->value, "identity") ||
           (m_asked_for_gzip &&
            (same_name(encoding->value, "gzip") || same_name(encoding->value, "x-gzip")));
}

bool ResponseReader::take_body(std::string_view piece) {
    if (piece.empty()) {
        return true;
    }
    if (m_body_bytes == 0 && !is_decoded()) {
        return stop_with(Stop::foreign_encoding);
    }
    if (piece.size() > m_request.max_body - m_body_bytes) {
        return stop_with(Stop::body_too_large);
    }
    m_body_bytes += piece.size();
    if (!m_request.on_body) {
        m_body.append(piece);
        return true;
    }
    return m_request.on_body(piece) == BodyDemand::more || stop_with(Stop::enough);
}

std::string ResponseReader::content_encoding() const {
    const HttpHeader* encoding = find(m_headers, "Content-Encoding");
    return encoding == nullptr ? std::string() : printable(encoding->value, 60);
}

}  // namespace headway::http
