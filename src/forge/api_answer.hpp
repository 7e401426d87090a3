#pragma once

#include <string>
#include <string_view>

#include "forge/api_dialect.hpp"
#include "headway/error.hpp"
#include "headway/http.hpp"

/// What the answers of a forge's API mean. Pure.
namespace headway::forge {

enum class ApiMeaning { opened, exists_already, refused };

/// Of the answer to a request that opens a pull request. `opened` says so of the status alone.
[[nodiscard]] ApiMeaning meaning_of(int status, std::string_view body);

struct ApiContext {
    std::string token_name;
    std::string url;  ///< What was asked.
};

/// Why it was refused, and the one fix.
[[nodiscard]] Error refusal_of(const ApiDialect& dialect, int status, std::string_view body,
                               const ApiContext& context);

/// The status was a success, the body none that a forge sends.
[[nodiscard]] Error not_understood(const std::string& url);

/// No answer came; says whether it may have been opened all the same.
[[nodiscard]] Error unanswered(const TransportError& error);

}  // namespace headway::forge
