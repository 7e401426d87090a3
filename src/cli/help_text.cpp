#include "cli/help_text.hpp"

#include <string_view>
#include <utility>

namespace headway::cli {

namespace {

/// No two empty lines in a row.
std::string condensed(std::string text) {
    constexpr std::string_view k_gap = "\n\n\n";
    for (auto place = text.find(k_gap); place != std::string::npos; place = text.find(k_gap)) {
        text.erase(place, 1);
    }
    return text;
}

}  // namespace

HelpText::HelpText() {
    label("SUBCOMMAND", "COMMAND");
}

std::string HelpText::make_help(const CLI::App* app, std::string name,
                                CLI::AppFormatMode mode) const {
    if (mode == CLI::AppFormatMode::Sub) {
        return Formatter::make_help(app, std::move(name), mode);
    }
    return condensed(make_description(app) + make_usage(app, std::move(name)) +
                     make_positionals(app) + make_subcommands(app, mode) + make_groups(app, mode) +
                     make_footer(app));
}

std::string HelpText::make_option_opts(const CLI::Option* option) const {
    const std::string type = option->get_type_size() == 0 ? "" : option->get_type_name();
    // The values that a check allows follow a colon; the description names them better.
    const std::string placeholder = type.substr(0, type.find(':'));
    return placeholder.empty() ? "" : " " + placeholder;
}

}  // namespace headway::cli
