#include "headway/configuration.hpp"

#include <algorithm>
#include <array>

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

bool names_version(std::string_view text) noexcept {
    constexpr std::array<std::string_view, 3> k_templates{"${commit}", "${short_commit}", "${tag}"};
    return std::any_of(k_templates.begin(), k_templates.end(), [&](std::string_view name) {
        return text.find(name) != std::string_view::npos;
    });
}

}  // namespace

bool Expectation::proves_version() const noexcept {
    return names_version(text);
}

bool ProbeConfiguration::proves_version() const noexcept {
    const auto any = [](const std::vector<Expectation>& expectations) {
        return std::any_of(expectations.begin(), expectations.end(),
                           [](const Expectation& one) { return one.proves_version(); });
    };
    return names_version(url) || any(json) || any(answer_headers) || any(answer_body);
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
