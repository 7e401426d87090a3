#pragma once

#include <string>
#include <string_view>

#include "headway/error.hpp"

namespace headway::git {

enum class RedirectKind {
    moved_here,  ///< The same scheme, host and port, and again a git repository's info/refs.
    to_https,    ///< The same host, by https.
    sign_in,     ///< What looks like a page to sign in at.
    elsewhere,
};

/// Where a server sends the client instead of an answer.
struct Redirect {
    RedirectKind kind = RedirectKind::elsewhere;
    /// The repository's new URL where the target is some info/refs of `query`; else empty.
    std::string base;
    std::string shown;  ///< The target without user info and query, printable.
};

/// `base`: the repository's URL; `location`: the header of the answer, hostile; `query`: what the
/// target must carry to be the same question ("service=git-upload-pack").
[[nodiscard]] Redirect judge_redirect(std::string_view base, std::string_view location,
                                      std::string_view query);

/// The failure of a redirect that is not followed. `token_name` may be empty.
[[nodiscard]] Error redirect_error(std::string_view base, const Redirect& redirect,
                                   std::string_view token_name);

}  // namespace headway::git
