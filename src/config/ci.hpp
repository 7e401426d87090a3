#pragma once

#include <string>
#include <string_view>

#include "config/config.hpp"

/// What the CI server tells of the pipeline by its variables.
namespace headway::config {

enum class CiSystem {
    none,  ///< Not in a pipeline, or in one of a server that is not known.
    gitlab,
    forgejo,
    gitea,
    github,
    azure,
    bitbucket,
    woodpecker,
    jenkins,
};

/// Every value has the names of its variables as its origin; what is not told is empty.
struct CiFacts {
    CiSystem system = CiSystem::none;
    Setting<std::string> name;    ///< "GitLab CI", by the variable that gave it away.
    Setting<std::string> forge;   ///< The forge that runs the pipeline, as in `forge:`.
    Setting<std::string> server;  ///< That forge's address: "https://gitlab.example.com".
    Setting<std::string> api;     ///< The address of its API.
    Setting<std::string> remote;  ///< The clone URL, without credentials.
    Setting<std::string> default_branch;
    Setting<std::string> commit;
    Setting<std::string> branch;
    Setting<std::string> tag;
    Setting<std::string> actor;       ///< Who started the pipeline.
    Setting<std::string> user_name;   ///< For the identity.
    Setting<std::string> user_email;  ///< For the identity.
    Setting<std::string> run_url;     ///< The pipeline's page.
    Setting<std::string> environment;
    Setting<std::string> environment_url;
    Setting<std::string> ca_file;
    /// Not empty in a pipeline of a merge or pull request, whose commit is on no branch that
    /// promotions come from: why, and what to do instead; `{source}` in the hint stands for the
    /// source branch.
    std::string unmerged_because;
    std::string unmerged_hint;
};

/// The first of these that the variables give away: GitLab CI, Forgejo and Gitea Actions (which
/// set GitHub's variables too), GitHub Actions, Azure Pipelines, Bitbucket Pipelines, Woodpecker,
/// Jenkins. Where none does, GitLab's names are read all the same, as its forge is not. A variable
/// that is empty, or was never expanded ("$NAME"), is not set; a value that is made of several is
/// there when all of them are. Pure.
[[nodiscard]] CiFacts ci_facts(const Variables& variables);

}  // namespace headway::config
