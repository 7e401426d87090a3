#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace headway {

/// A regular expression as Perl has it (pcre2pattern(3)), of bytes: '.' is one byte, and only ASCII
/// letters have a case. '^' and '$' are the ends of the whole text (a newline may follow '$'), and
/// of every line after "(?m)"; CR, LF and CRLF end a line. Compiled once, matched against hostile
/// text within bounds.
class Pattern {
public:
    static constexpr std::size_t k_longest = 4096;  ///< Bytes.

    enum class Found {
        yes,
        no,
        too_costly,  ///< A bound on steps or memory was reached before an answer.
    };

    /// Throws Error(usage): `because` says what is wrong and at which byte, counted from 1. Its
    /// texts do not repeat the expression, of which at most k_longest bytes are read.
    explicit Pattern(std::string_view expression);
    Pattern(const Pattern&) = delete;
    Pattern& operator=(const Pattern&) = delete;
    Pattern(Pattern&&) noexcept;
    Pattern& operator=(Pattern&&) noexcept;
    ~Pattern();

    /// Whether it matches anywhere in `text`. At most a million branches from one place of the
    /// text, 20 million bytes looked at in all (about a second), and 8 MiB of memory.
    [[nodiscard]] Found find_in(std::string_view text) const;

    /// `text` as a pattern that matches exactly it, also within a larger pattern.
    [[nodiscard]] static std::string quoted(std::string_view text);

private:
    struct Compiled;
    std::unique_ptr<Compiled> m_compiled;
};

}  // namespace headway
