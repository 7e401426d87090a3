#include "cli/doctor_outside.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "cli/doctor_git.hpp"
#include "cli/verifying.hpp"
#include "cli/workbench.hpp"
#include "core/doctor_probes.hpp"
#include "core/message.hpp"
#include "git/remotes.hpp"

namespace headway::cli {

namespace {

using core::Check;
using core::Finding;

/// What is deployed, as far as it is known.
core::ProbeSubject subject_of(const Session& session, const Configuration& configuration,
                              const EnvironmentConfiguration& environment,
                              const core::Inspection* inspection) {
    core::ProbeSubject subject;
    subject.environment = environment.name;
    if (inspection != nullptr && inspection->facts.tip) {
        const core::EnvironmentFacts& facts = inspection->facts;
        subject.commit = facts.deployed()->hex();
        subject.tip = facts.joined ? facts.tip->hex() : std::string();
        subject.tag = tag_of(session, configuration, subject.commit);
    }
    return subject;
}

core::Deployed deployed_of(const core::Inspection* inspection) {
    return inspection != nullptr && !inspection->facts.tip ? core::Deployed::never
                                                           : core::Deployed::yes;
}

DeploymentMessage test_message(const Configuration& configuration,
                               const std::vector<const EnvironmentConfiguration*>& environments) {
    DeploymentMessage message;
    message.event = DeploymentEvent::note;
    message.environment =
        environments.size() == 1 ? environments.front()->name : "all environments";
    message.actor = author_of(configuration).actor;
    message.run_url = author_of(configuration).run_url;
    message.text = "A test by headway doctor: messages arrive here.";
    return message;
}

}  // namespace

void examine_probes(Session& session, const Configuration& configuration,
                    const std::vector<const EnvironmentConfiguration*>& environments,
                    const RemoteExamination& remote, std::vector<Finding>& findings) {
    std::vector<core::VerifyJob> jobs;
    for (const EnvironmentConfiguration* environment : environments) {
        findings.push_back(core::judge_version(*environment));
        if (environment->verify.probes.empty()) {
            continue;
        }
        try {
            jobs.push_back(job_of(session, *environment,
                                  subject_of(session, configuration, *environment,
                                             remote.inspection_of(environment->name))));
        } catch (const Error& error) {
            findings.push_back(core::problem(Check::probe, environment->name, error));
        }
    }
    const auto answers = core::ask_once(session.client, session.clock, jobs);
    for (std::size_t index = 0; index < jobs.size(); ++index) {
        std::vector<core::ProbeAnswer> own;
        std::copy_if(answers.begin(), answers.end(), std::back_inserter(own),
                     [&](const core::ProbeAnswer& answer) { return answer.job == index; });
        auto judged = core::judge_answers(jobs[index], own,
                                          deployed_of(remote.inspection_of(jobs[index].name)));
        std::move(judged.begin(), judged.end(), std::back_inserter(findings));
    }
}

void examine_channels(Session& session, const Configuration& configuration,
                      const std::vector<const EnvironmentConfiguration*>& environments,
                      std::vector<Finding>& findings) {
    if (!configuration.slack_webhook) {
        findings.push_back(core::not_checked(Check::channel, {}, "none is configured"));
        return;
    }
    std::vector<std::unique_ptr<Notifier>> channels;
    try {
        channels = open_channels(session, configuration);
    } catch (const Error& error) {
        findings.push_back(core::problem(Check::channel, {}, error));
        findings.push_back(
            core::not_checked(Check::channel_send, {}, "there is no channel to send to"));
        return;
    }
    for (const auto& channel : channels) {
        findings.push_back(core::fine(
            Check::channel, {},
            fmt::format("{}: {}", channel->channel(), configuration.slack_webhook->describe())));
        if (!session.options.send) {
            findings.push_back(core::not_checked(Check::channel_send, {}, "--send"));
            continue;
        }
        try {
            channel->send(test_message(configuration, environments));
            findings.push_back(core::fine(Check::channel_send, {},
                                          fmt::format("{} took a message", channel->channel())));
        } catch (const Interrupted&) {
            throw;
        } catch (const Error& error) {
            findings.push_back(core::problem(Check::channel_send, {}, error));
        }
    }
}

void examine_origin(std::vector<Finding>& findings) {
    std::error_code problem;
    const auto folder = std::filesystem::current_path(problem);
    if (!problem && git::find_checkout(folder.string()).origin_has_user_info) {
        findings.push_back(core::fine(
            Check::origin, {},
            "the checkout's origin holds a user or a password; headway uses neither these nor "
            "http.extraheader nor a credential helper, but the environment's token alone"));
    }
}

}  // namespace headway::cli
