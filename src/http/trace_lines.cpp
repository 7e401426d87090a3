#include "http/trace_lines.hpp"

#include <fmt/format.h>

#include <string_view>

#include "headway/text.hpp"
#include "http/request_rules.hpp"

namespace headway::http {

namespace {

constexpr std::size_t k_shown_value = 120;     // Bytes.
constexpr std::size_t k_shown_headers = 1500;  // Bytes.

/// Headers whose values belong to nobody's log; "Location" may repeat a secret URL.
bool is_secret(std::string_view name, bool url_is_secret) {
    return names_secret(name) || (url_is_secret && same_header_name(name, "Location"));
}

void add(std::string& list, std::string_view name, std::string_view value) {
    if (list.size() < k_shown_headers) {
        list += fmt::format("{}{}: {}", list.empty() ? "" : "; ", printable(name, k_shown_value),
                            value);
    }
}

std::string shown(const std::vector<HttpHeader>& headers, bool url_is_secret) {
    std::string list;
    for (const auto& header : headers) {
        add(list, header.name,
            is_secret(header.name, url_is_secret) ? "***" : printable(header.value, k_shown_value));
    }
    return list;
}

}  // namespace

std::string request_line(const HttpRequest& request, const Url& url) {
    std::string list = shown(request.headers, request.url_is_secret);
    if (request.credentials) {
        add(list, "Authorization", "***");
    }
    for (const auto& [name, value] : request.secret_headers) {
        add(list, name, "***");
    }
    return fmt::format("{} {} [{}], {} bytes", method_name(request.method), url.shown(), list,
                       request.body.size());
}

std::string response_line(const HttpRequest& request, const HttpResponse& response,
                          std::size_t body_bytes, long new_connections) {
    return fmt::format("{} from {} ({} connection), {} bytes in {} ms [{}]", response.status,
                       response.remote_address, new_connections == 0 ? "same" : "new", body_bytes,
                       response.timings.total.count(),
                       shown(response.headers, request.url_is_secret));
}

}  // namespace headway::http
