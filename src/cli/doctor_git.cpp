#include "cli/doctor_git.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "cli/report.hpp"
#include "config/config.hpp"
#include "core/doctor_push.hpp"
#include "core/doctor_token.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

using core::Check;
using core::Finding;

constexpr std::size_t k_enough_of_the_answer = 4096;

/// What `step` fails with, if it does. Interrupted goes on.
template <typename Step>
std::optional<Error> failure_of(Step step) {
    try {
        step();
    } catch (const Interrupted&) {
        throw;
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

std::int64_t epoch(const Session& session) {
    return session.clock.now().time_since_epoch().count();
}

/// The variable by which libcurl finds the proxy; its value may hold a password.
std::string proxy_variable(const Session& session, std::string_view url) {
    const bool secure = url.starts_with("https:");
    for (const std::string_view name :
         secure ? std::array<std::string_view, 4>{"https_proxy", "HTTPS_PROXY", "all_proxy",
                                                  "ALL_PROXY"}
                : std::array<std::string_view, 4>{"http_proxy", "all_proxy", "ALL_PROXY", ""}) {
        const auto value = name.empty() ? std::nullopt : session.variables(name);
        if (value && !value->empty()) {
            return std::string(name);
        }
    }
    return "the environment";
}

HttpRequest reachability_question(const Session& session, const std::string& remote) {
    HttpRequest request;
    request.url = remote + "/info/refs?service=git-upload-pack";
    request.headers.push_back({"Git-Protocol", "version=2"});
    request.timeout = session.request_timeout();
    request.connect_timeout = std::min(request.connect_timeout, request.timeout);
    request.max_body = k_enough_of_the_answer;
    request.on_large_body = OnLargeBody::cut;
    return request;
}

std::string token_of(const EnvironmentConfiguration& environment) {
    return environment.token ? environment.token->describe() : std::string();
}

}  // namespace

RemoteExamination::RemoteExamination(
    Session& session, const Configuration& configuration,
    const std::vector<const EnvironmentConfiguration*>& environments)
    : m_session(session),
      m_configuration(configuration),
      m_environments(environments),
      m_local(config::is_local_remote(configuration.remote.value)) {
    for (const EnvironmentConfiguration* environment : environments) {
        group(*environment);
    }
}

void RemoteExamination::group(const EnvironmentConfiguration& environment) {
    const auto known = std::find_if(m_groups.begin(), m_groups.end(), [&](const Group& group) {
        const EnvironmentConfiguration& first = *group.environments.front();
        return token_of(first) == token_of(environment) &&
               first.token_user.value == environment.token_user.value;
    });
    if (known != m_groups.end()) {
        known->environments.push_back(&environment);
        return;
    }
    Group group;
    group.environments.push_back(&environment);
    group.token = m_local ? std::string() : token_of(environment);
    m_groups.push_back(std::move(group));
}

const core::Inspection* RemoteExamination::inspection_of(const std::string& environment) const {
    if (!m_repository) {
        return nullptr;
    }
    const auto& list = m_repository->environments;
    const auto found = std::find_if(list.begin(), list.end(), [&](const auto& inspection) {
        return inspection.target.name == environment;
    });
    return found == list.end() ? nullptr : &*found;
}

void RemoteExamination::run(std::vector<Finding>& findings) {
    (void)config::require_remote(m_configuration);
    const bool answers = reach(findings);
    for (Group& group : m_groups) {
        if (answers || !m_local) {
            open(group, findings);
        } else {
            leave_out(group, {Check::token}, "a repository on this machine needs none", findings);
        }
        if (!answers) {
            leave_out(group,
                      {Check::access, Check::expiry, Check::branch, Check::push, Check::force_push,
                       Check::ledger, Check::ledger_push, Check::gates},
                      "the remote does not answer", findings);
        } else if (group.bench != nullptr) {
            ask_access(group, findings);
            ask_expiry(group, findings);
        } else {
            leave_out(group, {Check::access, Check::expiry}, "there is no token", findings);
        }
    }
    if (!answers) {
        return;
    }
    read(findings);
    for (Group& group : m_groups) {
        if (group.accepted && m_repository) {
            try_branches(group, findings);
            try_ledgers(group, findings);
        } else {
            leave_out(group, {Check::push, Check::force_push, Check::ledger_push},
                      group.bench == nullptr ? "there is no token"
                      : group.accepted       ? "the repository could not be read"
                                             : "access has to be mended first",
                      findings);
        }
    }
}

/// One request without any token: what is in the way of it is neither the token's nor git's.
bool RemoteExamination::reach(std::vector<Finding>& findings) {
    const std::string& remote = m_configuration.remote.value;
    if (m_local) {
        const auto failure =
            failure_of([&] { ReadingDesk(m_session, m_configuration, m_environments); });
        findings.push_back(failure ? core::problem(Check::remote, {}, *failure)
                                   : core::fine(Check::remote, {},
                                                printable(remote) + " is a repository on this "
                                                                    "machine"));
        return !failure;
    }
    HttpResponse response;
    const auto failure = failure_of(
        [&] { response = m_session.client.perform(reachability_question(m_session, remote)); });
    if (failure) {
        findings.push_back(core::problem(Check::remote, {}, *failure));
        return false;
    }
    findings.push_back(core::fine(
        Check::remote, {},
        fmt::format("{} answers in {}{}", remote, human(response.timings.total),
                    response.through_proxy ? fmt::format(", through the proxy of {}",
                                                         proxy_variable(m_session, remote))
                                           : std::string())));
    if (response.certificate_expiry) {
        findings.push_back(core::judge_certificate(
            response.certificate_expiry->time_since_epoch().count(), epoch(m_session)));
    }
    return true;
}

void RemoteExamination::open(Group& group, std::vector<Finding>& findings) {
    const auto failure = failure_of([&] {
        group.bench = std::make_unique<Workbench>(m_session, m_configuration, group.environments);
    });
    for (const EnvironmentConfiguration* environment : group.environments) {
        if (failure) {
            findings.push_back(core::problem(Check::token, environment->name, *failure));
        } else if (group.token.empty()) {
            findings.push_back(core::not_checked(
                Check::token, environment->name,
                m_local ? "a repository on this machine needs none" : "none is configured"));
        } else {
            findings.push_back(core::fine(Check::token, environment->name, group.token));
        }
    }
}

void RemoteExamination::ask_access(Group& group, std::vector<Finding>& findings) {
    std::string manner;
    const auto failure = failure_of([&] {
        const std::string& source = m_configuration.source.value;
        const std::vector<std::string> names{source.empty() ? "HEAD" : "refs/heads/" + source};
        (void)group.bench->remote().list_refs(names);
        manner = group.bench->remote().push_abilities().atomic
                     ? ""
                     : "; it moves a branch and its ledger one after the other";
    });
    group.accepted = !failure;
    const std::string who =
        group.token.empty() ? "reading and pushing are open" : "the remote takes " + group.token;
    for (const EnvironmentConfiguration* environment : group.environments) {
        findings.push_back(failure ? core::problem(Check::access, environment->name, *failure)
                                   : core::fine(Check::access, environment->name, who + manner));
    }
}

void RemoteExamination::ask_expiry(const Group& group, std::vector<Finding>& findings) {
    const bool known = group.bench->forge().name() == "gitlab" && group.bench->token();
    std::optional<HttpRequest> question;
    if (known) {
        question = core::token_question(m_configuration.remote.value,
                                        m_session.variables("CI_API_V4_URL").value_or(""),
                                        *group.bench->token(), m_session.request_timeout());
    }
    if (!question) {
        leave_out(group, {Check::expiry},
                  group.token.empty() ? "there is no token" : "only GitLab tells", findings);
        return;
    }
    HttpResponse response;
    const auto failure = failure_of([&] { response = m_session.client.perform(*question); });
    if (failure) {
        leave_out(group, {Check::expiry}, failure->what(), findings);
        return;
    }
    for (const EnvironmentConfiguration* environment : group.environments) {
        findings.push_back(
            core::judge_token_answer(environment->name, group.token, response, epoch(m_session)));
    }
}

/// By the first token that is taken; else as one who has none.
void RemoteExamination::read(std::vector<Finding>& findings) {
    std::vector<core::EnvironmentTarget> targets;
    targets.reserve(m_environments.size());
    for (const EnvironmentConfiguration* environment : m_environments) {
        targets.push_back(target_of(m_configuration, *environment));
    }
    const auto accepted = std::find_if(m_groups.begin(), m_groups.end(),
                                       [](const Group& group) { return group.accepted; });
    std::optional<ReadingDesk> desk;
    const auto failure = failure_of([&] {
        GitRemote* remote = nullptr;
        if (accepted == m_groups.end()) {
            desk.emplace(m_session, m_configuration,
                         std::vector<const EnvironmentConfiguration*>{});
            remote = &desk->remote();
        } else {
            remote = &accepted->bench->remote();
        }
        m_repository =
            core::inspect(*remote, m_configuration.source.value, targets, epoch(m_session));
    });
    if (failure) {
        findings.push_back(
            accepted == m_groups.end()
                ? core::not_checked(Check::source, {}, "the repository could not be read")
                : core::problem(Check::source, {}, *failure));
        for (const Group& group : m_groups) {
            leave_out(group, {Check::branch, Check::ledger, Check::gates},
                      "the repository could not be read", findings);
        }
        return;
    }
    findings.push_back(m_repository->source_tip
                           ? core::fine(Check::source, {},
                                        fmt::format("{} is at {}", m_repository->source,
                                                    m_repository->source_tip->short_hex()))
                           : core::problem(Check::source, {}, *m_repository->source_failure));
    for (const core::Inspection& inspection : m_repository->environments) {
        auto judged = core::judge_inspection(inspection);
        std::move(judged.begin(), judged.end(), std::back_inserter(findings));
    }
}

void RemoteExamination::try_branches(Group& group, std::vector<Finding>& findings) {
    std::vector<core::TrialTarget> targets;
    for (const EnvironmentConfiguration* environment : group.environments) {
        const auto target = core::branch_target(*m_repository, *inspection_of(environment->name));
        if (target) {
            targets.push_back(*target);
            continue;
        }
        for (const Check check : {Check::push, Check::force_push}) {
            findings.push_back(core::not_checked(check, environment->name,
                                                 "the branch's newest commit cannot be read"));
        }
    }
    const core::Actors actors = group.bench->actors();
    std::vector<core::BranchTrial> trials;
    if (m_local) {  // It compares before it judges a move back.
        for (auto& result : core::try_pushes(actors, targets, core::TrialDirection::forward)) {
            trials.push_back({.back = {}, .forward = std::move(result)});
        }
    } else {
        trials = core::try_branches(actors, targets);
    }
    for (std::size_t index = 0; index < targets.size(); ++index) {
        auto judged = core::judge_branch_trial(targets[index], trials[index],
                                               group.bench->forge().name(), group.token);
        if (m_local) {
            judged.back() = core::not_checked(Check::force_push, targets[index].environment,
                                              "a repository on this machine tells only when a "
                                              "branch is moved back");
        }
        std::move(judged.begin(), judged.end(), std::back_inserter(findings));
    }
}

void RemoteExamination::try_ledgers(Group& group, std::vector<Finding>& findings) {
    if (m_configuration.ledger.place == LedgerPlace::off) {
        leave_out(group, {Check::ledger_push}, "the configuration turns the ledger off", findings);
        return;
    }
    std::vector<core::TrialTarget> targets;
    targets.reserve(group.environments.size());
    for (const EnvironmentConfiguration* environment : group.environments) {
        targets.push_back(core::ledger_target(*inspection_of(environment->name)));
    }
    const auto results =
        core::try_pushes(group.bench->actors(), targets, core::TrialDirection::forward);
    for (std::size_t index = 0; index < targets.size(); ++index) {
        findings.push_back(
            core::judge_ledger_trial(targets[index], results[index], group.bench->forge().name()));
    }
}

void RemoteExamination::leave_out(const Group& group, const std::vector<Check>& checks,
                                  const std::string& reason, std::vector<Finding>& findings) const {
    for (const EnvironmentConfiguration* environment : group.environments) {
        for (const Check check : checks) {
            findings.push_back(core::not_checked(check, environment->name, reason));
        }
    }
}

}  // namespace headway::cli
