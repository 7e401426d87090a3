#include "cli/flags.hpp"

#include <optional>

#include <CLI/CLI.hpp>

namespace headway::cli {

namespace {

std::string variable_of(const std::string& flag) {
    std::string name = "HEADWAY";
    for (std::size_t index = 1; index < flag.size(); ++index) {
        const char letter = flag[index];
        name +=
            letter == '-'
                ? '_'
                : static_cast<char>(letter >= 'a' && letter <= 'z' ? letter - 'a' + 'A' : letter);
    }
    return name;
}

/// A flag whose variable config::resolve reads itself, so that it can tell the origin.
void add_setting(CLI::App& app, const std::string& name, std::optional<std::string>& value,
                 const std::string& description, const std::string& placeholder) {
    app.add_option(name, value, description)->type_name(placeholder)->group("Settings");
}

/// The same for one that can be repeated.
void add_settings(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                  const std::string& description, const std::string& placeholder) {
    app.add_option(name, values, description)
        ->type_name(placeholder)
        ->expected(1)
        ->take_all()
        ->group("Settings");
}

std::string words_for(Plurality plurality) {
    switch (plurality) {
        case Plurality::many:
        case Plurality::many_unless_all:
            return "The environments; * and ? match, as in 'edge-*'";
        case Plurality::any_number:
            return "The environments; * and ? match [all of them]";
        case Plurality::one:
        case Plurality::at_most_one:
            break;
    }
    return "The environment";
}

}  // namespace

CLI::Option* add_option(CLI::App& app, const std::string& name, std::string& value,
                        const std::string& description, const std::string& placeholder) {
    return app.add_option(name, value, description)
        ->type_name(placeholder)
        ->envname(variable_of(name));
}

void add_flag(CLI::App& app, const std::string& name, bool& value, const std::string& description) {
    app.add_flag(name, value, description)->envname(variable_of(name));
}

void add_environments(CLI::App& app, Options& options, Plurality plurality) {
    auto* const words =
        app.add_option("ENV", options.flags.environments, words_for(plurality))->type_name("");
    if (plurality == Plurality::many) {
        words->required()->expected(1, -1);
    } else if (plurality == Plurality::one) {
        words->required()->expected(1);
    } else if (plurality == Plurality::any_number || plurality == Plurality::many_unless_all) {
        words->expected(0, -1);
    } else {
        words->expected(0, 1);
    }
}

void add_setting_flags(CLI::App& app, Options& options) {
    config::Flags& flags = options.flags;
    add_setting(app, "--remote", flags.remote, "The repository [CI_PROJECT_URL, else origin]",
                "URL");
    add_setting(app, "--source", flags.source, "The branch to promote from [the remote's HEAD]",
                "BRANCH");
    add_setting(app, "--branch", flags.branch, "The environment's deployment branch", "BRANCH");
    add_setting(app, "--token-env", flags.token_env, "The variable that holds the token", "NAME");
    add_setting(app, "--token-file", flags.token_file, "The file that holds the token", "FILE");
    app.add_flag("--token-stdin", flags.token_stdin, "Read the token from standard input")
        ->group("Settings");
    add_setting(app, "--token-user", flags.token_user,
                "The user name that goes with it [the forge's]", "NAME");
    add_setting(app, "--url", flags.url, "Where the environment answers", "URL");
    add_setting(app, "--ledger", flags.ledger, "refs, off, or branch:NAME", "WHERE");
    add_setting(app, "--identity-name", flags.identity_name, "Author of ledger events", "NAME");
    add_setting(app, "--identity-email", flags.identity_email, "Author of ledger events",
                "ADDRESS");
    add_setting(app, "--slack-webhook-env", flags.slack_webhook_env,
                "The variable that holds Slack's webhook", "NAME");
    add_setting(app, "--slack-webhook-file", flags.slack_webhook_file,
                "The file that holds Slack's webhook", "FILE");
}

void add_verify_flags(CLI::App& app, Options& options) {
    config::Flags& flags = options.flags;
    add_setting(app, "--probe", flags.probe, "What to ask: a URL, or a path below the url", "URL");
    add_settings(app, "--expect", flags.expect, "In the answer's JSON: '/version=${short_commit}'",
                 "POINTER=TEXT");
    add_setting(app, "--deadline", flags.deadline, "How long to wait [5m]", "TIME");
    add_setting(app, "--interval", flags.interval, "Between two rounds [2s]", "TIME");
    add_setting(app, "--consecutive", flags.consecutive, "Healthy rounds in a row [3]", "N");
}

void add_gate_flags(CLI::App& app, Options& options) {
    config::Flags& flags = options.flags;
    add_settings(app, "--after", flags.after, "Where the commit must be verified first", "ENV");
    add_setting(app, "--soak", flags.soak, "For how long it must have run there", "TIME");
    add_settings(app, "--freeze", flags.freeze, "Not then: 'Fri 16:00 to Mon 08:00 Asia/Tokyo'",
                 "WHEN");
    add_setting(app, "--on-unhealthy", flags.on_unhealthy, "fail [default], hold or rollback",
                "WORD");
    add_setting(app, "--on-retry", flags.on_retry, "refuse [default] or rollback", "WORD");
}

void add_global_flags(CLI::App& app, Options& options) {
    app.add_option("--config", options.flags.config, "The configuration file [.headway.yml]")
        ->type_name("FILE")
        ->group("Global");
    add_option(app, "--output", options.output, "text [default] or json", "FORMAT")
        ->group("Global");
    app.add_flag("--quiet", options.quiet, "Nothing but results and errors")
        ->envname("HEADWAY_QUIET")
        ->group("Global");
    app.add_flag("-v,--verbose", options.verbose, "Say what is done; -vv also every exchange")
        ->envname("HEADWAY_VERBOSE")
        ->group("Global");
    add_option(app, "--color", options.color, "auto [default], always or never", "WHEN")
        ->group("Global");
    add_option(app, "--timeout", options.timeout, "For one request to the git server [60s]", "TIME")
        ->group("Global");
    app.add_option("--ca-file", options.ca_files, "Trust these certificates too")
        ->type_name("FILE")
        ->envname("HEADWAY_CA_FILE")
        ->expected(1)
        ->take_all()
        ->group("Global");
}

}  // namespace headway::cli
