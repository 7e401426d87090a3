#include "git/redirect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "headway/text.hpp"

namespace headway::git {

namespace {

constexpr std::string_view k_info_refs = "/info/refs";

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return result;
}

/// An http URL in its parts (RFC 3986, section 3). The port is always there.
struct Parts {
    std::string scheme;
    std::string host;
    std::string port;
    bool has_user = false;
    std::string_view path;
    std::string_view query;
};

Parts take_apart(std::string_view url) {
    Parts parts;
    const auto scheme_end = url.find("://");
    if (scheme_end == std::string_view::npos) {
        return parts;
    }
    parts.scheme = lower(url.substr(0, scheme_end));
    url.remove_prefix(scheme_end + 3);
    url = url.substr(0, url.find('#'));
    std::string_view authority = url.substr(0, url.find_first_of("/?"));
    url.remove_prefix(authority.size());
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        parts.has_user = true;
        authority.remove_prefix(at + 1);
    }
    const auto colon = authority.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
    parts.host = lower(authority.substr(0, has_port ? colon : authority.size()));
    parts.port = has_port ? authority.substr(colon + 1) : std::string_view{};
    if (parts.port.empty()) {
        parts.port = parts.scheme == "https" ? "443" : "80";
    }
    const auto question = url.find('?');
    parts.path = url.substr(0, question);
    if (question != std::string_view::npos) {
        parts.query = url.substr(question + 1);
    }
    return parts;
}

/// "https://host:port" as it is written in `url`, without user info.
std::string origin_of(std::string_view url) {
    const auto start = url.find("://") + 3;
    return std::string(url.substr(0, std::min(url.find('/', start), url.size())));
}

std::string absolute(std::string_view base, std::string_view location) {
    if (location.starts_with("//")) {
        return fmt::format("{}{}", base.substr(0, base.find("://") + 1), location);
    }
    if (location.starts_with("/")) {
        return origin_of(base).append(location);
    }
    return std::string(location);
}

bool is_plain(std::string_view url) {
    return std::all_of(url.begin(), url.end(),
                       [](char letter) { return letter > 0x20 && letter < 0x7F; });
}

bool names_a_sign_in(std::string_view path) {
    constexpr std::array<std::string_view, 7> k_words{"sign_in", "signin", "sign-in", "login",
                                                      "sso",     "oauth",  "saml"};
    const std::string words = lower(path);
    return std::any_of(k_words.begin(), k_words.end(), [&](std::string_view word) {
        return words.find(word) != std::string::npos;
    });
}

}  // namespace

Redirect judge_redirect(std::string_view base, std::string_view location, std::string_view query) {
    const std::string target = absolute(base, location);
    const Parts from = take_apart(base);
    const Parts to = take_apart(target);
    Redirect redirect;
    redirect.shown =
        to.host.empty()
            ? printable(location, 200)
            : printable(
                  fmt::format("{}://{}{}{}", to.scheme, to.host,
                              to.port == "80" || to.port == "443" ? "" : ":" + to.port, to.path),
                  300);
    const bool is_http = to.scheme == "http" || to.scheme == "https";
    if (is_http && is_plain(target) && to.path.ends_with(k_info_refs) && to.query == query) {
        auto path = to.path;
        path.remove_suffix(k_info_refs.size());
        redirect.base = fmt::format("{}{}", origin_of(target), path);
    }
    if (to.has_user) {
        redirect.base.clear();
    }
    if (!redirect.base.empty() && to.scheme == from.scheme && to.host == from.host &&
        to.port == from.port) {
        redirect.kind = RedirectKind::moved_here;
    } else if (from.scheme == "http" && to.scheme == "https" && to.host == from.host) {
        redirect.kind = RedirectKind::to_https;
    } else if (names_a_sign_in(to.path) || names_a_sign_in(to.host)) {
        redirect.kind = RedirectKind::sign_in;
    }
    return redirect;
}

Error redirect_error(std::string_view base, const Redirect& redirect, std::string_view token_name) {
    std::vector<std::string> hints;
    auto code = ExitCode::failed;
    std::string because = "headway does not follow redirects, because a token belongs to one host";
    switch (redirect.kind) {
        case RedirectKind::to_https:
            hints.push_back(redirect.base.empty()
                                ? "remote: begin its URL with https"
                                : fmt::format("use https: remote: {}", redirect.base));
            break;
        case RedirectKind::sign_in:
            code = ExitCode::unauthorised;
            because = "that is a page where people sign in";
            hints.push_back(token_name.empty() ? "name a token: token: {env: NAME} in .headway.yml"
                                               : fmt::format("check the token in {}", token_name));
            hints.emplace_back("check the remote's URL: it is what git clone takes");
            break;
        case RedirectKind::moved_here:
            because = "one redirect is followed, and this is the second";
            [[fallthrough]];
        case RedirectKind::elsewhere:
            hints.push_back(
                redirect.base.empty()
                    ? "check the remote's URL: it is what git clone takes"
                    : fmt::format("if that is the right server: remote: {}", redirect.base));
            break;
    }
    return {code, fmt::format("{} redirects to {}", base, redirect.shown), std::move(because),
            std::move(hints)};
}

}  // namespace headway::git
