#pragma once

#include <string>

#include "http/curl_handles.hpp"

namespace headway::http {

enum class UrlSecrecy { open, secret };

/// A parsed http or https URL. It is read once, by the parser that libcurl itself uses, so that
/// what was checked is what is connected to.
class Url {
public:
    /// Throws Error(usage) for anything that is not an absolute http or https URL with a host
    /// (RFC 3986), and for one with user info. The message holds neither user info nor, when
    /// the URL is secret, the URL.
    Url(const std::string& text, UrlSecrecy secrecy);

    /// What a Location header of this URL's answer leads to (RFC 3986, section 5), as text, not
    /// judged; empty when it is no URL at all.
    [[nodiscard]] std::string resolve(const std::string& location) const;
    [[nodiscard]] bool has_origin_of(const Url& other) const noexcept;     ///< RFC 6454.
    [[nodiscard]] bool has_authority_of(const Url& other) const noexcept;  ///< Host and port.

    [[nodiscard]] CURLU* handle() const noexcept { return m_handle.get(); }
    [[nodiscard]] bool is_https() const noexcept { return m_scheme == "https"; }
    /// 127.0.0.0/8, ::1 or localhost (RFC 6761).
    [[nodiscard]] bool is_loopback() const noexcept;
    /// Without the brackets of an IPv6 address.
    [[nodiscard]] const std::string& host() const noexcept { return m_host; }
    /// "gitlab.example.com:443", "[::1]:8080".
    [[nodiscard]] const std::string& authority() const noexcept { return m_authority; }
    [[nodiscard]] bool is_secret() const noexcept { return m_secrecy == UrlSecrecy::secret; }
    /// For people: scheme, host, path and query; of a secret URL scheme and host only.
    [[nodiscard]] const std::string& shown() const noexcept { return m_shown; }

private:
    UrlHandle m_handle;
    UrlSecrecy m_secrecy;
    std::string m_scheme;
    std::string m_host;
    std::string m_authority;
    std::string m_shown;
};

/// True for an IPv4 or IPv6 address without brackets.
[[nodiscard]] bool is_address(const std::string& text) noexcept;

/// True for a numeric address of the loopback network: 127.0.0.0/8, ::1, ::ffff:127.0.0.0/104.
[[nodiscard]] bool is_loopback_address(const std::string& address) noexcept;

}  // namespace headway::http
