#include "forge/api_dialect.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "forge/links.hpp"
#include "headway/text.hpp"

namespace headway::forge {

namespace {

using Json = nlohmann::ordered_json;
using namespace std::string_view_literals;

constexpr std::size_t k_longest_url = 500;
constexpr std::size_t k_longest_quote = 300;
constexpr auto k_heads = "refs/heads/"sv;

// docs.github.com/rest/pulls; learn.microsoft.com/rest/api/azure/devops/git/pull-requests;
// developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests; Gitea's /swagger.v1.json.
constexpr std::array k_dialects{
    ApiDialect{.forge = "github",
               .token = ApiToken::bearer,
               .accept = "application/vnd.github+json",
               .list = "/repos/{owner}/{repository}/pulls",
               .open = "",
               .find = "?state=open&head={owner}:{source}&base={target}",
               .items = "",
               .source = "/head/ref",
               .target = "/base/ref",
               .address = "/html_url",
               .page = "",
               .rights = "Settings > Developer settings > Fine-grained tokens: create a token with "
                         "the permission 'Pull requests: Read and write'"},
    ApiDialect{.forge = "azure-devops",
               .token = ApiToken::basic,
               .accept = "application/json",
               .list = "/_apis/git/repositories/{repository}/pullrequests",
               .open = "?api-version=7.0",
               .find = "?searchCriteria.status=active"
                       "&searchCriteria.sourceRefName=refs%2Fheads%2F{source}"
                       "&searchCriteria.targetRefName=refs%2Fheads%2F{target}&api-version=7.0",
               .items = "/value",
               .source = "/sourceRefName",
               .target = "/targetRefName",
               .address = "/pullRequestId",
               .page = "{base}/pullrequest/{number}",
               .rights = "User settings > Personal access tokens: create a token with the scope "
                         "'Code (Read & write)'"},
    ApiDialect{.forge = "bitbucket",
               .token = ApiToken::bearer,
               .accept = "application/json",
               .list = "/repositories/{owner}/{repository}/pullrequests",
               .open = "",
               .find = "?state=OPEN&q=source.branch.name%3D%22{source}%22",
               .items = "/values",
               .source = "/source/branch/name",
               .target = "/destination/branch/name",
               .address = "/links/html/href",
               .page = "",
               .rights = "Repository settings > Access tokens: create a token with the scope "
                         "pullrequest:write"},
    ApiDialect{.forge = "gitea",
               .token = ApiToken::token,
               .accept = "application/json",
               .list = "/repos/{owner}/{repository}/pulls",
               .open = "",
               .find = "?state=open&sort=recentupdate&limit=50",
               .items = "",
               .source = "/head/ref",
               .target = "/base/ref",
               .address = "/html_url",
               .page = "",
               .rights = "Settings > Applications: create a token with the permission "
                         "'repository: Read and write'"},
};

std::vector<std::string> segments_of(std::string_view path) {
    std::vector<std::string> segments;
    while (!path.empty()) {
        const auto slash = std::min(path.find('/'), path.size());
        if (slash > 0) {
            segments.emplace_back(path.substr(0, slash));
        }
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return segments;
}

std::string path_of(const std::vector<std::string>& segments, std::size_t count) {
    return count == 0
               ? std::string()
               : fmt::format("/{}",
                             fmt::join(segments.begin(),
                                       segments.begin() + static_cast<std::ptrdiff_t>(count), "/"));
}

/// The project's path in an address of Azure DevOps: "org/project/_git/repository", or
/// "org/_git/repository" where both have the same name.
std::optional<std::string> azure_prefix(const std::vector<std::string>& segments,
                                        std::string_view host) {
    const std::size_t count = segments.size();
    if (count < 2 || segments[count - 2] != "_git") {
        return std::nullopt;
    }
    std::string prefix = path_of(segments, count - 2);
    const bool own_host = host.ends_with(".visualstudio.com");
    const bool no_project = own_host
                                ? count == 2 || (count == 3 && segments[0] == "DefaultCollection")
                                : host == "dev.azure.com" && count == 3;
    return no_project ? prefix + "/" + segments.back() : prefix;
}

std::string filled(std::string_view pattern, const ApiPlace& place,
                   const MergeRequest& request = {}) {
    return fmt::format(fmt::runtime(pattern), fmt::arg("owner", place.owner),
                       fmt::arg("repository", place.repository),
                       fmt::arg("source", percent_encode(request.source)),
                       fmt::arg("target", percent_encode(request.target)));
}

/// Null for what is not there.
const Json* at(const Json& json, std::string_view pointer) {
    const Json::json_pointer place{std::string(pointer)};
    return json.contains(place) ? &json.at(place) : nullptr;
}

std::string text_at(const Json& json, std::string_view pointer) {
    const Json* const value = at(json, pointer);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::string page_of(const ApiDialect& dialect, const ApiPlace& place, const Json& json) {
    if (!dialect.page.empty()) {
        const Json* const number = at(json, dialect.address);
        return number != nullptr && number->is_number_unsigned()
                   ? fmt::format(fmt::runtime(dialect.page), fmt::arg("base", place.web),
                                 fmt::arg("number", number->get<std::uint64_t>()))
                   : std::string();
    }
    std::string url = text_at(json, dialect.address);
    const bool shown_as_it_is = url.size() <= k_longest_url && printable(url) == url &&
                                url.find(' ') == std::string::npos && !web_host(url).empty();
    return shown_as_it_is ? url : std::string();
}

std::string_view branch_in(std::string_view name) {
    return name.starts_with(k_heads) ? name.substr(k_heads.size()) : name;
}

}  // namespace

const ApiDialect* api_of(std::string_view forge) noexcept {
    const auto* const found =
        std::find_if(k_dialects.begin(), k_dialects.end(),
                     [&](const ApiDialect& dialect) { return dialect.forge == forge; });
    return found == k_dialects.end() ? nullptr : found;
}

std::optional<ApiPlace> place_of(const ApiDialect& dialect, std::string_view remote,
                                 std::string_view base) {
    ApiPlace place;
    place.web = web_base(remote);
    if (place.web.empty()) {
        return std::nullopt;
    }
    const auto path_start = place.web.find('/', place.web.find("://") + 3);
    const std::string origin = place.web.substr(0, path_start);
    const auto segments = segments_of(std::string_view(place.web).substr(path_start));
    const std::string host = web_host(remote);
    if (segments.size() < 2) {
        return std::nullopt;
    }
    place.owner = segments[segments.size() - 2];
    place.repository = segments.back();
    if (dialect.forge == "azure-devops") {
        const auto prefix = azure_prefix(segments, host);
        if (!prefix) {
            return std::nullopt;
        }
        place.base = origin + *prefix;
    } else if (dialect.forge == "gitea") {
        place.base = origin + path_of(segments, segments.size() - 2) + "/api/v1";
    } else if (dialect.forge == "bitbucket") {
        place.base = host == "bitbucket.org" ? "https://api.bitbucket.org/2.0" : "";
    } else {
        place.base = host == "github.com"         ? "https://api.github.com"
                     : host.ends_with(".ghe.com") ? "https://api." + host
                                                  : origin + "/api/v3";
    }
    if (!base.empty()) {
        place.base = base;
    }
    return place.base.empty() ? std::nullopt : std::optional(std::move(place));
}

std::string url_to_open(const ApiDialect& dialect, const ApiPlace& place) {
    return place.base + filled(dialect.list, place) + std::string(dialect.open);
}

std::string url_to_find(const ApiDialect& dialect, const ApiPlace& place,
                        const MergeRequest& request) {
    return place.base + filled(dialect.list, place) + filled(dialect.find, place, request);
}

std::string body_to_open(const ApiDialect& dialect, const MergeRequest& request) {
    Json body{{"title", request.title}};
    if (dialect.forge == "azure-devops") {
        body["description"] = request.description;
        body["sourceRefName"] = std::string(k_heads) + request.source;
        body["targetRefName"] = std::string(k_heads) + request.target;
    } else if (dialect.forge == "bitbucket") {
        body["description"] = request.description;
        body["source"] = {{"branch", {{"name", request.source}}}};
        body["destination"] = {{"branch", {{"name", request.target}}}};
        body["close_source_branch"] = true;
    } else {
        body["body"] = request.description;
        body["head"] = request.source;
        body["base"] = request.target;
    }
    return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string opened_in(const ApiDialect& dialect, const ApiPlace& place, std::string_view body) {
    const Json json = Json::parse(body, nullptr, false);
    return json.is_object() ? page_of(dialect, place, json) : std::string();
}

std::string found_in(const ApiDialect& dialect, const ApiPlace& place, std::string_view body,
                     const MergeRequest& request) {
    const Json json = Json::parse(body, nullptr, false);
    const Json* const items = at(json, dialect.items);
    if (items == nullptr || !items->is_array()) {
        return {};
    }
    for (const Json& item : *items) {
        if (branch_in(text_at(item, dialect.source)) == request.source &&
            branch_in(text_at(item, dialect.target)) == request.target) {
            return page_of(dialect, place, item);
        }
    }
    return {};
}

std::string said_in(std::string_view body) {
    const Json json = Json::parse(body, nullptr, false);
    std::string text;
    for (const auto pointer : {"/message"sv, "/error/message"sv, "/errors/0/message"sv}) {
        const std::string part = json.is_structured() ? text_at(json, pointer) : std::string();
        text += text.empty() || part.empty() ? part : ": " + part;
    }
    if (text.empty() && !trimmed(body).starts_with('<')) {
        text = trimmed(body);
    }
    return printable(text, k_longest_quote);
}

}  // namespace headway::forge
