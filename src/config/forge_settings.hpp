#pragma once

#include <string>
#include <string_view>

#include "headway/origin.hpp"

/// Checks of what says which forge the remote is on. Each throws Error(usage) whose text begins
/// with where the value stands.
namespace headway::config {

/// "gitlab", "github", "azure", "bitbucket", "gitea", "git", or another name of theirs.
[[nodiscard]] bool is_forge(std::string_view text) noexcept;

/// The same, in lower case.
[[nodiscard]] std::string checked_forge(std::string_view text, const Origin& origin);

/// Where a forge's API begins: an https URL, or an http one of this machine, without query and
/// without slashes at its end.
[[nodiscard]] std::string checked_api(std::string_view text, const Origin& origin);

}  // namespace headway::config
