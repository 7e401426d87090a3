#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace headway::cli {

struct Candidate {
    std::string word;
    std::string description;  ///< One line; may be empty.

    friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// What can stand in place of the last word of a command line.
struct Completion {
    std::vector<Candidate> candidates;  ///< Each begins with what has been typed.
    bool files = false;                 ///< Names of files as well, which the shell knows best.
    bool environments = false;          ///< The configuration's environments as well, see below.

    std::string prefix;               ///< "--after=", to stand before an environment's name.
    std::string typed;                ///< What has been typed behind the prefix.
    std::vector<std::string> given;   ///< Environments that are named already.
    std::optional<std::string> file;  ///< --config, as far as it has been given.
};

/// `words`: those behind the program's name, the last one being typed; it may be empty. All is read
/// from the app: commands, options, the words that one takes, which ask for a file.
[[nodiscard]] Completion complete(const CLI::App& app, const std::vector<std::string>& words);

/// The same with environments filled in.
void add_environments(Completion& completion, const std::vector<Candidate>& environments);

/// The first word of the command line by which the shells' scripts ask, `headway __complete WORD…`:
/// one candidate a line, a tab before its description, then ":files" where files fit.
inline constexpr std::string_view k_complete_word = "__complete";

/// The script that makes a shell ask; nothing for a shell that is not known.
[[nodiscard]] std::optional<std::string_view> completion_script(std::string_view shell);

}  // namespace headway::cli
