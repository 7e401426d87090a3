#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "headway/configuration.hpp"

/// Checks of single values, the same for file, flags and variables. Each throws
/// Error(usage) whose text begins with where the value stands.
namespace headway::config {

[[noreturn]] void refuse(const Origin& origin, const std::string& what, std::string because = {},
                         std::vector<std::string> hints = {});

/// The text in quotes, printable and at most 80 bytes; `"***"` when it looks like a secret.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// Whether the text has the look of a forge's token or a webhook's address.
[[nodiscard]] bool looks_like_secret(std::string_view text);

/// The name in "$NAME" or "${NAME}" when the text is nothing else; or empty.
[[nodiscard]] std::string_view variable_in(std::string_view text);

/// Words joined as "a, b, c and 4 more".
[[nodiscard]] std::string joined(const std::vector<std::string>& words, std::size_t at_most);

/// {`did you mean "…"?`}, or nothing when no candidate is near.
[[nodiscard]] std::vector<std::string> suggestion(std::string_view word,
                                                  const std::vector<std::string>& candidates);

struct DurationBounds {
    std::chrono::milliseconds least;
    std::chrono::milliseconds most;
};
inline constexpr DurationBounds k_deadline_bounds{std::chrono::milliseconds(100),
                                                  std::chrono::hours(24)};
inline constexpr DurationBounds k_watch_bounds{std::chrono::milliseconds(0),
                                               std::chrono::hours(24)};
inline constexpr DurationBounds k_interval_bounds{std::chrono::milliseconds(10),
                                                  std::chrono::hours(1)};
inline constexpr DurationBounds k_request_bounds{std::chrono::milliseconds(1),
                                                 std::chrono::minutes(10)};

/// "1h30m", "5m", "2s", "800ms": whole numbers with units, the larger unit first.
[[nodiscard]] std::chrono::milliseconds checked_duration(std::string_view text,
                                                         const DurationBounds& bounds,
                                                         const Origin& origin);
[[nodiscard]] std::string format_duration(std::chrono::milliseconds duration);

[[nodiscard]] unsigned checked_number(std::string_view text, unsigned least, unsigned most,
                                      const Origin& origin);

/// A branch's name by git-check-ref-format(1), with or without "refs/heads/", which the result
/// does not have.
[[nodiscard]] std::string checked_branch(std::string_view text, const Origin& origin);

/// A name that can be the last part of a ref: [A-Za-z0-9][A-Za-z0-9_.-]*, at most 100 bytes.
[[nodiscard]] std::string checked_environment(std::string_view text, const Origin& origin);

/// "refs", "off" or "branch:NAME".
[[nodiscard]] LedgerConfiguration checked_ledger(std::string_view text, const Origin& origin);
[[nodiscard]] LedgerConfiguration ledger_on_branch(std::string_view name, const Origin& origin);

[[nodiscard]] std::string checked_identity_name(std::string_view text, const Origin& origin);
[[nodiscard]] std::string checked_identity_email(std::string_view text, const Origin& origin);

/// A variable's name; the text is never repeated, as it may be a secret by mistake.
[[nodiscard]] std::string checked_variable(std::string_view text, const Origin& origin);

/// A user name for Basic authentication (RFC 7617: no colon), at most 255 bytes, printable.
[[nodiscard]] std::string checked_user(std::string_view text, const Origin& origin);

/// A file's path, or "$NAME".
[[nodiscard]] std::string checked_secret_path(std::string_view text, const Origin& origin);

/// An RFC 6901 pointer.
[[nodiscard]] std::string checked_pointer(std::string_view text, const Origin& origin);

}  // namespace headway::config
