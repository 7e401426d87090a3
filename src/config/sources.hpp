#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

/// Flags and variables as they come, before they are checked.
namespace headway::config {

/// A text and where it comes from; or nothing was said.
using Text = std::optional<Setting<std::string>>;

/// A HEADWAY_ variable that is set and not empty.
[[nodiscard]] Text from_variable(const Variables& variables, std::string_view name);

/// What a flag or, without it, its variable says: "--token-env" has HEADWAY_TOKEN_ENV.
[[nodiscard]] Text given(const std::optional<std::string>& flag, std::string_view name,
                         const Variables& variables);

/// What a flag that can be repeated says, as it is; or, without it, the lines of its variable,
/// without spaces around them. Blank lines do not count.
[[nodiscard]] std::vector<Setting<std::string>> given_lines(const std::vector<std::string>& flag,
                                                            std::string_view name,
                                                            const Variables& variables);

/// A CI server's variable; one that was never expanded counts as not set, as in a dynamic
/// `environment:url`.
[[nodiscard]] Text from_ci(const Variables& variables, std::string_view name);

/// The reference that a pair of flags makes or, when neither flag is there, their variables.
[[nodiscard]] std::optional<SecretReference> given_secret(
    const std::optional<std::string>& env_flag, std::string_view env_name,
    const std::optional<std::string>& file_flag, std::string_view file_name,
    const Variables& variables);

/// Refuses a secret that two sources name.
[[noreturn]] void refuse_second(const Origin& first, const Origin& second);

template <typename Value, typename Check>
[[nodiscard]] std::optional<Setting<Value>> checked(const Text& text, Check check) {
    if (!text) {
        return std::nullopt;
    }
    return Setting<Value>{check(text->value, text->origin), text->origin};
}

template <typename Value>
void override_with(Setting<Value>& target, const std::optional<Setting<Value>>& source) {
    if (source) {
        target = *source;
    }
}

}  // namespace headway::config
