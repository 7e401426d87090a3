#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "config/values.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

constexpr std::size_t k_max_branch = 240;
constexpr std::size_t k_max_environment = 100;
constexpr std::size_t k_max_identity = 200;

bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}
bool is_alphanumeric(char letter) {
    return is_digit(letter) || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

bool is_printable_text(std::string_view text) {
    // Framed, as spaces at the end would not come back.
    const std::string framed = fmt::format("|{}|", text);
    return framed.find('\t') == std::string::npos &&
           printable(framed, std::numeric_limits<std::size_t>::max()) == framed;
}

bool is_variable_name(std::string_view text) {
    return !text.empty() && !is_digit(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [](char letter) { return is_alphanumeric(letter) || letter == '_'; });
}

}  // namespace

std::string_view variable_in(std::string_view text) {
    if (text.size() < 2 || text.front() != '$') {
        return {};
    }
    text.remove_prefix(1);
    if (text.front() == '{' && text.back() == '}') {
        text = text.substr(1, text.size() - 2);
    }
    return is_variable_name(text) ? text : std::string_view{};
}

namespace {

constexpr std::string_view k_heads = "refs/heads/";

/// What git-check-ref-format(1) and `git branch` forbid; empty: nothing.
std::string branch_fault(std::string_view name) {
    constexpr std::string_view k_forbidden = " ~^:?*[\\";
    if (name.empty()) {
        return "a branch's name is not empty";
    }
    if (name.size() > k_max_branch) {
        return fmt::format("a branch's name has at most {} bytes here", k_max_branch);
    }
    if (!is_printable_text(name)) {
        return "a branch's name has no control characters and is UTF-8";
    }
    const auto bad = name.find_first_of(k_forbidden);
    if (bad != std::string_view::npos) {
        return fmt::format("a branch's name has no '{}'", name[bad]);
    }
    if (name.find("..") != std::string_view::npos) {
        return "a branch's name has no \"..\"";
    }
    if (name.find("@{") != std::string_view::npos || name == "@" || name == "HEAD") {
        return "\"@\", \"@{\" and \"HEAD\" mean something else to git";
    }
    if (name.front() == '-') {
        return "a branch's name does not begin with '-'";
    }
    if (name.back() == '.') {
        return "a branch's name does not end with '.'";
    }
    while (true) {
        const std::string_view part = name.substr(0, name.find('/'));
        if (part.empty()) {
            return "a branch's name has no '/' at either end and none after another";
        }
        if (part.front() == '.') {
            return "no part of a branch's name begins with '.'";
        }
        if (part.ends_with(".lock")) {
            return "no part of a branch's name ends with \".lock\"";
        }
        if (part.size() == name.size()) {
            return {};
        }
        name.remove_prefix(part.size() + 1);
    }
}

}  // namespace

std::string checked_branch(std::string_view text, const Origin& origin) {
    std::string_view name = text;
    if (name.starts_with(k_heads)) {
        name.remove_prefix(k_heads.size());
    } else if (name.starts_with("refs/")) {
        refuse(origin, fmt::format("{} is not a branch", in_quotes(text)),
               "headway moves branches: refs below refs/heads/", {"write the branch's name alone"});
    }
    const std::string fault = branch_fault(name);
    if (!fault.empty()) {
        refuse(origin, fmt::format("{} is not a branch name", in_quotes(text)), fault);
    }
    return std::string(name);
}

std::string checked_environment(std::string_view text, const Origin& origin) {
    const bool letters = std::all_of(text.begin(), text.end(), [](char letter) {
        return is_alphanumeric(letter) || letter == '_' || letter == '.' || letter == '-';
    });
    if (text.empty() || !letters || !is_alphanumeric(text.front()) ||
        text.size() > k_max_environment) {
        refuse(origin, fmt::format("{} is not an environment name", in_quotes(text)),
               fmt::format("a name begins with a letter or digit, goes on with letters, digits, "
                           "'_', '.' and '-', and has at most {} bytes",
                           k_max_environment));
    }
    if (text.find("..") != std::string_view::npos || text.back() == '.' ||
        text.ends_with(".lock")) {
        refuse(origin, fmt::format("{} is not an environment name", in_quotes(text)),
               "it becomes part of the ledger's ref, where git allows no \"..\", no '.' at the end "
               "and no \".lock\" at the end");
    }
    return std::string(text);
}

LedgerConfiguration ledger_on_branch(std::string_view name, const Origin& origin) {
    return {LedgerPlace::branch, fmt::format("refs/heads/{}/", checked_branch(name, origin)),
            origin};
}

LedgerConfiguration checked_ledger(std::string_view text, const Origin& origin) {
    constexpr std::string_view k_branch = "branch:";
    if (text == "refs") {
        LedgerConfiguration ledger;
        ledger.origin = origin;
        return ledger;
    }
    if (text == "off") {
        return {LedgerPlace::off, "", origin};
    }
    if (text.starts_with(k_branch)) {
        return ledger_on_branch(text.substr(k_branch.size()), origin);
    }
    refuse(origin, fmt::format("{} is not a place for the ledger", in_quotes(text)), {},
           {"refs (the default), off, or branch:NAME; in the file {branch: NAME}"});
}

namespace {

std::string checked_identity(std::string_view text, std::string_view what, const Origin& origin) {
    if (trimmed(text).empty() || text.size() > k_max_identity || !is_printable_text(text) ||
        text.find_first_of("<>") != std::string_view::npos) {
        refuse(origin, fmt::format("{} is not an {}", in_quotes(text), what),
               fmt::format("git wants 1 to {} bytes without '<', '>' and control characters",
                           k_max_identity));
    }
    return std::string(trimmed(text));
}

}  // namespace

std::string checked_user(std::string_view text, const Origin& origin) {
    constexpr std::size_t k_most = 255;
    if (text.empty() || text.size() > k_most || text.find(':') != std::string_view::npos ||
        printable(text, k_most) != text) {
        refuse(origin, fmt::format("{} is no user name", in_quotes(text)),
               "it has 1 to 255 printable bytes and no colon (RFC 7617)", {"token_user: deploy"});
    }
    return std::string(text);
}

std::string checked_identity_name(std::string_view text, const Origin& origin) {
    return checked_identity(text, "author's name", origin);
}

std::string checked_identity_email(std::string_view text, const Origin& origin) {
    std::string email = checked_identity(text, "e-mail address", origin);
    const auto at = email.find('@');
    if (at == 0 || at == std::string::npos || at + 1 == email.size() ||
        email.find(' ') != std::string::npos) {
        refuse(origin, fmt::format("{} is not an e-mail address", in_quotes(text)), {},
               {"headway@noreply.example.com"});
    }
    return email;
}

std::string checked_variable(std::string_view text, const Origin& origin) {
    if (!is_variable_name(text) || looks_like_secret(text)) {
        refuse(origin, "this is not the name of an environment variable",
               "a name has letters, digits and '_' and no digit in front; the text is not shown, "
               "as it may be the secret itself",
               {"give the variable's name, without '$', and the secret as its value"});
    }
    return std::string(text);
}

std::string checked_secret_path(std::string_view text, const Origin& origin) {
    if (looks_like_secret(text) || !is_printable_text(text) || trimmed(text).empty()) {
        refuse(origin, "this is not the path of a file",
               "the text is not shown, as it may be the secret itself",
               {"give the path of the file that holds the secret, or $NAME of a file variable"});
    }
    return std::string(text);
}

}  // namespace headway::config
