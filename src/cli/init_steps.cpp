#include <fmt/format.h>

#include "cli/init_texts.hpp"

namespace headway::cli {

namespace {

/// Where a forge keeps what has to be set up by hand.
struct Places {
    std::string_view protect;
    std::string_view token;
    std::string_view variables;
    std::string_view binary;  ///< How the job comes by headway.
};

constexpr std::string_view k_fetched =
    "let the jobs find headway: set HEADWAY_BINARY_URL and HEADWAY_BINARY_SHA256 there";

Places places_of(CiSystem ci) {
    switch (ci) {
        case CiSystem::gitlab:
            return {
                "Settings > Repository > Protected branches: allowed to push is nobody but the "
                "token's bot",
                "Settings > Access tokens: role Maintainer, scope write_repository",
                "Settings > CI/CD > Variables: protected, masked, scoped to its environment",
                "let the jobs find headway: set HEADWAY_IMAGE there, an image with the binary"};
        case CiSystem::github:
            return {"Settings > Rules > Rulesets: restrict updates, bypass for the token's account",
                    "Settings > Developer settings > Fine-grained tokens: permission 'Contents: "
                    "Read and write'",
                    "Settings > Environments: a secret of its environment", k_fetched};
        case CiSystem::azure:
            return {
                "Repos > Branches > Branch security: Contribute is allowed to the token's "
                "account alone",
                "User settings > Personal access tokens: scope Code (Read & write)",
                "Pipelines > Edit > Variables: secret", k_fetched};
        case CiSystem::bitbucket:
            return {
                "Repository settings > Branch restrictions: write access for nobody but the "
                "token",
                "Repository settings > Access tokens: scope Repositories: Write",
                "Repository settings > Deployments: a secured variable of its environment",
                k_fetched};
        case CiSystem::none:
            break;
    }
    return {"nobody pushes to them but the token's account", "it may push to these branches",
            "the secrets of the CI system", ""};
}

}  // namespace

std::vector<std::string> next_steps(const InitPlan& plan, const CiTexts& ci) {
    const Places places = places_of(plan.ci);
    std::vector<std::string> branches;
    std::vector<std::string> variables;
    branches.reserve(plan.environments.size());
    variables.reserve(plan.environments.size() + 1);
    for (const InitEnvironment& environment : plan.environments) {
        branches.push_back(environment.branch);
        variables.push_back(token_variable(environment.name));
    }
    if (!plan.slack_variable.empty()) {
        variables.push_back(plan.slack_variable);
    }
    std::vector<std::string> steps;
    if (!ci.add_to.empty()) {
        steps.push_back(fmt::format("add to {}:\n{}", ci.add_to, ci.lines));
    }
    steps.push_back(fmt::format("protect {} ({})", fmt::join(branches, ", "), places.protect));
    steps.push_back(fmt::format("create a token for each environment ({})", places.token));
    steps.push_back(
        fmt::format("keep the secrets as {} ({})", fmt::join(variables, ", "), places.variables));
    if (!places.binary.empty()) {
        steps.emplace_back(places.binary);
    }
    steps.push_back(plan.source.empty()
                        ? std::string("commit these files to the branch that you promote from")
                        : fmt::format("commit these files to {}", plan.source));
    steps.emplace_back("check it all: headway doctor");
    return steps;
}

}  // namespace headway::cli
