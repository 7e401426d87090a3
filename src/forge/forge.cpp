#include "forge/forge.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "forge/dialect.hpp"
#include "forge/explain.hpp"
#include "forge/links.hpp"
#include "headway/text.hpp"

namespace headway::forge {

std::span<const Dialect* const> all_dialects() noexcept {
    static const std::array k_all{&gitlab(),    &github(), &azure_devops(),
                                  &bitbucket(), &gitea(),  &git_server()};
    return k_all;
}

namespace {

bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

/// Percent-encoded but for its slashes.
std::string encoded_path(std::string_view text) {
    std::string path;
    for (const char letter : text) {
        path += letter == '/' ? std::string(1, letter) : percent_encode({&letter, 1});
    }
    return path;
}

/// The word of `line` that is a web address and ends in `mark` and a number. What a server offers
/// where it opened nothing ("…/merge_requests/new?…") is none.
std::string merge_request_in(std::string_view line, std::string_view mark) {
    constexpr std::size_t k_longest = 500;
    while (!mark.empty() && !line.empty()) {
        const auto space = std::min(line.find(' '), line.size());
        const std::string_view word = line.substr(0, space);
        line.remove_prefix(std::min(space + 1, line.size()));
        const auto at = word.rfind(mark);
        if (word.size() > k_longest || web_host(word).empty() || at == std::string_view::npos) {
            continue;
        }
        const std::string_view number = word.substr(at + mark.size());
        if (!number.empty() && std::all_of(number.begin(), number.end(), is_digit)) {
            return std::string(word);
        }
    }
    return {};
}

/// One forge at one address: a dialect's table and where its links begin.
class TableForge final : public Forge {
public:
    TableForge(const Dialect& dialect, std::string base)
        : m_dialect(dialect), m_base(std::move(base)) {}

    [[nodiscard]] std::string_view name() const noexcept override { return m_dialect.name; }

    [[nodiscard]] std::string_view token_user() const noexcept override {
        return m_dialect.token_user;
    }

    [[nodiscard]] Diagnosis explain(const ServerWords& words,
                                    const RefusalContext& context) const override {
        return forge::explain(m_dialect, words, context);
    }

    [[nodiscard]] std::string commit_url(const ObjectId& commit) const override {
        if (m_base.empty() || m_dialect.commit_link.empty() || commit.is_null()) {
            return {};
        }
        return fmt::format(fmt::runtime(m_dialect.commit_link), fmt::arg("base", m_base),
                           fmt::arg("commit", commit.hex()));
    }

    [[nodiscard]] std::string compare_url(const ObjectId& from, const ObjectId& to) const override {
        if (m_base.empty() || m_dialect.compare_link.empty() || from.is_null() || to.is_null()) {
            return {};
        }
        return fmt::format(fmt::runtime(m_dialect.compare_link), fmt::arg("base", m_base),
                           fmt::arg("from", from.hex()), fmt::arg("to", to.hex()));
    }

    [[nodiscard]] std::vector<std::string> merge_request_options(
        const MergeRequest& request) const override {
        std::vector<std::string> options;
        for (const std::string_view option : m_dialect.merge_request_options) {
            options.push_back(fmt::format(fmt::runtime(option), fmt::arg("target", request.target),
                                          fmt::arg("title", request.title),
                                          fmt::arg("description", request.description)));
        }
        return options;
    }

    [[nodiscard]] std::string merge_request_url(
        const std::vector<std::string>& messages) const override {
        for (const std::string& message : messages) {
            if (auto url = merge_request_in(message, m_dialect.merge_request_mark); !url.empty()) {
                return url;
            }
        }
        return {};
    }

    [[nodiscard]] std::string_view merge_request_word() const noexcept override {
        return m_dialect.merge_request_word;
    }

    [[nodiscard]] std::string new_merge_request_url(const MergeRequest& request) const override {
        if (m_base.empty() || m_dialect.new_merge_request_link.empty()) {
            return {};
        }
        return fmt::format(fmt::runtime(m_dialect.new_merge_request_link), fmt::arg("base", m_base),
                           fmt::arg("source", percent_encode(request.source)),
                           fmt::arg("target", percent_encode(request.target)),
                           fmt::arg("source_path", encoded_path(request.source)),
                           fmt::arg("target_path", encoded_path(request.target)));
    }

private:
    const Dialect& m_dialect;
    std::string m_base;  ///< Empty: not on the web.
};

bool matches(const HostRule& rule, std::string_view host) {
    if (rule.host.starts_with('.')) {
        return host.ends_with(rule.host);
    }
    return rule.host.ends_with('.') ? host.starts_with(rule.host) : host == rule.host;
}

const Dialect* known_by_host(std::string_view host, Certainty certainty) {
    for (const Dialect* dialect : all_dialects()) {
        const bool known =
            std::any_of(dialect->hosts.begin(), dialect->hosts.end(), [&](const HostRule& rule) {
                return rule.certainty == certainty && matches(rule, host);
            });
        if (known) {
            return dialect;
        }
    }
    return nullptr;
}

const Dialect& known_by_name(std::string_view configured) {
    std::string name(configured);
    std::transform(name.begin(), name.end(), name.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    std::vector<std::string> names;
    for (const Dialect* dialect : all_dialects()) {
        if (name == dialect->name || (!name.empty() && name == dialect->other_name)) {
            return *dialect;
        }
        names.emplace_back(dialect->name);
    }
    const std::string near = nearest(name, names);
    throw Error(ExitCode::usage, fmt::format("there is no forge \"{}\"", printable(configured, 80)),
                fmt::format("headway knows {}", fmt::join(names, ", ")),
                near.empty() ? std::vector<std::string>{}
                             : std::vector<std::string>{fmt::format("{}", near)});
}

const Dialect& dialect_for(std::string_view remote_url, std::string_view configured_name) {
    const std::string host = web_host(remote_url);
    const Dialect* const configured =
        configured_name.empty() ? nullptr : &known_by_name(configured_name);
    if (const Dialect* const sure = known_by_host(host, Certainty::public_service)) {
        return *sure;
    }
    if (configured != nullptr) {
        return *configured;
    }
    const Dialect* const likely = known_by_host(host, Certainty::telling_name);
    return likely != nullptr ? *likely : git_server();
}

}  // namespace

std::unique_ptr<Forge> forge_for(std::string_view remote_url, std::string_view configured_name) {
    return std::make_unique<TableForge>(dialect_for(remote_url, configured_name),
                                        web_base(remote_url));
}

}  // namespace headway::forge
