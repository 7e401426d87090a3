#pragma once

#include <string>
#include <string_view>

namespace headway::forge {

/// The host of an http or https URL, lower case, without user info, port and brackets; empty for
/// anything else.
[[nodiscard]] std::string web_host(std::string_view remote_url);

/// The project's page for its clone address: without user info, query, fragment, trailing
/// slashes and ".git". Empty for anything but http or https, and for an address without a path.
[[nodiscard]] std::string web_base(std::string_view remote_url);

}  // namespace headway::forge
