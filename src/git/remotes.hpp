#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headway/forge.hpp"
#include "headway/git_remote.hpp"
#include "headway/http.hpp"
#include "headway/trace.hpp"

namespace headway::git {

struct SmartHttpSettings {
    std::string url;  ///< http or https, without credentials and without a trailing slash.
    std::optional<BasicCredentials> credentials;
    std::chrono::milliseconds timeout{60'000};  ///< Each request.
    std::string environment;                    ///< For messages only; may be empty.
    std::string token_name;  ///< For messages only: "$STAGING_PUSH_TOKEN"; empty: none configured.
};

/// git's smart HTTP protocol (gitprotocol-http, -v2, -pack). The client, the forge and the trace
/// outlive the remote.
[[nodiscard]] std::unique_ptr<GitRemote> open_smart_http(HttpClient& client, const Forge& forge,
                                                         Trace& trace, SmartHttpSettings settings);

/// A repository on this machine, through libgit2: `path` is a bare repository, a work tree's top
/// or a .git folder. Throws Error(usage) when there is none, Error(refused) when it has hooks or
/// settings that libgit2 would not honour. The repository's own configuration counts, never the
/// user's or the machine's. A ref that another process has locked is reported as rejected
/// ("cannot lock ref …") at once: the caller plans again. The trace outlives the remote.
[[nodiscard]] std::unique_ptr<GitRemote> open_local(const std::string& path, Trace& trace);

/// The path that a remote's text names, for open_local: of a file:// URL (host empty or
/// "localhost", percent-decoded, RFC 8089), or the text itself when it is an absolute path or a
/// relative one ("app.git", "../app.git"). Nothing for other URLs and for scp's "host:path".
[[nodiscard]] std::optional<std::string> local_path_of(std::string_view remote);

/// What a checkout tells, when there is one; every field may be empty.
struct Checkout {
    std::string top;         ///< The work tree's folder.
    std::string origin_url;  ///< remote.origin.url without user info.
    bool origin_has_user_info = false;
};

/// The checkout that holds `folder`. Never throws: a checkout is optional input, and one that
/// libgit2 refuses to open (other owner, unknown extension) is no checkout.
[[nodiscard]] Checkout find_checkout(const std::string& folder) noexcept;

/// The branches that a checkout knows: its own and origin's, as of its last fetch.
struct CheckoutBranches {
    /// Where origin's HEAD points, else main, master or trunk, else the branch that is checked out;
    /// empty when none of these is known.
    std::string default_branch;
    std::vector<std::string> names;  ///< Without "refs/heads/" or "origin/", sorted, each once.
};

/// At most k_max_checkout_branches names are read. Never throws: what cannot be read is left out.
inline constexpr std::size_t k_max_checkout_branches = 10'000;
[[nodiscard]] CheckoutBranches branches_in_checkout(const std::string& top) noexcept;

/// The commit of the checkout at `top` that an abbreviation (4 to 40 hex digits) names; nothing
/// when it is unknown there or ambiguous. Never throws.
[[nodiscard]] std::optional<ObjectId> resolve_in_checkout(const std::string& top,
                                                          std::string_view abbreviation) noexcept;

}  // namespace headway::git
