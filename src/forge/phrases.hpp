#pragma once

#include <string>
#include <string_view>

#include "forge/dialect.hpp"
#include "headway/forge.hpp"

namespace headway::forge {

/// What stands for the named arguments of a table's templates in one refusal.
struct Phrases {
    std::string branch;  ///< "_gitlab/agents/staging", or the full name of another ref.
    std::string bot;     ///< "the bot of $STAGING_PUSH_TOKEN".
    std::string token;   ///< "$STAGING_PUSH_TOKEN", "the token in file /run/token".
    std::string place;   ///< Where a new token goes: "$STAGING_PUSH_TOKEN".
    std::string remote;
    std::string token_setting;  ///< "token: {env: NAME} below environments: staging in …".
    std::string identity_setting;
    std::string create_token;  ///< The forge's page for tokens.
    std::string said;          ///< ` (the server said: "…")`, or empty.
    int status = 0;

    /// `pattern` with all of this filled in.
    [[nodiscard]] std::string fill(std::string_view pattern) const;
};

/// `quote` is the server's own sentence; it may be empty.
[[nodiscard]] Phrases phrases_for(const Dialect& dialect, const RefusalContext& context,
                                  std::string_view quote, int status);

/// True for the names of headway's own refs, which are no branches.
[[nodiscard]] bool is_ledger_ref(std::string_view ref) noexcept;

}  // namespace headway::forge
