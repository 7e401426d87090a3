#pragma once

#include <string>

#include "git/libgit2.hpp"

namespace headway::git {

/// Opens the repository at `path`, see open_local for what that may be and for the errors.
[[nodiscard]] RepositoryHandle open_repository(const std::string& path);

/// Refuses a repository that libgit2 would open but not treat as git does: hooks that would not
/// run, a history that is not all there. Throws Error(refused).
void refuse_what_is_not_honoured(git_repository& repository, const std::string& path);

/// The repository's own configuration as it is on disk now.
[[nodiscard]] ConfigHandle configuration_of(git_repository& repository);

/// A value, or empty when it is not set.
[[nodiscard]] std::string configured(git_config& configuration, const char* name);

}  // namespace headway::git
