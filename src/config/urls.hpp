#pragma once

#include <string>
#include <string_view>

#include "config/templates.hpp"
#include "headway/configuration.hpp"

/// URLs (RFC 3986) as headway takes them. A URL with credentials in it is never repeated.
namespace headway::config {

enum class RemoteKind { http, local, ssh, other };

/// By its form alone: "host:path" is ssh, as git has it.
[[nodiscard]] RemoteKind kind_of_remote(std::string_view remote) noexcept;

/// The URL without "user:password@" before its host.
[[nodiscard]] std::string without_credentials(std::string_view url);

/// Without a port and without credentials; empty for what has no host.
[[nodiscard]] std::string host_of(std::string_view url);

/// The https URL that an ssh one most likely stands for, for a hint.
[[nodiscard]] std::string as_https(std::string_view ssh_remote);

/// An http or https URL without credentials.
[[nodiscard]] std::string checked_url(std::string_view text, const Origin& origin);

/// A probe's URL: absolute, or a path that begins with '/'; templates allowed.
[[nodiscard]] std::string checked_probe_url(std::string_view text, const TemplateNames& names,
                                            const Origin& origin);

/// A git remote: http, https, file:// or a path; without credentials and trailing slashes.
[[nodiscard]] std::string checked_remote(std::string_view text, const Origin& origin);

/// `path` below `base`, whose query and fragment do not count.
[[nodiscard]] std::string below(std::string_view base, std::string_view path);

}  // namespace headway::config
