#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

/// Text as Slack takes it: its limits count UTF-16 code units, as JavaScript does.
namespace headway::notify {

[[nodiscard]] std::size_t slack_length(std::string_view text) noexcept;

/// At most `limit` units; cut text ends in "…". Never cuts through a character. Cut first, escape
/// afterwards: an entity that is cut in half shows as rubbish.
[[nodiscard]] std::string cut_to(std::string_view text, std::size_t limit);

/// For the `text` field, which is markup: & < > as entities (the only ones Slack knows), and a
/// zero-width space behind an @ that begins a word, because servers that imitate Slack ping
/// "@channel" even so.
[[nodiscard]] std::string escaped(std::string_view text);

/// Text with right-to-left letters between FSI and PDI (Unicode UAX #9), so that it cannot change
/// the order of what stands beside it; all other text as it is.
[[nodiscard]] std::string isolated(std::string_view text);

/// "850 ms", "42 s", "3 min 5 s", "2 h 4 min"; parts of the last unit are dropped.
[[nodiscard]] std::string human_duration(std::chrono::milliseconds duration);

/// The URL as it may be linked: absolute http or https with a host, at most 2,000 bytes; bytes
/// that RFC 3986 does not allow are percent-encoded. Empty for anything else.
[[nodiscard]] std::string linkable(std::string_view url);

}  // namespace headway::notify
