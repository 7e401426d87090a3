#include "forge/links.hpp"

#include <algorithm>

namespace headway::forge {

namespace {

struct WebAddress {
    std::string_view scheme;
    std::string_view authority;  ///< Host and port.
    std::string_view path;
};

char lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

std::string lowered(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), lower);
    return result;
}

/// All fields empty for what is not an http or https URL.
WebAddress parse(std::string_view url) {
    const auto colon = url.find("://");
    if (colon == std::string_view::npos) {
        return {};
    }
    const std::string scheme = lowered(url.substr(0, colon));
    if (scheme != "http" && scheme != "https") {
        return {};
    }
    std::string_view rest = url.substr(colon + 3);
    rest = rest.substr(0, rest.find_first_of("?#"));
    const auto slash = std::min(rest.find('/'), rest.size());
    std::string_view authority = rest.substr(0, slash);
    authority.remove_prefix(authority.rfind('@') + 1);
    return {.scheme = url.substr(0, colon), .authority = authority, .path = rest.substr(slash)};
}

std::string_view without_trailing_slashes(std::string_view path) {
    while (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    return path;
}

}  // namespace

std::string web_host(std::string_view remote_url) {
    std::string_view host = parse(remote_url).authority;
    if (host.starts_with('[')) {
        host = host.substr(1, host.find(']') - 1);
    } else {
        host = host.substr(0, host.find(':'));
    }
    return lowered(host);
}

std::string web_base(std::string_view remote_url) {
    const WebAddress address = parse(remote_url);
    std::string_view path = without_trailing_slashes(address.path);
    if (path.ends_with(".git")) {
        path = without_trailing_slashes(path.substr(0, path.size() - 4));
    }
    if (address.authority.empty() || path.empty()) {
        return {};
    }
    std::string base = lowered(address.scheme);
    base.append("://").append(address.authority).append(path);
    return base;
}

}  // namespace headway::forge
