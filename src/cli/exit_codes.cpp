#include "cli/exit_codes.hpp"

#include <array>

#include <fmt/format.h>

namespace headway::cli {

std::span<const ExitCodeWords> exit_codes() {
    static constexpr std::array<ExitCodeWords, 10> k_codes{{
        {ExitCode::done, "done", "Done, or nothing to do."},
        {ExitCode::failed, "failed", "The network, a server or headway itself failed."},
        {ExitCode::usage, "usage",
         "The command line or the configuration is wrong; nothing was sent."},
        {ExitCode::refused, "refused",
         "Diverged, held, frozen, a gate not met, an old job, not on the source branch, or "
         "forbidden by the server; nothing moved."},
        {ExitCode::unhealthy, "unhealthy", "The version was not proven to run healthily."},
        {ExitCode::unauthorised, "not authorised", "Not authenticated, or not allowed to do this."},
        {ExitCode::still_old, "still old", "verify alone: healthy, but another version answers."},
        {ExitCode::mixed, "mixed", "verify alone: old and new answer in turn."},
        {ExitCode::unreachable, "unreachable", "verify alone: no answer."},
        {ExitCode::interrupted, "interrupted",
         "By a signal; the message says what is known, and the same command, run again, finishes "
         "the work."},
    }};
    return k_codes;
}

std::string exit_codes_in_short() {
    constexpr std::size_t k_columns = 80;
    const std::string head = "Exit codes:";
    std::string text = head;
    std::size_t column = head.size();
    for (const ExitCodeWords& words : exit_codes()) {
        const bool last = words.code == ExitCode::interrupted;
        const std::string word =
            fmt::format(" {} {}{}", static_cast<int>(words.code), words.in_short, last ? "." : ",");
        if (column + word.size() > k_columns) {
            text += "\n" + std::string(head.size(), ' ');
            column = head.size();
        }
        text += word;
        column += word.size();
    }
    return text;
}

}  // namespace headway::cli
