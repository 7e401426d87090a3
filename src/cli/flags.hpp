#pragma once

#include <string>

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

/// Whether --help shows all flags of a probe or the common ones; they work all the same.
enum class ProbeHelp { common, whole };

/// The flags that say what to ask for and how long.
void add_verify_flags(CLI::App& app, Options& options, ProbeHelp help = ProbeHelp::common);

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

/// The flags that every command takes.
void add_global_flags(CLI::App& app, Options& options);

}  // namespace headway::cli
