#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

/// What `headway init` makes of a checkout: pure, from facts and answers to a plan.
namespace headway::cli {

enum class CiSystem { none, gitlab, github, azure, bitbucket };

struct CiSystemWords {
    CiSystem system;
    std::string_view word;   ///< Of --ci.
    std::string_view path;   ///< Whose presence tells it: a file or a folder.
    std::string_view forge;  ///< Forge::name of where it runs.
};

inline constexpr std::array<CiSystemWords, 4> k_ci_systems{{
    {CiSystem::gitlab, "gitlab", ".gitlab-ci.yml", "gitlab"},
    {CiSystem::github, "github", ".github/workflows", "github"},
    {CiSystem::azure, "azure", "azure-pipelines.yml", "azure-devops"},
    {CiSystem::bitbucket, "bitbucket", "bitbucket-pipelines.yml", "bitbucket"},
}};

/// What the checkout shows.
struct InitFacts {
    std::string remote;                 ///< As the configuration may have it; empty: unknown.
    std::string default_branch;         ///< Empty: unknown.
    std::vector<std::string> branches;  ///< Short names.
    std::vector<CiSystem> ci_files;     ///< Those whose path is there.
    std::string forge;                  ///< Forge::name.
};

struct InitEnvironment {
    std::string name;
    std::string branch;
    std::string url;  ///< Empty: not known.

    friend bool operator==(const InitEnvironment&, const InitEnvironment&) = default;
};

/// All that goes into the files.
struct InitPlan {
    std::string remote;                         ///< Empty: left to headway's defaults.
    std::string source;                         ///< The same.
    std::vector<InitEnvironment> environments;  ///< In the order of promotion.
    std::string health;           ///< A path below each url; empty: the url itself is asked.
    std::string version_pointer;  ///< In the answer's JSON; empty: no version is looked at.
    std::string slack_variable;   ///< Empty: nobody is told.
    CiSystem ci = CiSystem::none;
};

/// From what is tried out to what must not break. What has no telling name is `other`.
enum class Tier { development, test, staging, other, acceptance, production };

/// By the words of the name: "prod-eu" is production, "pre-production" is acceptance.
[[nodiscard]] Tier tier_of(std::string_view environment);

/// Whether somebody decides by hand when it is promoted: acceptance and production.
[[nodiscard]] bool is_guarded(std::string_view environment);

/// The environments whose deployment branches are among `branches`: below "_gitlab/agents/",
/// "deploy/", "env/", "environments/" and the like, or called as an environment is ("staging").
/// Never `source`, nor a release branch. One for each name, in the order of promotion.
[[nodiscard]] std::vector<InitEnvironment> environments_in(const std::vector<std::string>& branches,
                                                           std::string_view source);

/// development → staging → uat → production; those of one tier stay as they are.
void put_in_order(std::vector<InitEnvironment>& environments);

/// The environments that have to verify a commit before `environment` gets it: for a guarded one
/// those of the nearest tier before it, the namesake alone where there is one ("staging-eu" for
/// "production-eu").
[[nodiscard]] std::vector<const InitEnvironment*> waits_for(const InitPlan& plan,
                                                            const InitEnvironment& environment);

/// The CI system whose file is there, the forge's own first; else that of the forge.
[[nodiscard]] CiSystem ci_system_of(const InitFacts& facts);

/// "STAGING_PUSH_TOKEN"
[[nodiscard]] std::string token_variable(std::string_view environment);

}  // namespace headway::cli
