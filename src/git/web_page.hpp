#pragma once

#include <string>
#include <string_view>

#include "headway/error.hpp"

namespace headway::git {

/// What a page tells a person: its title, or the start of its text without tags. Printable, at
/// most 500 bytes; empty for an empty page.
[[nodiscard]] std::string page_summary(std::string_view body);

/// The failure of an answer that is no git: a web page, a proxy's page, or git's older "dumb"
/// protocol. `content_type` and `body` are hostile.
[[nodiscard]] Error not_git_error(std::string_view url, std::string_view content_type,
                                  std::string_view body);

}  // namespace headway::git
