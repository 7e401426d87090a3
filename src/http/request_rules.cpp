#include "http/request_rules.hpp"

#include <sys/un.h>

#include <algorithm>
#include <array>
#include <string>

#include "headway/text.hpp"

namespace headway::http {

namespace {

constexpr std::string_view k_token_marks = "!#$%&'*+-.^_`|~";

bool is_token(std::string_view name) noexcept {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char letter) {
        return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') ||
               (letter >= '0' && letter <= '9') ||
               k_token_marks.find(letter) != std::string_view::npos;
    });
}

bool is_field_value(std::string_view value) noexcept {
    return std::none_of(value.begin(), value.end(), [](char letter) {
        const auto byte = static_cast<unsigned char>(letter);
        return (byte < 0x20 && letter != '\t') || byte == 0x7F;
    });
}

void check_header(std::string_view name, std::string_view value) {
    if (!is_token(name)) {
        throw Error(
            ExitCode::usage, "'" + printable(name, 80) + "' is not a header name",
            "a header name has letters, digits and " + std::string(k_token_marks) + " only");
    }
    if (!is_field_value(value)) {
        throw Error(ExitCode::usage, "the value of header " + std::string(name) + " cannot be sent",
                    "it contains a line break or another control character",
                    {"look for a newline at the end of the variable or file that it comes from"});
    }
}

void check_credentials(const BasicCredentials& credentials) {
    const auto has_control = [](const std::string& text) { return !is_field_value(text); };
    if (credentials.user.find(':') != std::string::npos || has_control(credentials.user)) {
        throw Error(ExitCode::usage, "the user name cannot be sent",
                    "a colon or a control character is not allowed in it (RFC 7617)");
    }
    if (has_control(credentials.password.reveal())) {
        throw Error(ExitCode::usage, "the token cannot be sent",
                    "it contains a line break or another control character",
                    {"look for a newline at the end of the variable or file that it comes from"});
    }
}

void check_route(const HttpRequest& request) {
    if (!request.address.empty() && !is_address(request.address)) {
        throw Error(ExitCode::usage, "'" + printable(request.address, 80) + "' is no IP address",
                    {}, {"write it as 192.0.2.7 or 2001:db8::7, without port and brackets"});
    }
    constexpr std::size_t k_longest = sizeof(sockaddr_un::sun_path) - 1;
    if (request.unix_socket.size() > k_longest) {
        throw Error(ExitCode::usage,
                    "the socket " + printable(request.unix_socket) + " cannot be connected to",
                    "its path has more than " + std::to_string(k_longest) + " bytes",
                    {"use a shorter path, perhaps by a symbolic link"});
    }
}

}  // namespace

bool names_secret(std::string_view header) noexcept {
    constexpr std::array<std::string_view, 9> k_names{
        "Authorization", "Proxy-Authorization", "Cookie",       "Set-Cookie",  "Private-Token",
        "Job-Token",     "X-Api-Key",           "X-Auth-Token", "Deploy-Token"};
    return std::any_of(k_names.begin(), k_names.end(),
                       [&](std::string_view secret) { return same_header_name(header, secret); });
}

UrlSecrecy secrecy_of(const HttpRequest& request) noexcept {
    return request.url_is_secret ? UrlSecrecy::secret : UrlSecrecy::open;
}

bool carries_secret(const HttpRequest& request) noexcept {
    return request.credentials.has_value() || !request.secret_headers.empty() ||
           request.url_is_secret || request.has_secret;
}

void check_request(const HttpRequest& request, const Url& url) {
    check_route(request);
    if (carries_secret(request) && !url.is_https() && !url.is_loopback() &&
        request.unix_socket.empty()) {
        throw Error(ExitCode::usage,
                    "a secret must not be sent to " + url.authority() + " over http",
                    "plain http would show it to everybody on the way",
                    {"use https://" + printable(url.host()) + "/… instead"});
    }
    for (const auto& header : request.headers) {
        check_header(header.name, header.value);
    }
    for (const auto& [name, value] : request.secret_headers) {
        check_header(name, value.reveal());
    }
    if (request.credentials) {
        check_credentials(*request.credentials);
    }
    if (!request.body.empty() &&
        (request.method == HttpMethod::get || request.method == HttpMethod::head)) {
        throw Error(ExitCode::usage, std::string("a ") + method_name(request.method) +
                                         " request cannot have a body");
    }
}

bool is_repeatable(HttpMethod method) noexcept {
    return method != HttpMethod::post && method != HttpMethod::patch;
}

const char* method_name(HttpMethod method) noexcept {
    switch (method) {
        case HttpMethod::get:
            return "GET";
        case HttpMethod::head:
            return "HEAD";
        case HttpMethod::post:
            return "POST";
        case HttpMethod::put:
            return "PUT";
        case HttpMethod::patch:
            return "PATCH";
        case HttpMethod::del:
            break;
    }
    return "DELETE";
}

}  // namespace headway::http
