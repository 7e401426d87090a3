#include "headway/configuration.hpp"

#include <algorithm>

namespace headway {

std::string SecretReference::describe() const {
    switch (source) {
        case SecretSource::environment:
            return "$" + name;
        case SecretSource::file:
            return "file " + name;
        case SecretSource::standard_input:
            break;
    }
    return "standard input";
}

const EnvironmentConfiguration* Configuration::find(std::string_view environment) const noexcept {
    const auto found =
        std::find_if(environments.begin(), environments.end(),
                     [&](const auto& candidate) { return candidate.name == environment; });
    return found == environments.end() ? nullptr : &*found;
}

}  // namespace headway
