#pragma once

#include <string_view>

#include "headway/http.hpp"
#include "http/url.hpp"

namespace headway::http {

/// What must never leave the machine is refused here, before any traffic. Throws Error(usage):
/// a secret (credentials, secret headers, in the URL or the body) over plain http to another
/// machine; a header name that is no token or a value with a line break (RFC 9110, sections 5.1
/// and 5.5); a user name with a colon (RFC 7617); a body with GET or HEAD; an `address` that is no
/// IP address; a `unix_socket` whose path is too long. A Unix socket is this machine.
void check_request(const HttpRequest& request, const Url& url);

/// How much of the request's URL may be shown.
[[nodiscard]] UrlSecrecy secrecy_of(const HttpRequest& request) noexcept;

/// True when the request carries something that belongs to its host only.
[[nodiscard]] bool carries_secret(const HttpRequest& request) noexcept;

/// RFC 9110, section 9.2.2: methods that a client must not repeat by itself.
[[nodiscard]] bool is_repeatable(HttpMethod method) noexcept;

/// True for the headers that tell who asks (Authorization, Cookie, …): nobody's log shows their
/// values, and no other host gets them.
[[nodiscard]] bool names_secret(std::string_view header) noexcept;

/// "GET"; as sent.
[[nodiscard]] const char* method_name(HttpMethod method) noexcept;

}  // namespace headway::http
