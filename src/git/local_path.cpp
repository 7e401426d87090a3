#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "git/remotes.hpp"

namespace headway::git {

namespace {

constexpr std::string_view k_file_scheme = "file:";

char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char one, char other) { return lower(one) == lower(other); });
}

int hex_value(char digit) {
    const char small = lower(digit);
    if (small >= '0' && small <= '9') {
        return small - '0';
    }
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/// Nothing for a percent sign without two hex digits, and for an encoded NUL.
std::optional<std::string> percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t index = 0; index < text.size(); ++index) {
        if (text[index] != '%') {
            decoded += text[index];
            continue;
        }
        const int high = index + 2 < text.size() ? hex_value(text[index + 1]) : -1;
        const int low = high < 0 ? -1 : hex_value(text[index + 2]);
        if (low < 0 || high + low == 0) {
            return std::nullopt;
        }
        decoded += static_cast<char>(high * 16 + low);
        index += 2;
    }
    return decoded;
}

/// The part behind "file:".
std::optional<std::string> path_of_url(std::string_view rest) {
    if (rest.starts_with("//")) {
        rest.remove_prefix(2);
        const std::string_view host = rest.substr(0, rest.find('/'));
        if (!host.empty() && !equal_ignoring_case(host, "localhost")) {
            return std::nullopt;
        }
        rest.remove_prefix(host.size());
    }
    return rest.starts_with('/') ? percent_decoded(rest) : std::nullopt;
}

}  // namespace

std::optional<std::string> local_path_of(std::string_view remote) {
    if (equal_ignoring_case(remote.substr(0, k_file_scheme.size()), k_file_scheme)) {
        return path_of_url(remote.substr(k_file_scheme.size()));
    }
    // As git tells them apart: a colon before any slash is a host's or a scheme's.
    const std::size_t colon = remote.find(':');
    const std::size_t slash = remote.find('/');
    if (remote.empty() || (colon != std::string_view::npos && colon < slash)) {
        return std::nullopt;
    }
    return std::string(remote);
}

}  // namespace headway::git
