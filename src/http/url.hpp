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

    [[nodiscard]] CURLU* handle() const noexcept { return m_handle.get(); }
    [[nodiscard]] bool is_https() const noexcept { return m_scheme == "https"; }
    /// 127.0.0.0/8, ::1 or localhost (RFC 6761).
    [[nodiscard]] bool is_loopback() const noexcept;
    /// Without the brackets of an IPv6 address.
    [[nodiscard]] const std::string& host() const noexcept { return m_host; }
    /// "gitlab.example.com:443", "[::1]:8080".
    [[nodiscard]] const std::string& authority() const noexcept { return m_authority; }
    /// For people: scheme, host, path and query; of a secret URL scheme and host only.
    [[nodiscard]] const std::string& shown() const noexcept { return m_shown; }

private:
    UrlHandle m_handle;
    std::string m_scheme;
    std::string m_host;
    std::string m_authority;
    std::string m_shown;
};

/// True for a numeric address of the loopback network: 127.0.0.0/8, ::1, ::ffff:127.0.0.0/104.
[[nodiscard]] bool is_loopback_address(const std::string& address) noexcept;

}  // namespace headway::http
