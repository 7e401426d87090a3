#include "config/urls.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "config/values.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

constexpr std::size_t k_max_url = 2048;

/// Where the parts of "scheme://authority/rest" stand; no scheme: all is empty.
struct Parts {
    std::string_view scheme;
    std::string_view credentials;
    std::string_view host_and_port;
    std::string_view rest;  ///< From the first '/', '?' or '#' on.
};

Parts parts_of(std::string_view url) {
    Parts parts;
    const auto colon = url.find("://");
    const auto scheme_end = url.find_first_of("/:@");
    if (colon == std::string_view::npos || colon == 0 || scheme_end != colon) {
        return parts;
    }
    parts.scheme = url.substr(0, colon);
    url.remove_prefix(colon + 3);
    const auto end = std::min(url.find_first_of("/?#\\"), url.size());
    parts.rest = url.substr(end);
    const std::string_view authority = url.substr(0, end);
    const auto at = authority.rfind('@');
    if (at == std::string_view::npos) {
        parts.host_and_port = authority;
    } else {
        parts.credentials = authority.substr(0, at + 1);
        parts.host_and_port = authority.substr(at + 1);
    }
    return parts;
}

bool same_word(std::string_view left, std::string_view lower) {
    return std::equal(left.begin(), left.end(), lower.begin(), lower.end(), [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
}

bool is_web(const Parts& parts) {
    return same_word(parts.scheme, "http") || same_word(parts.scheme, "https");
}

/// Splits "host:port"; an IPv6 address keeps its brackets.
std::pair<std::string_view, std::string_view> split_port(std::string_view host_and_port) {
    const auto bracket = host_and_port.rfind(']');
    const auto colon = host_and_port.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon == std::string_view::npos) {
        return {host_and_port, {}};
    }
    return {host_and_port.substr(0, colon), host_and_port.substr(colon)};
}

bool is_host(std::string_view host) {
    const auto in = [](std::string_view extra) {
        return [extra](char letter) {
            return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                   (letter >= '0' && letter <= '9') || extra.find(letter) != extra.npos;
        };
    };
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        const std::string_view address = host.substr(1, host.size() - 2);
        return std::all_of(address.begin(), address.end(), in(":."));
    }
    return !host.empty() && std::all_of(host.begin(), host.end(), in("-._"));
}

bool is_port(std::string_view port) {
    if (port.empty()) {
        return true;
    }
    unsigned number = 0;
    const std::string_view digits = port.substr(1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc{} && end == digits.data() + digits.size() && number >= 1 &&
           number <= 65535;
}

/// Characters that RFC 3986 lets stand in a path, query or fragment.
void check_rest(std::string_view rest, std::string_view shown, const Origin& origin) {
    constexpr std::string_view k_forbidden = " \"<>\\^`{|}";
    const auto* const bad = std::find_if(rest.begin(), rest.end(), [&](char letter) {
        return letter < '\x21' || letter > '\x7E' || k_forbidden.find(letter) != rest.npos;
    });
    if (bad != rest.end()) {
        const std::string_view letter(bad, 1);
        const std::string shown_letter =
            letter == " " ? "a space" : fmt::format("\"{}\"", printable(letter));
        refuse(origin, fmt::format("{} is not a URL", in_quotes(shown)),
               fmt::format("{} must be percent-encoded there", shown_letter),
               {fmt::format("write it as {}", percent_encode(letter))});
    }
}

[[noreturn]] void refuse_credentials(const Origin& origin) {
    refuse(origin, "the URL holds credentials", "a token does not belong in the URL",
           {"remove it there, and give it as token: {env: NAME}, --token-env NAME or "
            "--token-file PATH"});
}

void check_web_url(std::string_view text, std::string_view shown, const Origin& origin) {
    const Parts parts = parts_of(text);
    if (!parts.credentials.empty() || looks_like_secret(text)) {
        refuse_credentials(origin);
    }
    if (!is_web(parts)) {
        // Without a scheme it may still hold "user:password@".
        const std::string url = text.find('@') == text.npos ? in_quotes(shown) : "this";
        refuse(origin, fmt::format("{} is not a web URL", url),
               "it has to begin with https:// or http://");
    }
    const auto [host, port] = split_port(parts.host_and_port);
    if (!is_host(host) || !is_port(port)) {
        refuse(origin, fmt::format("{} is not a URL", in_quotes(shown)),
               fmt::format("{} is not a host and port", in_quotes(parts.host_and_port)));
    }
    check_rest(parts.rest, shown, origin);
    if (text.size() > k_max_url) {
        refuse(origin, fmt::format("{} is too long", in_quotes(shown)),
               fmt::format("a URL has at most {} bytes here", k_max_url));
    }
}

/// "user:password@host", with its scheme forgotten, looks like ssh's "host:path".
std::vector<std::string> ssh_hints(std::string_view remote) {
    const std::string url = as_https(remote);
    if (url.find('@') != std::string::npos) {
        return {"the repository's https:// URL"};
    }
    return {printable(url)};
}

}  // namespace

RemoteKind kind_of_remote(std::string_view remote) noexcept {
    const Parts parts = parts_of(remote);
    if (is_web(parts)) {
        return RemoteKind::http;
    }
    if (same_word(parts.scheme, "file")) {
        return RemoteKind::local;
    }
    if (!parts.scheme.empty()) {
        return parts.scheme.find("ssh") != std::string_view::npos ? RemoteKind::ssh
                                                                  : RemoteKind::other;
    }
    const auto colon = remote.find(':');
    return colon != std::string_view::npos && colon < remote.find('/') ? RemoteKind::ssh
                                                                       : RemoteKind::local;
}

std::string without_credentials(std::string_view url) {
    const Parts parts = parts_of(url);
    if (!parts.scheme.empty()) {
        return fmt::format("{}://{}{}", parts.scheme, parts.host_and_port, parts.rest);
    }
    if (kind_of_remote(url) == RemoteKind::ssh) {
        const auto at = url.substr(0, url.find(':')).rfind('@');
        url.remove_prefix(at == std::string_view::npos ? 0 : at + 1);
    }
    return std::string(url);
}

std::string host_of(std::string_view url) {
    const Parts parts = parts_of(url);
    if (parts.scheme.empty() && kind_of_remote(url) == RemoteKind::ssh) {
        const std::string plain = without_credentials(url);
        return plain.substr(0, plain.find(':'));
    }
    return std::string(split_port(parts.host_and_port).first);
}

std::string as_https(std::string_view ssh_remote) {
    const Parts parts = parts_of(ssh_remote);
    if (!parts.scheme.empty()) {
        return fmt::format("https://{}{}", host_of(ssh_remote), parts.rest);
    }
    const std::string plain = without_credentials(ssh_remote);
    const auto colon = plain.find(':');
    const auto path = std::min(plain.find_first_not_of('/', colon + 1), plain.size());
    return fmt::format("https://{}/{}", plain.substr(0, colon), plain.substr(path));
}

std::string checked_url(std::string_view text, const Origin& origin) {
    check_web_url(text, text, origin);
    return std::string(text);
}

std::string checked_probe_url(std::string_view text, const TemplateNames& names,
                              const Origin& origin) {
    std::string url = checked_template(text, names, origin);
    const std::string plain = without_templates(text);
    if (looks_like_secret(text)) {
        refuse_credentials(origin);
    }
    if (text.starts_with('/') && !text.starts_with("//")) {
        check_rest(plain, text, origin);
        if (text.size() > k_max_url) {
            refuse(origin, fmt::format("{} is too long", in_quotes(text)),
                   fmt::format("a URL has at most {} bytes here", k_max_url));
        }
        return url;
    }
    if (text.find("://") == std::string_view::npos && text.find('@') == std::string_view::npos) {
        refuse(origin, fmt::format("{} is not a probe's URL", in_quotes(text)),
               "it is a path below the environment's url, which begins with '/', or begins with "
               "https:// or http://");
    }
    const auto credentials = parts_of(text).credentials;
    if (!credentials.empty()) {
        refuse_credentials(origin);
    }
    if (parts_of(text).host_and_port.find("${") != std::string_view::npos) {
        refuse(origin, fmt::format("{} has a template in its host", in_quotes(text)),
               "the host that is asked stands in the configuration and nowhere else");
    }
    check_web_url(plain, text, origin);
    return url;
}

std::string checked_remote(std::string_view text, const Origin& origin) {
    const Parts parts = parts_of(text);
    switch (kind_of_remote(text)) {
        case RemoteKind::http:
            check_web_url(text, text, origin);
            if (parts.rest.find_first_of("?#") != std::string_view::npos) {
                refuse(origin, fmt::format("{} is not a repository's URL", in_quotes(text)),
                       "it has a query or a fragment");
            }
            break;
        case RemoteKind::ssh:
            refuse(origin, "headway does not speak ssh",
                   "it pushes over https with an access token", ssh_hints(text));
        case RemoteKind::other:
            if (!parts.credentials.empty()) {
                refuse_credentials(origin);
            }
            refuse(origin,
                   fmt::format("{} is not a remote that headway can talk to", in_quotes(text)),
                   "a remote is an https, http or file URL, or a path");
        case RemoteKind::local:
            if (!parts.credentials.empty() || looks_like_secret(text)) {
                refuse_credentials(origin);
            }
            if (!parts.host_and_port.empty() && !same_word(parts.host_and_port, "localhost")) {
                refuse(origin, "the file URL names a host",
                       "only repositories on this machine can be reached by path",
                       {"file:///path/to/repository.git"});
            }
            break;
    }
    std::string_view remote = text;
    while (remote.size() > 1 && remote.back() == '/' && !remote.ends_with("://")) {
        remote.remove_suffix(1);
    }
    return std::string(remote);
}

std::string below(std::string_view base, std::string_view path) {
    base = base.substr(0, base.find_first_of("?#"));
    while (base.ends_with('/')) {
        base.remove_suffix(1);
    }
    return fmt::format("{}{}", base, path);
}

}  // namespace headway::config
