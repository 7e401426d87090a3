#include "cli/init_texts.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace headway::cli {

namespace {

constexpr std::size_t k_comment_column = 46;

/// `text`, and a comment that stands where those above and below stand.
std::string commented(const std::string& text, std::string_view comment) {
    return fmt::format("{:<{}} # {}\n", text, k_comment_column - 2, comment);
}

std::string joined_names(const std::vector<const InitEnvironment*>& environments) {
    std::vector<std::string> names;
    names.reserve(environments.size());
    for (const InitEnvironment* environment : environments) {
        names.push_back(yaml_scalar(environment->name));
    }
    return names.size() == 1 ? names.front() : fmt::format("[{}]", fmt::join(names, ", "));
}

/// Where it answers and what a healthy new version answers there.
std::string proof_text(const InitPlan& plan, const InitEnvironment& environment) {
    if (environment.url.empty()) {
        return "    # Where it answers: then a promotion is done when the new version is proven to "
               "run.\n"
               "    # url: https://" +
               environment.name + ".example.com\n";
    }
    std::string text =
        commented("    url: " + yaml_scalar(environment.url), "where the environment answers");
    if (plan.health.empty()) {
        text +=
            "    # Health alone cannot tell the new version from the old. With a probe that can:\n"
            "    # verify: {probes: [{url: /health, json: {/version: \"${short_commit}\"}}]}\n";
        return text;
    }
    text += "    verify:\n";
    text += commented("      deadline: 5m", "how long the new version may take to appear");
    text += commented("      consecutive: 3", "so many healthy answers in a row");
    text += "      probes:\n        - name: health\n";
    text += commented("          url: " + yaml_scalar(plan.health), "a path below the url");
    if (plan.version_pointer.empty()) {
        text +=
            "          # Health alone cannot tell the new version from the old:\n"
            "          # json: {/version: \"${short_commit}\"}\n";
    } else {
        text += "          json:\n";
        text += commented(
            fmt::format("            {}: \"${{short_commit}}\"", yaml_scalar(plan.version_pointer)),
            "tells the new version from the old");
    }
    return text;
}

std::string gate_text(const InitPlan& plan, const InitEnvironment& environment) {
    const auto before = waits_for(plan, environment);
    if (before.empty()) {
        return {};
    }
    const std::string names = joined_names(before);
    const auto blind = std::find_if(before.begin(), before.end(), [](const InitEnvironment* other) {
        return other->url.empty();
    });
    if (blind != before.end()) {
        return commented(
            fmt::format("    # after: {}", names),
            fmt::format("only what is verified there; give {} a url first", (*blind)->name));
    }
    return commented(fmt::format("    after: {}", names), "only what has been verified there,") +
           commented("    # soak: 30m", "and has run there for so long");
}

std::string environment_text(const InitPlan& plan, const InitEnvironment& environment) {
    std::string text = fmt::format("  {}:\n", yaml_scalar(environment.name));
    text += commented("    branch: " + yaml_scalar(environment.branch), "what it deploys from");
    text += commented(fmt::format("    token: {{env: {}}}", token_variable(environment.name)),
                      "the variable that holds the token");
    text += proof_text(plan, environment);
    text += gate_text(plan, environment);
    if (is_guarded(environment.name)) {
        text += commented("    # on_unhealthy: rollback",
                          "when it does not run: fail, hold or rollback");
    }
    return text;
}

}  // namespace

std::string yaml_scalar(std::string_view text) {
    constexpr std::array<std::string_view, 9> k_words{"true", "false", "null", "yes", "no",
                                                      "on",   "off",   "y",    "n"};
    const auto is_plain = [](char letter) {
        constexpr std::string_view k_signs = "/._-+=$";
        return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
               (letter >= '0' && letter <= '9') || k_signs.find(letter) != std::string_view::npos;
    };
    const auto starts_plainly = [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
               letter == '/' || letter == '_';
    };
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    // A URL's "://" and ":8443" are no mapping: only ": " is one.
    const bool url = text.starts_with("https://") || text.starts_with("http://");
    const bool plain =
        !text.empty() && starts_plainly(text.front()) &&
        std::all_of(text.begin(), text.end(),
                    [&](char letter) { return is_plain(letter) || (url && letter == ':'); }) &&
        text.back() != ':' && std::find(k_words.begin(), k_words.end(), lower) == k_words.end();
    if (plain) {
        return std::string(text);
    }
    std::string quoted = "\"";
    for (const char letter : text) {
        if (letter >= '\0' && letter < ' ') {
            quoted += fmt::format("\\x{:02x}", static_cast<unsigned>(letter));
            continue;
        }
        if (letter == '"' || letter == '\\') {
            quoted += '\\';
        }
        quoted += letter;
    }
    return quoted + '"';
}

std::string configuration_text(const InitPlan& plan) {
    const std::string source = plan.source.empty() ? "the source branch" : plan.source;
    std::string text = fmt::format(
        "# headway brings what is on {} to the branches that the environments deploy from.\n"
        "# What holds where, and why: headway promote ENV --dry-run\n\n",
        source);
    text += "# The repository, without a token.\n";
    text += plan.remote.empty() ? "# remote: https://git.example.com/group/app.git\n"
                                : fmt::format("remote: {}\n", yaml_scalar(plan.remote));
    text += "# The branch that promotions come from.\n";
    text += plan.source.empty() ? "# source: main\n"
                                : fmt::format("source: {}\n", yaml_scalar(plan.source));
    text += "\n# In the order of promotion. Nobody but headway's token pushes to these branches.\n";
    text += "environments:\n";
    bool first = true;
    for (const InitEnvironment& environment : plan.environments) {
        text += first ? "" : "\n";
        first = false;
        text += environment_text(plan, environment);
    }
    text += "\n# Who is told.\n";
    text +=
        plan.slack_variable.empty()
            ? "# notify: {slack: {webhook: {env: SLACK_WEBHOOK}}}\n"
            : fmt::format("notify:\n  slack:\n{}",
                          commented(fmt::format("    webhook: {{env: {}}}", plan.slack_variable),
                                    "the variable that holds the webhook's address"));
    return text;
}

}  // namespace headway::cli
