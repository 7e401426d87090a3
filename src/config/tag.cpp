#include "config/tag.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/sources.hpp"
#include "config/values.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

constexpr std::string_view k_tags = "refs/tags/";

/// What of git-check-ref-format(1) keeps a tag from being something else.
std::string checked_tag(std::string_view text, const Origin& origin) {
    constexpr std::size_t k_longest = 240;
    constexpr std::string_view k_forbidden = " ~^:?*[\\";
    const std::string_view name =
        text.starts_with(k_tags) ? text.substr(k_tags.size()) : trimmed(text);
    if (name.empty() || name.size() > k_longest || printable(name, k_longest) != name ||
        name.find_first_of(k_forbidden) != name.npos || name.front() == '-' ||
        name.find("..") != name.npos || looks_like_secret(name)) {
        refuse(origin, fmt::format("{} is not a tag's name", in_quotes(text)),
               "git allows no spaces, control characters, \"..\" and none of ~^:?*[\\ in it",
               {"--tag v1.2.3"});
    }
    return std::string(name);
}

bool names_tag(std::string_view text) {
    return text.find("${tag}") != std::string_view::npos;
}

bool names_tag(const ProbeConfiguration& probe) {
    const auto any = [](const std::vector<Expectation>& expectations) {
        return std::any_of(expectations.begin(), expectations.end(),
                           [](const Expectation& one) { return names_tag(one.text); });
    };
    return names_tag(probe.url) || names_tag(probe.body.text) || any(probe.json) ||
           any(probe.answer_headers) || any(probe.answer_body) ||
           std::any_of(probe.headers.begin(), probe.headers.end(),
                       [](const ProbeHeader& header) { return names_tag(header.value.text); });
}

}  // namespace

Setting<std::string> resolve_tag(const Flags& flags, const Variables& variables,
                                 const CiFacts& ci) {
    if (const Text text = given(flags.tag, "--tag", variables)) {
        return *checked<std::string>(text, checked_tag);
    }
    return ci.tag.value.empty() ? ci.tag : *checked<std::string>(ci.tag, checked_tag);
}

void require_tag(const Configuration& configuration, const EnvironmentConfiguration& environment) {
    if (!configuration.tag.value.empty()) {
        return;
    }
    for (const ProbeConfiguration& probe : environment.verify.probes) {
        if (names_tag(probe)) {
            refuse(probe.origin, "no tag is known for ${tag}",
                   fmt::format("the probe {} names it, and there is no --tag, HEADWAY_TAG or "
                               "CI_COMMIT_TAG",
                               in_quotes(probe.name)),
                   {"--tag TAG", "run it in a pipeline of a tag, where GitLab sets CI_COMMIT_TAG"});
        }
    }
}

}  // namespace headway::config
