#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace headway::cli {

enum class Plurality { one, many, at_most_one, any_number, many_unless_all };

/// The words that name environments.
void add_environments(CLI::App& app, Options& options, Plurality plurality);

enum class UrlCount { one, many };

/// The flags that stand for settings of `.headway.yml`; config::resolve weighs them. With
/// UrlCount::many --url can be repeated, and goes into Options::urls.
void add_setting_flags(CLI::App& app, Options& options, UrlCount urls = UrlCount::one);

/// How many of the flags of a probe --help shows; --help-all shows them all.
enum class ProbeHelp { few, many };

/// The flags that say what to ask for and how long.
void add_verify_flags(CLI::App& app, Options& options, ProbeHelp help = ProbeHelp::few);

/// The flags that say what must be given before a promotion and what follows a failed one.
void add_gate_flags(CLI::App& app, Options& options);

/// The flags that say how a follow-up's merge request is opened.
void add_merge_request_flags(CLI::App& app, Options& options);

/// The flags that name the files of evidence.
void add_evidence_flags(CLI::App& app, Options& options);

/// One option of this run, with its variable: --dry-run is HEADWAY_DRY_RUN. An empty variable
/// counts as not set.
CLI::Option* add_option(CLI::App& app, const std::string& name, std::string& value,
                        const std::string& description, const std::string& placeholder);
void add_flag(CLI::App& app, const std::string& name, bool& value, const std::string& description);

/// The words that the option takes, its default first: completion offers them, and they become the
/// description where there is none ("auto [default], always or never"). They are not checked here:
/// that is done where the value is used, the variable's and the file's with it.
CLI::Option* offer(CLI::Option* option, std::initializer_list<std::string_view> words);

/// Those words; empty for an option that takes any text.
[[nodiscard]] std::vector<std::string> offered_words(const CLI::Option& option);

/// The variable of an option: "--dry-run" has HEADWAY_DRY_RUN.
[[nodiscard]] std::string variable_of(std::string_view flag);

/// The flags that every command takes.
void add_global_flags(CLI::App& app, Options& options);

}  // namespace headway::cli
