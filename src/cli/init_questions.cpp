#include "cli/init_questions.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <sstream>
#include <vector>

#include <fmt/format.h>

#include "config/config.hpp"
#include "config/templates.hpp"
#include "config/urls.hpp"
#include "config/values.hpp"
#include "headway/error.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

constexpr std::string_view k_none = "-";

/// Asks until `use` takes the answer. An empty one stands for `by_default`.
void ask_until(const Ask& ask, const Complain& complain, const std::string& question,
               const std::string& by_default, const std::function<void(const std::string&)>& use) {
    while (true) {
        const auto line = ask(fmt::format("{} [{}]: ", question, by_default));
        if (!line) {
            throw Interrupted("the input ended before all was answered", "nothing was written",
                              {"without questions: headway init --yes"});
        }
        const std::string answer(trimmed(*line));
        try {
            use(answer.empty() ? by_default : answer);
            return;
        } catch (const Error& error) {
            complain(error);
        }
    }
}

std::string listed(const std::vector<InitEnvironment>& environments) {
    std::vector<std::string> words;
    words.reserve(environments.size());
    for (const InitEnvironment& environment : environments) {
        words.push_back(fmt::format("{}={}", environment.name, environment.branch));
    }
    return fmt::format("{}", fmt::join(words, " "));
}

const InitEnvironment* find(const InitPlan& plan, const std::string& name) {
    const auto found =
        std::find_if(plan.environments.begin(), plan.environments.end(),
                     [&](const InitEnvironment& environment) { return environment.name == name; });
    return found == plan.environments.end() ? nullptr : &*found;
}

/// What is proposed where no branch looks like one of an environment.
std::vector<InitEnvironment> usual_environments(CiSystem ci) {
    const std::string prefix = ci == CiSystem::gitlab ? "_gitlab/agents/" : "deploy/";
    return {{"staging", prefix + "staging", {}}, {"production", prefix + "production", {}}};
}

void ask_for_environments(InitPlan& plan, const Ask& ask, const Complain& complain) {
    const auto proposed =
        plan.environments.empty() ? usual_environments(plan.ci) : plan.environments;
    ask_until(ask, complain, "Environments, and the branch that each deploys from",
              listed(proposed), [&](const std::string& answer) {
                  InitPlan candidate;
                  candidate.source = plan.source;
                  std::istringstream words(answer);
                  for (std::string word; words >> word;) {
                      candidate.environments.push_back(parse_environment(word, "answer"));
                  }
                  check_environments(candidate, "answer");
                  for (InitEnvironment& environment : candidate.environments) {
                      const InitEnvironment* const known = find(plan, environment.name);
                      environment.url = known == nullptr ? std::string() : known->url;
                  }
                  plan.environments = std::move(candidate.environments);
              });
    put_in_order(plan.environments);
}

}  // namespace

InitEnvironment parse_environment(const std::string& text, const std::string& where) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) {
        throw Error(
            ExitCode::usage, fmt::format("{}: {} names no branch", where, config::in_quotes(text)),
            "an environment deploys from a branch", {"NAME=BRANCH, as staging=deploy/staging"});
    }
    const Origin origin{where};
    return {config::checked_environment(text.substr(0, equals), origin),
            config::checked_branch(text.substr(equals + 1), origin),
            {}};
}

void check_environments(const InitPlan& plan, const std::string& where) {
    std::set<std::string> names;
    std::set<std::string> branches;
    for (const InitEnvironment& environment : plan.environments) {
        if (!names.insert(environment.name).second) {
            throw Error(ExitCode::usage,
                        fmt::format("{}: {} is named twice", where, environment.name));
        }
        if (!branches.insert(environment.branch).second) {
            throw Error(
                ExitCode::usage,
                fmt::format("{}: two environments deploy from {}", where, environment.branch),
                "each needs a branch of its own, which moves with it alone");
        }
        if (environment.branch == plan.source) {
            throw Error(ExitCode::usage,
                        fmt::format("{}: {} deploys from {}, where promotions come from", where,
                                    environment.name, environment.branch),
                        "an environment needs a branch of its own",
                        {fmt::format("{0}=deploy/{0}", environment.name)});
        }
    }
}

void set_url(InitPlan& plan, const std::string& name, const std::string& url,
             const std::string& where) {
    const auto found =
        std::find_if(plan.environments.begin(), plan.environments.end(),
                     [&](const InitEnvironment& environment) { return environment.name == name; });
    if (found == plan.environments.end()) {
        std::vector<std::string> names;
        names.reserve(plan.environments.size());
        for (const InitEnvironment& environment : plan.environments) {
            names.push_back(environment.name);
        }
        throw Error(ExitCode::usage,
                    fmt::format("{}: unknown environment {}", where, config::in_quotes(name)),
                    fmt::format("the environments are {}", config::joined(names, 10)),
                    config::suggestion(name, names));
    }
    found->url = config::checked_url(url, {where});
}

std::string checked_health(const std::string& text, const std::string& where) {
    if (!text.starts_with('/')) {
        throw Error(ExitCode::usage,
                    fmt::format("{}: {} is not a path", where, config::in_quotes(text)),
                    "it is asked below the url of each environment", {"a path, as /health"});
    }
    return config::checked_probe_url(text, config::template_names({}), {where});
}

std::string checked_version_pointer(const std::string& text, const std::string& where) {
    return config::checked_pointer(text, {where});
}

void ask_for(InitPlan& plan, const Answered& answered, const Ask& ask, const Complain& complain) {
    if (!answered.environments) {
        ask_for_environments(plan, ask, complain);
    }
    for (const InitEnvironment& environment : plan.environments) {
        if (!answered.urls) {
            const std::string name = environment.name;
            ask_until(ask, complain,
                      fmt::format("Where does {} answer? A URL, or - for none", name),
                      std::string(k_none), [&](const std::string& answer) {
                          if (answer != k_none) {
                              set_url(plan, name, answer, "answer");
                          }
                      });
        }
    }
    const bool answers =
        std::any_of(plan.environments.begin(), plan.environments.end(),
                    [](const InitEnvironment& environment) { return !environment.url.empty(); });
    if (answers && !answered.health) {
        ask_until(ask, complain, "Which path below it tells its health? - for none", "/health",
                  [&](const std::string& answer) {
                      plan.health =
                          answer == k_none ? std::string() : checked_health(answer, "answer");
                  });
    }
    if (!plan.health.empty() && !answered.version_pointer) {
        ask_until(ask, complain, "Where in its JSON is the commit that runs? - for nowhere",
                  "/version", [&](const std::string& answer) {
                      plan.version_pointer = answer == k_none
                                                 ? std::string()
                                                 : checked_version_pointer(answer, "answer");
                  });
    }
    if (!answered.slack) {
        ask_until(ask, complain, "Which variable holds Slack's webhook? - for none",
                  std::string(k_none), [&](const std::string& answer) {
                      plan.slack_variable = answer == k_none
                                                ? std::string()
                                                : config::checked_variable(answer, {"answer"});
                  });
    }
}

std::optional<std::string> read_line(Interrupt& interrupt) {
    constexpr std::size_t k_longest = 4096;
    std::string line;
    while (line.size() < k_longest) {
        std::array<pollfd, 2> waits{
            pollfd{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
            pollfd{.fd = interrupt.descriptor(), .events = POLLIN, .revents = 0}};
        (void)poll(waits.data(), waits.size(), -1);
        if (interrupt.requested()) {
            throw Interrupted("interrupted", "nothing was written");
        }
        char letter = 0;
        const ssize_t count = read(STDIN_FILENO, &letter, 1);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return line.empty() ? std::nullopt : std::optional(line);
        }
        if (letter == '\n') {
            return line;
        }
        line += letter;
    }
    return line;
}

}  // namespace headway::cli
