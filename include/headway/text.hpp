#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace headway {

/// What a server said, made safe for a terminal and a log: control characters (C0 but for '\t',
/// DEL, C1) and bytes that are not UTF-8 (RFC 3629) become `\xNN`; newlines become one space;
/// text beyond `max_bytes` is cut at a character's border and ends in "…".
[[nodiscard]] std::string printable(std::string_view hostile, std::size_t max_bytes = 500);

/// The nearest of `candidates` to `word` by edit distance, or empty when none is near enough to
/// be what was meant (distance at most a third of the word's length, and at least 1).
[[nodiscard]] std::string nearest(std::string_view word,
                                  const std::vector<std::string>& candidates);

/// RFC 3986 percent-encoding: all but unreserved characters, upper-case hex.
[[nodiscard]] std::string percent_encode(std::string_view text);

/// RFC 4648 section 4, with padding.
[[nodiscard]] std::string base64_encode(std::string_view bytes);

/// `text` without leading and trailing spaces, tabs, CR and LF.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// The lines of `text`, without their ends; a last line without an end counts, an empty one
/// after the last end does not.
[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);

}  // namespace headway
