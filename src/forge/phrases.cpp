#include "forge/phrases.hpp"

#include <fmt/format.h>

#include "headway/text.hpp"

namespace headway::forge {

namespace {

constexpr std::size_t k_longest_quote = 300;
constexpr std::string_view k_branches = "refs/heads/";
constexpr std::string_view k_headway_refs = "refs/headway/";

std::string branch_phrase(std::string_view ref) {
    if (ref.empty()) {
        return "the branch";
    }
    return std::string(ref.starts_with(k_branches) ? ref.substr(k_branches.size()) : ref);
}

std::string token_phrase(std::string_view name) {
    if (name.empty()) {
        return "the token";
    }
    if (name.starts_with("file ")) {
        return fmt::format("the token in {}", name);
    }
    return name.starts_with('$') ? std::string(name) : fmt::format("the token from {}", name);
}

std::string token_setting(std::string_view environment) {
    return environment.empty()
               ? "token: {env: NAME} in .headway.yml"
               : fmt::format("token: {{env: NAME}} below environments: {}: in .headway.yml",
                             environment);
}

}  // namespace

std::string Phrases::fill(std::string_view pattern) const {
    return fmt::format(
        fmt::runtime(pattern), fmt::arg("branch", branch), fmt::arg("bot", bot),
        fmt::arg("token", token), fmt::arg("place", place), fmt::arg("remote", remote),
        fmt::arg("token_setting", token_setting), fmt::arg("identity_setting", identity_setting),
        fmt::arg("create_token", create_token), fmt::arg("said", said), fmt::arg("status", status));
}

Phrases phrases_for(const Dialect& dialect, const RefusalContext& context, std::string_view quote,
                    int status) {
    Phrases phrases;
    phrases.branch = branch_phrase(context.ref);
    phrases.token = token_phrase(context.token_name);
    phrases.bot = context.token_name.empty() ? "the account that pushes"
                                             : fmt::format("the bot of {}", phrases.token);
    phrases.place = context.token_name.empty() ? "a CI variable" : context.token_name;
    phrases.remote = context.remote.empty() ? "the remote" : context.remote;
    phrases.token_setting = token_setting(context.environment);
    phrases.identity_setting =
        "identity: {name: NAME, email: EMAIL} in .headway.yml: an author whom the server accepts";
    phrases.create_token = dialect.create_token;
    const std::string safe_quote = printable(quote, k_longest_quote);
    if (!safe_quote.empty()) {
        phrases.said = fmt::format(" (the server said: \"{}\")", safe_quote);
    }
    phrases.status = status;
    return phrases;
}

bool is_ledger_ref(std::string_view ref) noexcept {
    return ref.starts_with(k_headway_refs);
}

}  // namespace headway::forge
