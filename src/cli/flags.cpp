#include "cli/flags.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/help_text.hpp"

namespace headway::cli {

namespace {

constexpr const char* k_settings = "Settings";
constexpr const char* k_probe = "Probe, in place of those of the environment";

/// "fail [default], hold or rollback"
std::string described(std::initializer_list<std::string_view> words) {
    std::string text;
    for (const std::string_view word : words) {
        if (word == *words.begin()) {
            text = fmt::format("{} [default]", word);
        } else {
            text += (word == *(words.end() - 1) ? " or " : ", ") + std::string(word);
        }
    }
    return text;
}

/// A flag whose variable config::resolve reads itself, so that it can tell the origin.
CLI::Option* add_setting(CLI::App& app, const std::string& name, std::optional<std::string>& value,
                         const std::string& description, const std::string& placeholder,
                         const std::string& group = k_settings) {
    return app.add_option(name, value, description)->type_name(placeholder)->group(group);
}

/// The same for one that can be repeated. A value in brackets is no list: '[0-9]' is a pattern.
void add_settings(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                  const std::string& description, const std::string& placeholder,
                  const std::string& group = k_settings) {
    app.add_option(name, values, description)
        ->type_name(placeholder)
        ->expected(1)
        ->allow_extra_args(false)
        ->take_all()
        ->group(group);
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

void add_request_flags(CLI::App& app, config::Flags& flags, const std::string& group) {
    const auto one = [&](const std::string& name, std::optional<std::string>& value,
                         const std::string& description, const std::string& placeholder) {
        return add_setting(app, name, value, description, placeholder, group);
    };
    offer(one("--method", flags.method, "", "WORD"),
          {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"});
    add_settings(app, "--header", flags.header, "Send 'Accept: text/plain'; no secrets", "HEADER",
                 group);
    add_settings(app, "--header-env", flags.header_env, "Send the variable's value as this header",
                 "NAME=VARIABLE", group);
    one("--body", flags.body, "Send this text", "TEXT");
    one("--body-file", flags.body_file, "Send what the file holds", "FILE");
    one("--request-timeout", flags.request_timeout, "For one request [10s]", "TIME");
    offer(one("--redirects", flags.redirects, "", "WORD"), {"none", "same-origin", "any"});
    one("--unix-socket", flags.unix_socket, "Ask this socket", "FILE");
    one("--client-cert", flags.client_cert, "Show this certificate (PEM)", "FILE");
    one("--client-key", flags.client_key, "Its key [in the same file]", "FILE");
}

void add_answer_flags(CLI::App& app, config::Flags& flags, const std::string& group) {
    add_settings(app, "--expect-header", flags.expect_header, "In a header: 'X-Version=${tag}'",
                 "NAME=TEXT", group);
    add_settings(app, "--matches", flags.matches, "Somewhere in the body", "REGEX", group);
    add_setting(app, "--max-latency", flags.max_latency, "A slower answer is unhealthy", "TIME",
                group);
}

}  // namespace

std::string variable_of(std::string_view flag) {
    std::string name = "HEADWAY";
    for (const char letter : flag.substr(1)) {
        name +=
            letter == '-'
                ? '_'
                : static_cast<char>(letter >= 'a' && letter <= 'z' ? letter - 'a' + 'A' : letter);
    }
    return name;
}

CLI::Option* offer(CLI::Option* option, std::initializer_list<std::string_view> words) {
    if (option->get_description().empty()) {
        option->description(described(words));
    }
    // As CLI11 writes the words of its own checks.
    return option->type_name(
        fmt::format("{}:{{{}}}", option->get_type_name(), fmt::join(words, ",")));
}

std::vector<std::string> offered_words(const CLI::Option& option) {
    const std::string type = option.get_type_name();
    const auto start = type.find(":{");
    std::vector<std::string> words;
    if (start == std::string::npos || type.back() != '}') {
        return words;
    }
    const std::string list = type.substr(start + 2, type.size() - start - 3);
    for (std::size_t at = 0; at <= list.size();) {
        const std::size_t comma = std::min(list.find(',', at), list.size());
        words.push_back(list.substr(at, comma - at));
        at = comma + 1;
    }
    return words;
}

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

void add_setting_flags(CLI::App& app, Options& options, UrlCount urls) {
    config::Flags& flags = options.flags;
    add_setting(app, "--remote", flags.remote, "The repository [CI's, else the checkout's origin]",
                "URL");
    offer(add_setting(app, "--forge", flags.forge, "gitlab, github, azure, bitbucket, gitea or git",
                      "NAME", k_more_settings),
          {"gitlab", "github", "azure", "bitbucket", "gitea", "git"});
    add_setting(app, "--source", flags.source, "The branch to promote from [the remote's HEAD]",
                "BRANCH");
    add_setting(app, "--branch", flags.branch, "The environment's deployment branch", "BRANCH");
    add_setting(app, "--token-env", flags.token_env, "The variable that holds the token", "NAME");
    add_setting(app, "--token-file", flags.token_file, "The file that holds the token", "FILE");
    app.add_flag("--token-stdin", flags.token_stdin, "Read the token from standard input")
        ->group(k_more_settings);
    add_setting(app, "--token-user", flags.token_user,
                "The user name that goes with it [the forge's]", "NAME", k_more_settings);
    if (urls == UrlCount::many) {
        add_settings(app, "--url", options.urls,
                     "Where it answers; without ENV as many as you like", "URL");
    } else {
        add_setting(app, "--url", flags.url, "Where the environment answers", "URL");
    }
    offer(add_setting(app, "--ledger", flags.ledger, "refs [default], off, or branch:NAME", "WHERE",
                      k_more_settings),
          {"refs", "off"});
    add_setting(app, "--identity-name", flags.identity_name, "Author of ledger events", "NAME",
                k_more_settings);
    add_setting(app, "--identity-email", flags.identity_email, "Author of ledger events", "ADDRESS",
                k_more_settings);
    add_setting(app, "--slack-webhook-env", flags.slack_webhook_env,
                "The variable that holds Slack's webhook", "NAME");
    add_setting(app, "--slack-webhook-file", flags.slack_webhook_file,
                "The file that holds Slack's webhook", "FILE", k_more_settings);
}

void add_verify_flags(CLI::App& app, Options& options, ProbeHelp help) {
    config::Flags& flags = options.flags;
    const std::string settings = help == ProbeHelp::many ? k_settings : k_more_settings;
    add_setting(app, "--deadline", flags.deadline, "How long to wait [5m]", "TIME");
    add_setting(app, "--interval", flags.interval, "Between two rounds [2s]", "TIME",
                k_more_settings);
    add_setting(app, "--consecutive", flags.consecutive, "Healthy rounds in a row [3]", "N",
                k_more_settings);
    add_setting(app, "--watch", flags.watch, "And then it has to stay so for [0s]", "TIME");
    add_setting(app, "--tag", flags.tag, "What ${tag} stands for [CI_COMMIT_TAG]", "TAG", settings);
    add_settings(app, "--var", flags.var, "What ${NAME} stands for", "NAME=VALUE", settings);
    const std::string group = help == ProbeHelp::many ? k_probe : k_settings;
    add_setting(app, "--probe", flags.probe, "What to ask: a URL, or a path below the url", "URL",
                group);
    add_settings(app, "--expect", flags.expect, "In the answer's JSON: '/version=${short_commit}'",
                 "POINTER=TEXT", group);
    const std::string rest = help == ProbeHelp::many ? k_probe : k_more_of_probe;
    add_setting(app, "--status", flags.status, "What is healthy, as 200-299,304 [200]", "LIST",
                rest);
    add_settings(app, "--contains", flags.contains, "Somewhere in the body", "TEXT", rest);
    add_settings(app, "--resolve", flags.resolve, "Ask this IP address, whatever the name has",
                 "ADDRESS", rest);
    add_request_flags(app, flags, k_more_of_probe);
    add_answer_flags(app, flags, k_more_of_probe);
}

void add_merge_request_flags(CLI::App& app, Options& options) {
    config::Flags& flags = options.flags;
    add_setting(app, "--api-token-env", flags.api_token_env,
                "The variable that holds a token for --follow-up", "NAME", k_more_settings);
    add_setting(app, "--api-token-file", flags.api_token_file,
                "The file that holds a token for --follow-up", "FILE", k_more_settings);
    add_setting(app, "--api", flags.api, "Where the forge's API begins [by the remote]", "URL",
                k_more_settings);
}

void add_evidence_flags(CLI::App& app, Options& options) {
    add_option(app, "--junit", options.junit, "Write a JUnit report of what was verified", "FILE")
        ->group(k_settings);
    add_option(app, "--dotenv", options.dotenv, "Write VERIFY_OUTCOME and others for later jobs",
               "FILE")
        ->group(k_settings);
    add_option(app, "--annotations", options.annotations, "Write links for GitLab's job page",
               "FILE")
        ->group(k_settings);
}

void add_gate_flags(CLI::App& app, Options& options) {
    config::Flags& flags = options.flags;
    add_settings(app, "--after", flags.after, "Where the commit must be verified first", "ENV",
                 k_more_settings);
    add_setting(app, "--soak", flags.soak, "For how long it must have run there", "TIME",
                k_more_settings);
    add_settings(app, "--freeze", flags.freeze, "Not then: 'Fri 16:00 to Mon 08:00 Asia/Tokyo'",
                 "WHEN", k_more_settings);
    offer(add_setting(app, "--on-unhealthy", flags.on_unhealthy, "", "WORD"),
          {"fail", "hold", "rollback"});
    offer(add_setting(app, "--on-retry", flags.on_retry, "", "WORD", k_more_settings),
          {"refuse", "rollback"});
}

void add_global_flags(CLI::App& app, Options& options) {
    app.add_option("--config", options.flags.config, "The configuration file [.headway.yml]")
        ->type_name("FILE")
        ->group("Global");
    offer(add_option(app, "--output", options.output, "", "FORMAT"), {"text", "json"})
        ->group("Global");
    app.add_flag("--quiet", options.quiet, "Nothing but results and errors")
        ->envname("HEADWAY_QUIET")
        ->group("Global");
    app.add_flag("-v,--verbose", options.verbose, "Say what is done; -vv also every exchange")
        ->envname("HEADWAY_VERBOSE")
        ->group("Global");
    offer(add_option(app, "--color", options.color, "", "WHEN"), {"auto", "always", "never"})
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
