#include "config/unset_variable.hpp"

#include <string_view>

#include <fmt/format.h>

namespace headway::config {

namespace {

/// Of a CI system: what keeps a secret from a job, and how it gets there; {0} is the variable.
struct Words {
    std::string_view because;
    std::string_view in_the_job;  ///< May be empty.
    std::string_view setting;
};

Words words_of(CiSystem system) {
    switch (system) {
        case CiSystem::github:
        case CiSystem::gitea:
        case CiSystem::forgejo:
            return {
                "a secret reaches only a step whose \"env:\" takes it, and one of an environment "
                "only a job with that \"environment:\"",
                "in the step: env: {{{0}: ${{{{ secrets.{0} }}}}}}",
                "set {0} in Settings > Secrets (and variables) > Actions, or among the "
                "environment's own secrets"};
        case CiSystem::azure:
            return {"a secret variable reaches only a step whose \"env:\" takes it",
                    "in the step: env: {{{0}: $({0})}}",
                    "set {0} among the pipeline's variables or in a variable group of "
                    "Pipelines > Library, as a secret"};
        case CiSystem::bitbucket:
            return {"a deployment's variable reaches only a step with that \"deployment:\"", "",
                    "set {0} in Repository settings > Repository variables, or Deployments, as "
                    "secured"};
        case CiSystem::woodpecker:
            return {
                "a secret reaches only a step whose \"environment:\" takes it, for the events "
                "that it is allowed for",
                "in the step: environment: {{{0}: {{from_secret: {0}}}}}",
                "set {0} among the repository's secrets"};
        case CiSystem::jenkins:
            return {"a credential reaches only the steps that it is bound for",
                    "in the pipeline: environment {{ {0} = credentials('ID') }}",
                    "add it in Manage Jenkins > Credentials, as secret text"};
        case CiSystem::gitlab:
        case CiSystem::none:
            break;
    }
    return {
        "GitLab hands a protected variable only to jobs of protected branches and tags, and a "
        "variable with an environment scope only to jobs whose \"environment:\" is in that "
        "scope",
        "",
        "set {0} in Settings > CI/CD > Variables, protected only if this job's branch is, with "
        "a scope that holds this job's environment"};
}

}  // namespace

UnsetVariable explain_unset(const std::string& name, CiSystem system) {
    const Words words = words_of(system);
    UnsetVariable unset{std::string(words.because), {}};
    for (const std::string_view hint : {words.in_the_job, words.setting}) {
        if (!hint.empty()) {
            unset.hints.push_back(fmt::format(fmt::runtime(hint), name));
        }
    }
    unset.hints.push_back(fmt::format("outside CI: export {}", name));
    return unset;
}

}  // namespace headway::config
