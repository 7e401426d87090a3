#include <git2.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "git/libgit2.hpp"
#include "git/remotes.hpp"

namespace headway::git {

namespace {

constexpr std::size_t k_shortest_abbreviation = 4;

/// "https://user:token@host/path" → "https://host/path". An scp-like address keeps its user: it
/// holds no secret, and means another host's account without it.
std::string without_user_info(const std::string& url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string::npos) {
        return url;
    }
    const std::size_t authority = scheme + 3;
    const std::size_t end = std::min(url.find_first_of("/?#", authority), url.size());
    const std::size_t at = url.rfind('@', end);
    if (at == std::string::npos || at < authority || at >= end) {
        return url;
    }
    return url.substr(0, authority) + url.substr(at + 1);
}

/// As configured, user info included.
std::string origin_of(git_repository& repository) {
    ConfigHandle configuration;
    check(git_repository_config_snapshot(out(configuration), &repository),
          "the checkout's configuration cannot be read");
    const char* url = nullptr;
    return git_config_get_string(&url, configuration.get(), "remote.origin.url") < 0 ? "" : url;
}

constexpr std::string_view k_heads = "refs/heads/";
constexpr std::string_view k_of_origin = "refs/remotes/origin/";

/// The branch that a ref stands for; empty for others, and for origin's HEAD.
std::string branch_of(std::string_view ref) {
    for (const std::string_view prefix : {k_heads, k_of_origin}) {
        if (ref.starts_with(prefix) && ref != "refs/remotes/origin/HEAD") {
            return std::string(ref.substr(prefix.size()));
        }
    }
    return {};
}

std::set<std::string> branch_names(git_repository& repository) {
    std::set<std::string> names;
    ReferenceIteratorHandle iterator;
    check(git_reference_iterator_new(out(iterator), &repository),
          "the checkout's branches cannot be read");
    const char* name = nullptr;
    while (names.size() < k_max_checkout_branches &&
           git_reference_next_name(&name, iterator.get()) == 0) {
        if (std::string branch = branch_of(name); !branch.empty()) {
            names.insert(std::move(branch));
        }
    }
    return names;
}

/// The branch that a symbolic ref points to, whether or not that exists; or empty.
std::string symbolic_branch(git_repository& repository, const char* ref) {
    ReferenceHandle reference;
    if (git_reference_lookup(out(reference), &repository, ref) < 0) {
        return {};
    }
    const char* target = git_reference_symbolic_target(reference.get());
    return target == nullptr ? std::string{} : branch_of(target);
}

std::string default_branch_of(git_repository& repository, const std::set<std::string>& names) {
    if (std::string branch = symbolic_branch(repository, "refs/remotes/origin/HEAD");
        !branch.empty()) {
        return branch;
    }
    for (const char* const usual : {"main", "master", "trunk"}) {
        if (names.contains(usual)) {
            return usual;
        }
    }
    return symbolic_branch(repository, "HEAD");
}

bool is_hex(char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f') ||
           (letter >= 'A' && letter <= 'F');
}

}  // namespace

Checkout find_checkout(const std::string& folder) noexcept {
    try {
        const Library library;
        RepositoryHandle repository;
        if (git_repository_open_ext(out(repository), folder.c_str(), GIT_REPOSITORY_OPEN_CROSS_FS,
                                    nullptr) < 0) {
            return {};
        }
        const char* top = git_repository_workdir(repository.get());
        if (top == nullptr) {
            return {};
        }
        Checkout checkout;
        checkout.top = top;
        if (checkout.top.size() > 1 && checkout.top.ends_with('/')) {
            checkout.top.pop_back();
        }
        const std::string origin = origin_of(*repository);
        checkout.origin_url = without_user_info(origin);
        checkout.origin_has_user_info = checkout.origin_url != origin;
        return checkout;
    } catch (const std::exception&) {
        return {};
    }
}

CheckoutBranches branches_in_checkout(const std::string& top) noexcept {
    try {
        const Library library;
        RepositoryHandle repository;
        if (git_repository_open_ext(out(repository), top.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH,
                                    nullptr) < 0) {
            return {};
        }
        const std::set<std::string> names = branch_names(*repository);
        return {default_branch_of(*repository, names), {names.begin(), names.end()}};
    } catch (const std::exception&) {
        return {};
    }
}

std::optional<ObjectId> resolve_in_checkout(const std::string& top,
                                            std::string_view abbreviation) noexcept {
    try {
        if (abbreviation.size() < k_shortest_abbreviation ||
            abbreviation.size() > ObjectId::k_hex_size ||
            !std::all_of(abbreviation.begin(), abbreviation.end(), is_hex)) {
            return std::nullopt;
        }
        const Library library;
        RepositoryHandle repository;
        if (git_repository_open_ext(out(repository), top.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH,
                                    nullptr) < 0) {
            return std::nullopt;
        }
        git_oid prefix{};
        CommitHandle commit;
        if (git_oid_fromstrn(&prefix, abbreviation.data(), abbreviation.size()) < 0 ||
            git_commit_lookup_prefix(out(commit), repository.get(), &prefix, abbreviation.size()) <
                0) {
            return std::nullopt;
        }
        return from_oid(*git_commit_id(commit.get()));
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

}  // namespace headway::git
