#pragma once

#include <string>

#include "headway/http.hpp"
#include "http/url.hpp"

namespace headway::http {

/// "GET https://host/path?query [Accept: */*; Authorization: ***], 12 bytes". Of secret headers
/// the name only, of a secret URL scheme and host only.
[[nodiscard]] std::string request_line(const HttpRequest& request, const Url& url);

/// "200 from 127.0.0.1:443 (same connection), 340 bytes in 12 ms [Server: nginx; …]".
[[nodiscard]] std::string response_line(const HttpRequest& request, const HttpResponse& response,
                                        std::size_t body_bytes, long new_connections);

}  // namespace headway::http
