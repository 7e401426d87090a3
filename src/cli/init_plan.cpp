#include "cli/init_plan.hpp"

#include <algorithm>
#include <optional>

#include "config/values.hpp"
#include "headway/error.hpp"

namespace headway::cli {

namespace {

constexpr std::array<std::string_view, 8> k_prefixes{
    "_gitlab/agents/", "deploy/",      "deployment/",  "deployments/", "env/",
    "envs/",           "environment/", "environments/"};

/// Branches that are environments by their names alone.
constexpr std::array<std::string_view, 14> k_names{
    "development",    "dev",           "testing",    "qa",         "integration",
    "staging",        "stage",         "uat",        "acceptance", "preprod",
    "pre-production", "preproduction", "production", "prod"};

struct TierWord {
    std::string_view word;
    Tier tier;
};

constexpr std::array<TierWord, 18> k_tier_words{{
    {"development", Tier::development},
    {"dev", Tier::development},
    {"test", Tier::test},
    {"testing", Tier::test},
    {"qa", Tier::test},
    {"integration", Tier::test},
    {"staging", Tier::staging},
    {"stage", Tier::staging},
    {"stg", Tier::staging},
    {"uat", Tier::acceptance},
    {"acceptance", Tier::acceptance},
    {"preprod", Tier::acceptance},
    {"preproduction", Tier::acceptance},
    {"pre", Tier::acceptance},
    {"production", Tier::production},
    {"prod", Tier::production},
    {"prd", Tier::production},
    {"live", Tier::production},
}};

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return result;
}

std::vector<std::string> words_of(std::string_view name) {
    std::vector<std::string> words(1);
    for (const char letter : lower(name)) {
        if (letter == '-' || letter == '_' || letter == '.') {
            words.emplace_back();
        } else {
            words.back() += letter;
        }
    }
    return words;
}

std::optional<Tier> tier_of_word(const std::string& word) {
    const auto* const found =
        std::find_if(k_tier_words.begin(), k_tier_words.end(),
                     [&](const TierWord& entry) { return entry.word == word; });
    return found == k_tier_words.end() ? std::nullopt : std::optional(found->tier);
}

/// The name without the words that make its tier: "eu" of "production-eu".
std::vector<std::string> place_of(std::string_view name) {
    std::vector<std::string> words = words_of(name);
    std::erase_if(words, [](const std::string& word) { return tier_of_word(word).has_value(); });
    return words;
}

/// The environment that deploys from the branch, by the branch's name.
std::optional<std::string> name_of(std::string_view branch) {
    std::string name;
    for (const std::string_view prefix : k_prefixes) {
        if (branch.starts_with(prefix)) {
            name = branch.substr(prefix.size());
            break;
        }
    }
    if (name.empty() && std::find(k_names.begin(), k_names.end(), lower(branch)) != k_names.end()) {
        name = branch;
    }
    std::replace(name.begin(), name.end(), '/', '-');
    if (name.empty() || lower(name).starts_with("release")) {
        return std::nullopt;
    }
    try {
        return config::checked_environment(name, {});
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace

Tier tier_of(std::string_view environment) {
    std::optional<Tier> tier;
    for (const std::string& word : words_of(environment)) {
        const auto found = tier_of_word(word);
        // "pre" in "pre-production", "staging" in "staging-prod-like": the first word decides.
        tier = tier ? tier : found;
    }
    return tier.value_or(Tier::other);
}

bool is_guarded(std::string_view environment) {
    const Tier tier = tier_of(environment);
    return tier == Tier::acceptance || tier == Tier::production;
}

void put_in_order(std::vector<InitEnvironment>& environments) {
    std::stable_sort(environments.begin(), environments.end(),
                     [](const InitEnvironment& left, const InitEnvironment& right) {
                         return tier_of(left.name) < tier_of(right.name);
                     });
}

std::vector<InitEnvironment> environments_in(const std::vector<std::string>& branches,
                                             std::string_view source) {
    std::vector<std::string> sorted = branches;
    // A branch below a prefix is meant for deployments; it goes before one that is just called so.
    std::sort(sorted.begin(), sorted.end(), [](const std::string& left, const std::string& right) {
        const bool deep = left.find('/') != std::string::npos;
        const bool other_deep = right.find('/') != std::string::npos;
        return deep != other_deep ? deep : left < right;
    });
    std::vector<InitEnvironment> environments;
    for (const std::string& branch : sorted) {
        const auto name = branch == source ? std::nullopt : name_of(branch);
        const bool known = name && std::any_of(environments.begin(), environments.end(),
                                               [&](const InitEnvironment& environment) {
                                                   return environment.name == *name;
                                               });
        if (name && !known) {
            environments.push_back({*name, branch, {}});
        }
    }
    put_in_order(environments);
    return environments;
}

std::vector<const InitEnvironment*> waits_for(const InitPlan& plan,
                                              const InitEnvironment& environment) {
    std::vector<const InitEnvironment*> before;
    if (!is_guarded(environment.name)) {
        return before;
    }
    const Tier own = tier_of(environment.name);
    std::optional<Tier> nearest;
    for (const InitEnvironment& other : plan.environments) {
        const Tier tier = tier_of(other.name);
        if (tier == Tier::other || tier >= own) {
            continue;
        }
        if (!nearest || tier > *nearest) {
            nearest = tier;
            before.clear();
        }
        if (tier == *nearest) {
            before.push_back(&other);
        }
    }
    const auto place = place_of(environment.name);
    const auto namesake =
        std::find_if(before.begin(), before.end(), [&](const InitEnvironment* other) {
            return !place.empty() && place_of(other->name) == place;
        });
    if (namesake != before.end()) {
        before = {*namesake};
    }
    return before;
}

CiSystem ci_system_of(const InitFacts& facts) {
    CiSystem of_forge = CiSystem::none;
    for (const CiSystemWords& words : k_ci_systems) {
        if (words.forge == facts.forge) {
            of_forge = words.system;
        }
    }
    const auto& files = facts.ci_files;
    const bool forge_has_file = std::find(files.begin(), files.end(), of_forge) != files.end();
    return files.empty() || forge_has_file ? of_forge : files.front();
}

std::string token_variable(std::string_view environment) {
    std::string name;
    for (const char letter : environment) {
        const bool small = letter >= 'a' && letter <= 'z';
        const bool plain = (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
        name += small ? static_cast<char>(letter - 'a' + 'A') : plain ? letter : '_';
    }
    if (!name.empty() && name.front() >= '0' && name.front() <= '9') {
        name.insert(0, "ENV_");
    }
    return name + "_PUSH_TOKEN";
}

}  // namespace headway::cli
