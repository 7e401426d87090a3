#pragma once

#include <string>

#include "headway/http.hpp"
#include "http/url.hpp"

namespace headway::http {

/// An answer that leads elsewhere, and all that led to it.
struct RedirectStep {
    const HttpRequest& first;  ///< As the caller made it.
    const Url& first_url;
    const HttpRequest& request;  ///< That was answered so.
    const Url& url;
    int status;            ///< 301, 302, 303, 307 or 308.
    std::string location;  ///< The header, hostile.
    unsigned redirects;    ///< Followed so far.
};

/// The request to make instead (RFC 9110, section 15.4). Beyond the scheme, host and port of the
/// first one it has no secret, no body and no client certificate, nor has any that follows it.
/// Throws TransportError(redirect) where `redirects` or HttpRequest::redirects forbid it.
[[nodiscard]] HttpRequest redirected(const RedirectStep& step);

/// `timeout` passed with a redirect as the last answer.
[[nodiscard]] TransportError explain_late_redirect(const RedirectStep& step);

}  // namespace headway::http
