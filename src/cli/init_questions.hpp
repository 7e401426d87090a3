#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/init_plan.hpp"
#include "headway/clock.hpp"
#include "headway/error.hpp"

namespace headway::cli {

/// Asks one question and returns the line that came, or nothing at the end of the input.
using Ask = std::function<std::optional<std::string>(const std::string& question)>;
/// Shows what is wrong with an answer; the question is asked again.
using Complain = std::function<void(const Error& error)>;

/// What the command line has said already, and is not asked for again.
struct Answered {
    bool environments = false;
    bool urls = false;
    bool health = false;
    bool version_pointer = false;
    bool slack = false;
};

/// Completes the plan by asking: environments and branches, where each answers, the health path and
/// the version in it, Slack. An empty answer takes what the question shows in brackets, "-" means
/// none. Throws Interrupted at the end of the input.
void ask_for(InitPlan& plan, const Answered& answered, const Ask& ask, const Complain& complain);

/// "staging=deploy/staging": both checked. `where`: for messages, "--environment".
[[nodiscard]] InitEnvironment parse_environment(const std::string& text, const std::string& where);

/// Gives the environment `name` this url; both checked.
void set_url(InitPlan& plan, const std::string& name, const std::string& url,
             const std::string& where);

/// A health path as the configuration takes it, and the pointer to the version in its answer.
[[nodiscard]] std::string checked_health(const std::string& text, const std::string& where);
[[nodiscard]] std::string checked_version_pointer(const std::string& text,
                                                  const std::string& where);

/// Refuses two environments of one name or with one branch, and one that deploys from the source.
void check_environments(const InitPlan& plan, const std::string& where);

/// A line of standard input, without its end; at most 4096 bytes. Nothing at the end of the input.
/// Throws Interrupted when a signal comes first.
[[nodiscard]] std::optional<std::string> read_line(Interrupt& interrupt);

}  // namespace headway::cli
