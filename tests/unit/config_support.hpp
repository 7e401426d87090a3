#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/config.hpp"
#include "headway/error.hpp"

namespace headway::config::testing {

/// A failure as the user reads it, or "no failure". Its exit code is part of the text when it is
/// not the one of usage.
template <typename Action>
std::string failure(Action&& action) {
    try {
        action();
    } catch (const Error& error) {
        std::string text = error.what();
        if (error.code() != ExitCode::usage) {
            text += " [exit " + std::to_string(static_cast<int>(error.code())) + "]";
        }
        if (!error.because().empty()) {
            text += "\n  because: " + error.because();
        }
        for (const auto& hint : error.hints()) {
            text += "\n  try: " + hint;
        }
        return text;
    }
    return "no failure";
}

inline std::string parse_failure(std::string_view text) {
    return failure([&] { static_cast<void>(parse_file(text, "f.yml")); });
}

/// Variables that are only these.
inline Variables variables(std::map<std::string, std::string, std::less<>> values = {}) {
    return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
        const auto found = values.find(name);
        return found == values.end() ? std::nullopt : std::optional(found->second);
    };
}

}  // namespace headway::config::testing
