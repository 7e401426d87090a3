#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace headway::cli {

struct TerminalSize {
    std::size_t columns = 80;
    std::size_t rows = 24;
};

/// The terminal's size (TIOCGWINSZ), or 80 × 24 where it tells none.
[[nodiscard]] TerminalSize terminal_size(int descriptor);

/// How many columns a terminal needs for `text`, at most: terminals disagree on emoji and on what
/// is combined with what, and a line that is shorter than it could be does no harm, while one that
/// wraps does. `text` is printable (headway/text.hpp); a tab counts as a space.
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// `text`, its tabs as spaces; cut at a character's border, and ended in "…", where it would need
/// more than `columns`.
[[nodiscard]] std::string cut_to(std::string_view text, std::size_t columns);

enum class Tone { plain, good, bad };

struct LiveLine {
    std::string text;  ///< Printable.
    Tone tone = Tone::plain;
    bool settled = false;  ///< Left out first where there is no room for all.
};

enum class Colors { off, on };

/// Lines at the end of a terminal's output that are rewritten in place. This makes the bytes; who
/// writes them owns the terminal, and writes each answer of `frame` and `erased` as one piece. The
/// cursor is always at the begin of the line below them.
class LiveBlock {
public:
    /// Draws `lines` in place of those that stand there: at most two less than the terminal has
    /// rows, and one that says how many more there are.
    [[nodiscard]] std::string frame(const std::vector<LiveLine>& lines, TerminalSize size,
                                    Colors colors);
    /// Takes away what stands there; empty where nothing does.
    [[nodiscard]] std::string erased(TerminalSize size);
    /// What stands there stays, and is not touched again.
    void leave() noexcept { m_widths.clear(); }

private:
    /// Moves the cursor to where the block begins.
    [[nodiscard]] std::string to_begin(TerminalSize size) const;

    std::vector<std::size_t> m_widths;  ///< Columns of the lines that stand there.
};

}  // namespace headway::cli
