#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace headway::cli {

/// Groups of options that --help leaves out, so that it fits a screen, and --help-all shows.
inline constexpr const char* k_more_settings = "More settings";
inline constexpr const char* k_more_of_probe = "More of the probe";

[[nodiscard]] bool is_rare(const CLI::Option& option);
[[nodiscard]] bool has_rare_options(const CLI::App& app);

/// What the option takes, as shown: "FILE"; empty for a flag.
[[nodiscard]] std::string placeholder_of(const CLI::Option& option);

/// --help as it fits a terminal of 80 columns and 40 lines: commands first, one line an option.
/// With AppFormatMode::All a command shows all that it takes, the options of all commands too.
class HelpText final : public CLI::Formatter {
public:
    HelpText();

    [[nodiscard]] std::string make_help(const CLI::App* app, std::string name,
                                        CLI::AppFormatMode mode) const override;
    [[nodiscard]] std::string make_option_opts(const CLI::Option* option) const override;

private:
    enum class Which { common, all, of_all_commands };
    [[nodiscard]] std::string groups(const CLI::App& app, Which which) const;
    [[nodiscard]] std::string whole_command(const CLI::App& app, std::string name) const;
};

}  // namespace headway::cli
