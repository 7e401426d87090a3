#include "config/forge_settings.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "config/urls.hpp"
#include "config/values.hpp"

namespace headway::config {

namespace {

constexpr std::array<std::string_view, 8> k_forges{"gitlab", "github", "azure",        "bitbucket",
                                                   "gitea",  "git",    "azure-devops", "forgejo"};
constexpr std::size_t k_shown = 6;

std::string lowered(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return lower;
}

/// By its name alone; the client checks what it connects to.
bool is_this_machine(std::string_view host) {
    const bool numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
    return host == "localhost" || host == "[::1]" || (numeric && host.starts_with("127."));
}

}  // namespace

bool is_forge(std::string_view text) noexcept {
    return std::find(k_forges.begin(), k_forges.end(), text) != k_forges.end();
}

std::string checked_forge(std::string_view text, const Origin& origin) {
    std::string name = lowered(text);
    if (!is_forge(name)) {
        refuse(origin, fmt::format("{} is no forge that headway knows", in_quotes(text)),
               fmt::format("it knows {}",
                           fmt::join(k_forges.begin(), k_forges.begin() + k_shown, ", ")),
               suggestion(name, {k_forges.begin(), k_forges.end()}));
    }
    return name;
}

std::string checked_api(std::string_view text, const Origin& origin) {
    std::string url = checked_url(text, origin);
    if (url.find_first_of("?#") != std::string::npos) {
        refuse(origin, fmt::format("{} is not an API's address", in_quotes(text)),
               "it has a query or a fragment");
    }
    if (lowered(url.substr(0, 8)) != "https://" && !is_this_machine(lowered(host_of(url)))) {
        refuse(origin, fmt::format("{} is not https", in_quotes(text)),
               "the token would cross the network for everybody to read",
               {fmt::format("https{}", url.substr(url.find("://")))});
    }
    return url.substr(0, url.find_last_not_of('/') + 1);
}

}  // namespace headway::config
