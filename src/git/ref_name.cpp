#include "git/ref_name.hpp"

#include <algorithm>
#include <cstdint>

namespace headway::git {

namespace {

constexpr std::string_view k_forbidden = " ~^:?*[\\\x7F";

bool is_component(std::string_view component) noexcept {
    return !component.empty() && component.front() != '.' && !component.ends_with(".lock");
}

bool is_allowed(char letter) noexcept {
    return static_cast<std::uint8_t>(letter) >= 0x20 &&
           k_forbidden.find(letter) == std::string_view::npos;
}

}  // namespace

bool is_ref_name(std::string_view name) noexcept {
    if (name.empty() || name.size() > k_max_ref_name || name == "@" || name.back() == '.' ||
        name.find("..") != std::string_view::npos || name.find("@{") != std::string_view::npos ||
        !std::all_of(name.begin(), name.end(), is_allowed)) {
        return false;
    }
    while (true) {
        const auto slash = name.find('/');
        if (!is_component(name.substr(0, slash))) {
            return false;
        }
        if (slash == std::string_view::npos) {
            return true;
        }
        name.remove_prefix(slash + 1);
    }
}

}  // namespace headway::git
