#include <algorithm>

#include <fmt/format.h>

#include "cli/init_texts.hpp"

namespace headway::cli {

namespace {

constexpr std::string_view k_gitlab_file = ".gitlab/headway.gitlab-ci.yml";
constexpr std::string_view k_azure_file = ".azure-pipelines/headway.yml";

std::string source_of(const InitPlan& plan) {
    return plan.source.empty() ? "main" : plan.source;
}

/// Lines that fetch the binary, checked, into the working folder.
std::string fetch_lines(std::string_view indent, std::string_view url, std::string_view digest) {
    return fmt::format(
        "{0}curl --fail --silent --show-error --location --output headway \"{1}\"\n"
        "{0}echo \"{2}  headway\" | sha256sum --check\n"
        "{0}chmod +x headway\n",
        indent, url, digest);
}

/// The variables that headway reads its secrets from, each where `format` puts its name.
std::string secret_lines(const InitPlan& plan, const InitEnvironment& environment,
                         std::string_view format) {
    std::string lines = fmt::format(fmt::runtime(format), token_variable(environment.name));
    if (!plan.slack_variable.empty()) {
        lines += fmt::format(fmt::runtime(format), plan.slack_variable);
    }
    return lines;
}

bool any_guarded(const InitPlan& plan) {
    return std::any_of(
        plan.environments.begin(), plan.environments.end(),
        [](const InitEnvironment& environment) { return is_guarded(environment.name); });
}

bool all_guarded(const InitPlan& plan) {
    return std::all_of(
        plan.environments.begin(), plan.environments.end(),
        [](const InitEnvironment& environment) { return is_guarded(environment.name); });
}

// ---- GitLab --------------------------------------------------------------------------------

std::string gitlab_job(const InitEnvironment& environment) {
    std::string text = fmt::format(
        "\n{0}:\n"
        "  extends: .headway\n"
        "  script:\n"
        "    - headway promote {1}\n"
        "  environment:\n"
        "    name: {2}\n",
        yaml_scalar("promote-" + environment.name), environment.name,
        yaml_scalar(environment.name));
    if (!environment.url.empty()) {
        text += fmt::format("    url: {}\n", yaml_scalar(environment.url));
    }
    text += fmt::format(
        "  resource_group: {}  # one promotion at a time\n"
        "  rules:\n"
        "    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH\n",
        yaml_scalar(environment.name));
    if (is_guarded(environment.name)) {
        text += "      when: manual  # somebody starts it\n";
    }
    return text;
}

CiTexts gitlab_texts(const InitPlan& plan, bool has_file) {
    std::string text = fmt::format(
        "# Promotions by headway, see .headway.yml. What .gitlab-ci.yml needs for it:\n"
        "#   include:\n"
        "#     - local: {}\n\n"
        ".headway:\n"
        "  stage: deploy            # one of your stages, behind those that build and test\n"
        "  image: $HEADWAY_IMAGE    # a CI/CD variable: an image with headway in its PATH\n"
        "  variables:\n"
        "    GIT_STRATEGY: empty    # headway needs no checkout\n",
        k_gitlab_file);
    for (const InitEnvironment& environment : plan.environments) {
        text += gitlab_job(environment);
    }
    const std::string include = fmt::format("include:\n  - local: {}\n", k_gitlab_file);
    CiTexts texts;
    texts.files.push_back({std::string(k_gitlab_file), std::move(text)});
    if (has_file) {
        texts.add_to = ".gitlab-ci.yml";
        texts.lines = include;
    } else {
        texts.files.push_back({".gitlab-ci.yml", include});
    }
    return texts;
}

// ---- GitHub --------------------------------------------------------------------------------

std::string github_trigger(const InitPlan& plan) {
    std::string text = "on:\n";
    if (!all_guarded(plan)) {
        text += fmt::format("  push:\n    branches: [{}]\n", yaml_scalar(source_of(plan)));
    }
    if (any_guarded(plan)) {
        text +=
            "  workflow_dispatch:  # Actions > headway > Run workflow\n"
            "    inputs:\n"
            "      environment:\n"
            "        description: Where to promote to\n"
            "        type: choice\n"
            "        required: true\n"
            "        options:\n";
        for (const InitEnvironment& environment : plan.environments) {
            if (is_guarded(environment.name)) {
                text += fmt::format("          - {}\n", yaml_scalar(environment.name));
            }
        }
    }
    return text;
}

std::string identifier(std::string_view name) {
    std::string word(name);
    std::replace(word.begin(), word.end(), '.', '_');
    return word;
}

std::string github_job(const InitPlan& plan, const InitEnvironment& environment) {
    const std::string condition =
        is_guarded(environment.name)
            ? fmt::format("github.event_name == 'workflow_dispatch' && inputs.environment == '{}'",
                          environment.name)
            : std::string("github.event_name == 'push'");
    std::string text = fmt::format(
        "\n  promote-{}:\n"
        "    if: {}\n"
        "    runs-on: ubuntu-latest\n"
        "    environment:  # holds the secrets; its rules say who may promote\n"
        "      name: {}\n",
        identifier(environment.name), condition, yaml_scalar(environment.name));
    if (!environment.url.empty()) {
        text += fmt::format("      url: {}\n", yaml_scalar(environment.url));
    }
    text += fmt::format(
        "    concurrency: {}  # one promotion at a time\n"
        "    steps:\n"
        "      - uses: actions/checkout@v4  # for .headway.yml\n"
        "        with:\n"
        "          persist-credentials: false\n"
        "      - name: Get headway\n"
        "        run: |\n{}"
        "        env:  # variables of the repository: where your binary is kept, and its SHA-256\n"
        "          BINARY_URL: ${{{{ vars.HEADWAY_BINARY_URL }}}}\n"
        "          BINARY_SHA256: ${{{{ vars.HEADWAY_BINARY_SHA256 }}}}\n"
        "      - run: ./headway promote {} --commit \"$GITHUB_SHA\"\n"
        "        env:\n{}",
        yaml_scalar("promote-" + environment.name),
        fetch_lines("          ", "$BINARY_URL", "$BINARY_SHA256"), environment.name,
        secret_lines(plan, environment, "          {0}: ${{{{ secrets.{0} }}}}\n"));
    return text;
}

CiTexts github_texts(const InitPlan& plan) {
    std::string text = fmt::format(
        "# Promotions by headway, see .headway.yml.\n"
        "name: headway\n\n"
        "{}\n"
        "permissions:\n"
        "  contents: read  # the deployment branches are pushed with a token of their own\n\n"
        "jobs:",
        github_trigger(plan));
    for (const InitEnvironment& environment : plan.environments) {
        text += github_job(plan, environment);
    }
    return {{{".github/workflows/headway.yml", std::move(text)}}, {}, {}};
}

// ---- Azure DevOps --------------------------------------------------------------------------

/// As it stands between the quotes of an expression.
std::string in_expression(std::string_view text) {
    std::string escaped;
    for (const char letter : text) {
        escaped += letter == '\'' ? std::string("''") : std::string(1, letter);
    }
    return escaped;
}

std::string azure_stage(const InitPlan& plan, const InitEnvironment& environment) {
    std::string name = environment.name;
    std::replace_if(
        name.begin(), name.end(), [](char letter) { return letter == '-' || letter == '.'; }, '_');
    std::string text = fmt::format(
        "\n  - stage: promote_{}\n"
        "    displayName: {}\n"
        "    condition: and(succeeded(), eq(variables['Build.SourceBranch'], 'refs/heads/{}'))\n",
        name, yaml_scalar("Promote to " + environment.name), in_expression(source_of(plan)));
    if (is_guarded(environment.name)) {
        text += "    trigger: manual  # somebody starts it\n";
    }
    text += fmt::format(
        "    lockBehavior: sequential\n"
        "    jobs:\n"
        "      - deployment: promote\n"
        "        environment: {}  # its checks say who may promote\n"
        "        pool:\n"
        "          vmImage: ubuntu-latest\n"
        "        strategy:\n"
        "          runOnce:\n"
        "            deploy:\n"
        "              steps:\n"
        "                - checkout: self  # for .headway.yml\n"
        "                # Variables of the pipeline: where your binary is kept, and its SHA-256.\n"
        "                - script: |\n{}"
        "                - script: ./headway promote {} --commit $(Build.SourceVersion)\n"
        "                  env:\n{}",
        yaml_scalar(environment.name),
        fetch_lines("                    ", "$(HEADWAY_BINARY_URL)", "$(HEADWAY_BINARY_SHA256)"),
        environment.name, secret_lines(plan, environment, "                    {0}: $({0})\n"));
    return text;
}

CiTexts azure_texts(const InitPlan& plan, bool has_file) {
    const std::string include = fmt::format("stages:\n  - template: {}\n", k_azure_file);
    std::string text = fmt::format(
        "# Promotions by headway, see .headway.yml. What azure-pipelines.yml needs for it, behind\n"
        "# the stages that build and test:\n"
        "#   - template: {}\n"
        "stages:",
        k_azure_file);
    for (const InitEnvironment& environment : plan.environments) {
        text += azure_stage(plan, environment);
    }
    CiTexts texts;
    texts.files.push_back({std::string(k_azure_file), std::move(text)});
    if (has_file) {
        texts.add_to = "azure-pipelines.yml";
        texts.lines = include;
    } else {
        texts.files.push_back(
            {"azure-pipelines.yml",
             fmt::format("trigger:\n  - {}\n\n{}", yaml_scalar(source_of(plan)), include)});
    }
    return texts;
}

// ---- Bitbucket -----------------------------------------------------------------------------

std::string bitbucket_step(const InitEnvironment& environment, std::string_view indent,
                           bool manual) {
    std::string text = fmt::format(
        "{0}- step:\n"
        "{0}    name: {1}\n"
        "{0}    deployment: {2}  # one of Repository settings > Deployments; holds the token\n",
        indent, yaml_scalar("Promote to " + environment.name), yaml_scalar(environment.name));
    if (manual) {
        text += fmt::format("{}    trigger: manual  # somebody starts it\n", indent);
    }
    text += fmt::format(
        "{0}    script:\n"
        "{0}      # Repository variables: where your binary is kept, and its SHA-256.\n"
        "{0}      - curl --fail --silent --show-error --location --output headway "
        "\"$HEADWAY_BINARY_URL\"\n"
        "{0}      - echo \"$HEADWAY_BINARY_SHA256  headway\" | sha256sum --check\n"
        "{0}      - chmod +x headway\n"
        "{0}      - ./headway promote {1} --commit \"$BITBUCKET_COMMIT\"\n",
        indent, environment.name);
    return text;
}

CiTexts bitbucket_texts(const InitPlan& plan, bool has_file) {
    std::string lines = "pipelines:\n";
    if (all_guarded(plan)) {
        // The first step of a pipeline cannot be manual.
        lines += "  custom:  # Pipelines > Run pipeline\n";
        for (const InitEnvironment& environment : plan.environments) {
            lines += fmt::format("    {}:\n{}", yaml_scalar("promote-" + environment.name),
                                 bitbucket_step(environment, "      ", false));
        }
    } else {
        lines += fmt::format("  branches:\n    {}:\n", yaml_scalar(source_of(plan)));
        for (const InitEnvironment& environment : plan.environments) {
            lines += bitbucket_step(environment, "      ", is_guarded(environment.name));
        }
    }
    CiTexts texts;
    if (has_file) {
        texts.add_to = "bitbucket-pipelines.yml";
        texts.lines = lines;
    } else {
        texts.files.push_back(
            {"bitbucket-pipelines.yml", "# Promotions by headway, see .headway.yml.\n" + lines});
    }
    return texts;
}

}  // namespace

CiTexts ci_texts(const InitPlan& plan, bool has_file) {
    switch (plan.ci) {
        case CiSystem::gitlab:
            return gitlab_texts(plan, has_file);
        case CiSystem::github:
            return github_texts(plan);
        case CiSystem::azure:
            return azure_texts(plan, has_file);
        case CiSystem::bitbucket:
            return bitbucket_texts(plan, has_file);
        case CiSystem::none:
            break;
    }
    return {};
}

}  // namespace headway::cli
