#include "http/url.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "headway/text.hpp"

namespace headway::http {

namespace {

constexpr std::size_t k_shown_url = 300;  // Bytes.
constexpr const char* k_wrong_scheme = "it does not begin with https:// or http://";

std::string part(CURLU* handle, CURLUPart which, unsigned flags) {
    char* text = nullptr;
    const CURLUcode code = curl_url_get(handle, which, &text, flags);
    const CurlText owned(text);
    if (code == CURLUE_OUT_OF_MEMORY) {
        throw std::bad_alloc();
    }
    return code == CURLUE_OK ? std::string(text) : std::string();
}

[[noreturn]] void refuse(const std::string& text, UrlSecrecy secrecy, std::string because) {
    // A URL that does not parse may hold a password anywhere before an '@'.
    const bool may_show = secrecy == UrlSecrecy::open && text.find('@') == std::string::npos;
    throw Error(ExitCode::usage,
                may_show ? "'" + printable(text, k_shown_url) + "' is not a usable URL"
                         : std::string("a URL is not usable"),
                std::move(because), {"use a URL such as https://gitlab.example.com/group/app.git"});
}

void parse(CURLU* handle, const std::string& text, UrlSecrecy secrecy) {
    if (text.find('\0') != std::string::npos) {
        refuse(text, secrecy, "it contains a NUL byte");
    }
    const CURLUcode code = curl_url_set(handle, CURLUPART_URL, text.c_str(), 0);
    if (code == CURLUE_OUT_OF_MEMORY) {
        throw std::bad_alloc();
    }
    if (code == CURLUE_BAD_SCHEME || code == CURLUE_UNSUPPORTED_SCHEME) {
        refuse(text, secrecy, k_wrong_scheme);
    }
    if (code != CURLUE_OK) {
        refuse(text, secrecy, curl_url_strerror(code));
    }
}

}  // namespace

Url::Url(const std::string& text, UrlSecrecy secrecy) : m_handle(curl_url()), m_secrecy(secrecy) {
    CURLU* handle = m_handle.get();
    if (handle == nullptr) {
        throw std::bad_alloc();
    }
    parse(handle, text, secrecy);
    m_scheme = part(handle, CURLUPART_SCHEME, 0);
    if (m_scheme != "http" && m_scheme != "https") {
        refuse(text, secrecy, k_wrong_scheme);
    }
    // libcurl takes "https:/x" and "https:///x" for "https://x", which nobody meant.
    const auto slashes = text.find("://");
    if (slashes == std::string::npos || text.find('/', slashes + 3) == slashes + 3) {
        refuse(text, secrecy, "it names no host behind '//'");
    }
    const std::string host = part(handle, CURLUPART_HOST, 0);
    if (host.empty()) {
        refuse(text, secrecy, "it names no host");
    }
    if (!part(handle, CURLUPART_USER, 0).empty() || !part(handle, CURLUPART_PASSWORD, 0).empty()) {
        throw Error(
            ExitCode::usage,
            "the URL for " + printable(host, k_shown_url) + " holds a user name or a password",
            "a secret in a URL ends up in logs",
            {"remove everything between '//' and '@'; name the token's variable in the "
             "configuration: token: {env: NAME}"});
    }
    if (std::any_of(host.begin(), host.end(),
                    [](char letter) { return static_cast<unsigned char>(letter) >= 0x80; })) {
        refuse(text, secrecy, "its host name is not ASCII; write it as xn--… (RFC 5890)");
    }
    m_host = host.front() == '[' ? host.substr(1, host.size() - 2) : host;
    m_authority = host + ":" + part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);

    const std::string port = part(handle, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
    m_shown = m_scheme + "://" + host + (port.empty() ? "" : ":" + port);
    if (secrecy == UrlSecrecy::open) {
        const std::string query = part(handle, CURLUPART_QUERY, 0);
        m_shown += part(handle, CURLUPART_PATH, 0) + (query.empty() ? "" : "?" + query);
    }
    m_shown = printable(m_shown, k_shown_url);
}

std::string Url::resolve(const std::string& location) const {
    const UrlHandle target(curl_url_dup(handle()));
    if (!target) {
        throw std::bad_alloc();
    }
    // NUL cannot be in a header that libcurl let through.
    const CURLUcode code = curl_url_set(target.get(), CURLUPART_URL, location.c_str(),
                                        CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE);
    if (code == CURLUE_OUT_OF_MEMORY) {
        throw std::bad_alloc();
    }
    return code == CURLUE_OK ? part(target.get(), CURLUPART_URL, 0) : std::string();
}

bool Url::has_origin_of(const Url& other) const noexcept {
    return m_scheme == other.m_scheme && has_authority_of(other);
}

bool Url::has_authority_of(const Url& other) const noexcept {
    return curl_strequal(m_authority.c_str(), other.m_authority.c_str()) != 0;
}

bool Url::is_loopback() const noexcept {
    constexpr std::array<const char*, 2> k_names{"localhost", "localhost."};
    return is_loopback_address(m_host) ||
           std::any_of(k_names.begin(), k_names.end(), [this](const char* name) {
               return curl_strequal(m_host.c_str(), name) != 0;
           });
}

bool is_address(const std::string& text) noexcept {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
           inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

bool is_loopback_address(const std::string& address) noexcept {
    in_addr v4{};
    if (inet_pton(AF_INET, address.c_str(), &v4) == 1) {
        return (ntohl(v4.s_addr) >> 24U) == 127U;
    }
    in6_addr v6{};
    if (inet_pton(AF_INET6, address.c_str(), &v6) != 1) {
        return false;
    }
    constexpr std::array<std::uint8_t, 16> k_loopback{0, 0, 0, 0, 0, 0, 0, 0,
                                                      0, 0, 0, 0, 0, 0, 0, 1};
    constexpr std::array<std::uint8_t, 13> k_mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127};
    return std::memcmp(&v6, k_loopback.data(), k_loopback.size()) == 0 ||
           std::memcmp(&v6, k_mapped.data(), k_mapped.size()) == 0;
}

}  // namespace headway::http
