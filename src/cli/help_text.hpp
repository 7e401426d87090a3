#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace headway::cli {

/// --help as it fits a terminal of 80 columns: commands first, one line an option.
class HelpText final : public CLI::Formatter {
public:
    HelpText();

    [[nodiscard]] std::string make_help(const CLI::App* app, std::string name,
                                        CLI::AppFormatMode mode) const override;
    [[nodiscard]] std::string make_option_opts(const CLI::Option* option) const override;
};

}  // namespace headway::cli
