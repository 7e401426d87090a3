#include "config/sources.hpp"

#include <utility>

#include <fmt/format.h>

#include "config/values.hpp"
#include "headway/text.hpp"

namespace headway::config {

Text from_variable(const Variables& variables, std::string_view name) {
    auto text = variables(name);
    if (!text || trimmed(*text).empty()) {
        return std::nullopt;
    }
    const Origin origin{std::string(name)};
    if (!variable_in(*text).empty()) {
        refuse(origin, fmt::format("{} was never expanded", in_quotes(*text)),
               "GitLab leaves \"$NAME\" as it is when NAME is not set in this job",
               {fmt::format("set that variable, or unset {}", name)});
    }
    return Setting<std::string>{std::move(*text), origin};
}

Text given(const std::optional<std::string>& flag, std::string_view name,
           const Variables& variables) {
    if (flag) {
        const Origin origin{std::string(name)};
        if (trimmed(*flag).empty()) {
            refuse(origin, "the flag has no value", {}, {"give it a value, or leave it out"});
        }
        return Setting<std::string>{*flag, origin};
    }
    std::string variable = "HEADWAY_";
    for (const char letter : name.substr(2)) {
        variable += letter == '-' ? '_' : static_cast<char>(letter - 'a' + 'A');
    }
    return from_variable(variables, variable);
}

std::vector<Setting<std::string>> given_lines(const std::vector<std::string>& flag,
                                              std::string_view name, const Variables& variables) {
    std::vector<Setting<std::string>> list;
    list.reserve(flag.size());
    for (const std::string& one : flag) {
        list.push_back(*given(one, name, variables));
    }
    const Text text = list.empty() ? given(std::nullopt, name, variables) : Text{};
    for (const std::string& line : text ? lines_of(text->value) : std::vector<std::string>{}) {
        if (!trimmed(line).empty()) {
            list.push_back({std::string(trimmed(line)), text->origin});
        }
    }
    return list;
}

Text from_ci(const Variables& variables, std::string_view name) {
    const auto text = variables(name);
    if (!text || trimmed(*text).empty() || !variable_in(*text).empty()) {
        return std::nullopt;
    }
    return Setting<std::string>{std::string(trimmed(*text)), {std::string(name)}};
}

void refuse_second(const Origin& first, const Origin& second) {
    refuse(second, fmt::format("{} is given as well", first.text), "a secret comes from one place",
           {"keep one of the two"});
}

std::optional<SecretReference> given_secret(const std::optional<std::string>& env_flag,
                                            std::string_view env_name,
                                            const std::optional<std::string>& file_flag,
                                            std::string_view file_name,
                                            const Variables& variables) {
    const bool flagged = env_flag || file_flag;
    const Variables none = [](std::string_view) { return std::optional<std::string>{}; };
    const Text env = given(env_flag, env_name, flagged ? none : variables);
    const Text file = given(file_flag, file_name, flagged ? none : variables);
    if (env && file) {
        refuse_second(env->origin, file->origin);
    }
    if (env) {
        return SecretReference{SecretSource::environment, checked_variable(env->value, env->origin),
                               env->origin};
    }
    if (file) {
        return SecretReference{SecretSource::file, checked_secret_path(file->value, file->origin),
                               file->origin};
    }
    return std::nullopt;
}

}  // namespace headway::config
