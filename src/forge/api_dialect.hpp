#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "headway/forge.hpp"

/// How each forge's API wants a pull request to be opened and found. Pure.
namespace headway::forge {

enum class ApiToken { bearer, token, basic };

struct ApiDialect {
    std::string_view forge;  ///< Forge::name().
    ApiToken token = ApiToken::bearer;
    std::string_view accept;
    std::string_view list;  ///< Behind the API's base: with {owner} and {repository}.
    std::string_view open;  ///< The query that opens one; may be empty.
    std::string_view find;  ///< The query that finds it, with {owner}, {source} and {target}.
    // JSON pointers (RFC 6901) in the answers.
    std::string_view items;   ///< Of the list that was found.
    std::string_view source;  ///< Of one of them: its branch, with or without "refs/heads/".
    std::string_view target;
    std::string_view address;  ///< Its page, or its number where `page` is not empty.
    std::string_view page;     ///< With {base} (the project's page) and {number}.
    std::string_view rights;   ///< What a token needs, the end of a hint.
};

/// Null for a forge whose API is not used.
[[nodiscard]] const ApiDialect* api_of(std::string_view forge) noexcept;

/// One remote's place in its forge's API.
struct ApiPlace {
    std::string base;  ///< "https://api.github.com", without a slash at its end.
    std::string owner;
    std::string repository;  ///< Both percent-encoded, as in the remote.
    std::string web;         ///< The project's page.
};

/// `base` empty: where the forge has it. Nothing when the remote is no project's address, or the
/// forge's API is not known to be there (Bitbucket's, but for bitbucket.org).
[[nodiscard]] std::optional<ApiPlace> place_of(const ApiDialect& dialect, std::string_view remote,
                                               std::string_view base);

[[nodiscard]] std::string url_to_open(const ApiDialect& dialect, const ApiPlace& place);
[[nodiscard]] std::string url_to_find(const ApiDialect& dialect, const ApiPlace& place,
                                      const MergeRequest& request);
[[nodiscard]] std::string body_to_open(const ApiDialect& dialect, const MergeRequest& request);

/// The page of what was opened; empty when the answer does not name one as it should.
[[nodiscard]] std::string opened_in(const ApiDialect& dialect, const ApiPlace& place,
                                    std::string_view body);
/// The page of the pull request between these branches in a list of them; or empty.
[[nodiscard]] std::string found_in(const ApiDialect& dialect, const ApiPlace& place,
                                   std::string_view body, const MergeRequest& request);

/// What the server says in an answer that is no success, for an error's text; printable.
[[nodiscard]] std::string said_in(std::string_view body);

}  // namespace headway::forge
