#pragma once

#include <array>
#include <span>
#include <string_view>

#include "headway/forge.hpp"

/// What is known of each forge, as data. The one place that reads a table's rows is explain.cpp.
namespace headway::forge {

/// One sentence of a server and what it means. `because` and `hints` are templates for fmt, with
/// the named arguments of Phrases (phrases.hpp).
struct RefusalRow {
    RefusalKind kind = RefusalKind::unknown;
    /// Substrings of one line the server said, ASCII case ignored; all of them, empty ones aside.
    std::array<std::string_view, 2> words;
    std::string_view because;
    std::array<std::string_view, 2> hints;  ///< Empty ones are none.
};

/// The same for an answer whose text says nothing that is known.
struct StatusRow {
    RefusalKind kind = RefusalKind::unknown;
    int first = 0;  ///< HTTP statuses from `first` to `last`.
    int last = 0;
    std::string_view because;
    std::array<std::string_view, 2> hints;
};

/// How sure a host's name makes one of its forge.
enum class Certainty { public_service, telling_name };

/// A host's whole name, its beginning ("gitlab.") or its end (".visualstudio.com").
struct HostRule {
    std::string_view host;
    Certainty certainty = Certainty::telling_name;
};

struct Dialect {
    std::string_view name;
    std::string_view other_name;  ///< May be empty.
    std::string_view token_user;
    std::string_view create_token;  ///< Where, and with what rights: the start of a hint.
    std::span<const HostRule> hosts;
    std::string_view commit_link;          ///< With {base} and {commit}; empty: there is none.
    std::string_view compare_link;         ///< With {base}, {from} and {to}.
    std::span<const RefusalRow> refusals;  ///< The more specific row first.
    /// Push options with {target}, {title} and {description}; empty: there are none.
    std::span<const std::string_view> merge_request_options{};
    std::string_view merge_request_mark{};  ///< In a merge request's URL, before its number.
    std::string_view merge_request_word = "merge request";
    /// The page on which a person opens one, with {base}, {source} and {target}, percent-encoded,
    /// or {source_path} and {target_path}, whose slashes stay.
    std::string_view new_merge_request_link{};
};

[[nodiscard]] const Dialect& gitlab() noexcept;
[[nodiscard]] const Dialect& github() noexcept;
[[nodiscard]] const Dialect& azure_devops() noexcept;
[[nodiscard]] const Dialect& bitbucket() noexcept;
[[nodiscard]] const Dialect& gitea() noexcept;
/// No forge at all: git itself behind a web server. Its refusals are what git says everywhere.
[[nodiscard]] const Dialect& git_server() noexcept;

/// All of them, git_server() last.
[[nodiscard]] std::span<const Dialect* const> all_dialects() noexcept;

/// What a ref's status says when the real reason was said elsewhere, if at all.
[[nodiscard]] std::span<const RefusalRow> shared_reasons() noexcept;

[[nodiscard]] std::span<const StatusRow> status_rows() noexcept;

}  // namespace headway::forge
