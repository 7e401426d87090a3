#include "http/redirects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "headway/text.hpp"
#include "http/request_rules.hpp"
#include "http/transport_errors.hpp"

namespace headway::http {

namespace {

constexpr std::size_t k_shown_target = 200;  // Bytes.

[[noreturn]] void refuse(const RedirectStep& step, std::string because,
                         std::vector<std::string> hints) {
    throw TransportError(TransportFault::redirect,
                         fmt::format("{} answers with a redirect (status {}) that is not followed",
                                     step.url.authority(), step.status),
                         std::move(because), std::move(hints));
}

/// Scheme, host and port. The rest of a target that is refused may hold anything.
std::string origin_of(const Url& url) {
    return (url.is_https() ? "https://" : "http://") + url.authority();
}

Url target_of(const RedirectStep& step) {
    const std::vector<std::string> hints{
        "repair the redirect on the server, or use the URL that "
        "it should lead to"};
    const std::string text = step.url.resolve(step.location);
    // An '@' may end user info wherever a lenient parser looks for it.
    const bool may_show = !step.first.url_is_secret && step.location.find('@') == std::string::npos;
    if (text.empty()) {
        refuse(step,
               may_show ? fmt::format("it leads to '{}', which is no URL",
                                      printable(step.location, k_shown_target))
                        : std::string("it leads to what is no URL"),
               hints);
    }
    if (!text.starts_with("http://") && !text.starts_with("https://")) {
        refuse(step,
               "it leads to " + printable(text.substr(0, text.find(':')), 20) +
                   ":, and only http and https are followed",
               hints);
    }
    try {
        return {text, step.first.url_is_secret ? UrlSecrecy::secret : UrlSecrecy::open};
    } catch (const Error& error) {
        // Url tells by its first hint alone whether it was user info; the text never quotes it.
        const auto slashes = text.find("://") + 3;
        const auto at = text.find('@', slashes);
        const bool has_user = at != std::string::npos && at < text.find_first_of("/?#", slashes);
        refuse(step,
               has_user ? "its target holds a user name or a password"
                        : "it leads to what is no usable URL: " + error.because(),
               hints);
    }
}

void check_target(const RedirectStep& step, const Url& target) {
    if (step.redirects >= k_max_redirects) {
        refuse(
            step,
            fmt::format("{} redirects led to no answer: a redirect loop; the next one leads to {}",
                        k_max_redirects, target.shown()),
            {"repair the redirects on the server; to see them: curl -sIL " +
             step.first_url.shown()});
    }
    if (step.url.is_https() && !target.is_https()) {
        refuse(step,
               "it leads from https to " + target.shown() + ", where everybody may read along",
               {"let the server redirect to https://" + printable(target.host()) + "/…"});
    }
    if (step.first.redirects == Redirects::same_origin && !target.has_origin_of(step.first_url)) {
        refuse(step,
               fmt::format("it leads to {}, beyond {}", target.shown(), origin_of(step.first_url)),
               {"to follow it there, without token and body: redirects: any",
                "or use that address in the URL, if it is yours"});
    }
}

bool becomes_get(HttpMethod method, int status) noexcept {
    return (status == 303 && method != HttpMethod::head) ||
           ((status == 301 || status == 302) && method == HttpMethod::post);
}

void drop_headers(HttpRequest& request, bool (*drops)(std::string_view)) {
    std::erase_if(request.headers, [&](const HttpHeader& header) { return drops(header.name); });
}

bool tells_of_body(std::string_view name) {
    constexpr std::array<std::string_view, 6> k_names{"Content-Type",     "Content-Encoding",
                                                      "Content-Language", "Content-Location",
                                                      "Content-Length",   "Transfer-Encoding"};
    return std::any_of(k_names.begin(), k_names.end(),
                       [&](std::string_view known) { return same_header_name(name, known); });
}

void drop_body(HttpRequest& request) {
    request.body.clear();
    drop_headers(request, tells_of_body);
}

void drop_secrets(HttpRequest& request) {
    request.credentials.reset();
    request.secret_headers.clear();
    request.has_secret = false;
    drop_headers(request, [](std::string_view name) {
        return names_secret(name) || same_header_name(name, "Host");
    });
    if (request.tls) {
        request.tls = std::make_shared<const TlsSettings>(TlsSettings{
            .ca_files = request.tls->ca_files, .client_certificate = {}, .client_key = {}});
    }
}

}  // namespace

HttpRequest redirected(const RedirectStep& step) {
    const Url target = target_of(step);
    check_target(step, target);
    HttpRequest request = step.request;
    request.url = step.url.resolve(step.location);
    if (becomes_get(request.method, step.status)) {
        request.method = HttpMethod::get;
        drop_body(request);
    }
    if (!target.has_origin_of(step.first_url)) {
        drop_body(request);
        drop_secrets(request);
    }
    const bool is_first_host = target.has_authority_of(step.first_url);
    request.address = is_first_host ? step.first.address : std::string();
    request.unix_socket = is_first_host ? step.first.unix_socket : std::string();
    if (request.url_is_secret && !target.is_https() && !target.is_loopback() &&
        request.unix_socket.empty()) {
        refuse(step, "its target would be shown to everybody on the way", {"use an https URL"});
    }
    return request;
}

TransportError explain_late_redirect(const RedirectStep& step) {
    return {TransportFault::timeout,
            "no complete answer from " + step.url.authority(),
            fmt::format("{} redirects took all of {}", step.redirects + 1,
                        shown_seconds(step.first.timeout)),
            {"try again; a longer --timeout, if the server is known to be slow"}};
}

}  // namespace headway::http
