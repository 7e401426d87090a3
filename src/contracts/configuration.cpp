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

namespace {

bool names_commit(std::string_view text) noexcept {
    return text.find("${commit}") != std::string_view::npos ||
           text.find("${short_commit}") != std::string_view::npos;
}

}  // namespace

bool ProbeConfiguration::proves_version() const noexcept {
    return names_commit(url) || std::any_of(json.begin(), json.end(), [](const auto& expectation) {
               return names_commit(expectation.second);
           });
}

bool VerifyConfiguration::proves_version() const noexcept {
    return std::any_of(probes.begin(), probes.end(),
                       [](const auto& probe) { return probe.proves_version(); });
}

const EnvironmentConfiguration* Configuration::find(std::string_view environment) const noexcept {
    const auto found =
        std::find_if(environments.begin(), environments.end(),
                     [&](const auto& candidate) { return candidate.name == environment; });
    return found == environments.end() ? nullptr : &*found;
}

}  // namespace headway
