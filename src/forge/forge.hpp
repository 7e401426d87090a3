#pragma once

#include <memory>
#include <string_view>

#include "headway/forge.hpp"

namespace headway::forge {

/// What is known of the server behind `remote_url`.
///
/// A public service (github.com, gitlab.com, dev.azure.com, …) is known by its host whatever
/// `configured_name` says: a pipeline of GitLab may promote a repository of GitHub. Otherwise
/// `configured_name` decides ("gitlab" where GITLAB_CI is set; also "github", "azure-devops",
/// "bitbucket", "gitea", "forgejo", "git"; case does not matter), then a telling host name
/// ("gitlab.example.com"). All others, loopback and local paths among them, are plain git, which
/// has no links but understands the refusals of every forge: the texts decide, not the name.
///
/// Throws Error(usage) for a `configured_name` that is none of these.
[[nodiscard]] std::unique_ptr<Forge> forge_for(std::string_view remote_url,
                                               std::string_view configured_name = {});

}  // namespace headway::forge
