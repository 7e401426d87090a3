#include "cli/help_text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

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

bool is_rare(const CLI::Option& option) {
    return option.get_group() == k_more_settings || option.get_group() == k_more_of_probe;
}

bool has_rare_options(const CLI::App& app) {
    const auto options = app.get_options();
    return std::any_of(options.begin(), options.end(),
                       [](const CLI::Option* option) { return is_rare(*option); });
}

std::string placeholder_of(const CLI::Option& option) {
    const std::string type = option.get_type_size() == 0 ? "" : option.get_type_name();
    // The words that it takes follow a colon; the description names them better.
    return type.substr(0, type.find(':'));
}

HelpText::HelpText() {
    label("SUBCOMMAND", "COMMAND");
}

std::string HelpText::groups(const CLI::App& app, Which which) const {
    std::string text;
    for (const std::string& group : app.get_groups()) {
        if (which == Which::of_all_commands && group == "Options") {
            continue;  // The command has its own --help.
        }
        const auto options = app.get_options([&](const CLI::Option* option) {
            return option->get_group() == group && option->nonpositional() &&
                   (which != Which::common || !is_rare(*option));
        });
        if (!group.empty() && !options.empty()) {
            text += make_group(group, false, options);
        }
    }
    return text;
}

std::string HelpText::whole_command(const CLI::App& app, std::string name) const {
    return make_description(&app) + make_usage(&app, std::move(name)) + make_positionals(&app) +
           groups(app, Which::all) + groups(*app.get_parent(), Which::of_all_commands) +
           make_footer(&app);
}

std::string HelpText::make_help(const CLI::App* app, std::string name,
                                CLI::AppFormatMode mode) const {
    if (mode == CLI::AppFormatMode::Sub) {
        return Formatter::make_help(app, std::move(name), mode);
    }
    if (mode == CLI::AppFormatMode::All && app->get_parent() != nullptr) {
        return condensed(whole_command(*app, std::move(name)));
    }
    return condensed(make_description(app) + make_usage(app, std::move(name)) +
                     make_positionals(app) + make_subcommands(app, mode) +
                     groups(*app, Which::common) + make_footer(app));
}

std::string HelpText::make_option_opts(const CLI::Option* option) const {
    const std::string placeholder = placeholder_of(*option);
    return placeholder.empty() ? "" : " " + placeholder;
}

}  // namespace headway::cli
