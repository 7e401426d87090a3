#include "cli/verifying.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "cli/report.hpp"
#include "cli/verify_details.hpp"
#include "cli/verify_display.hpp"
#include "config/ci.hpp"
#include "config/config.hpp"
#include "core/probe.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

long long epoch(const Session& session) {
    return session.clock.now().time_since_epoch().count();
}

/// A part of the log while it lives.
class Section {
public:
    Section(Session& session, std::string name, const std::string& header)
        : m_session(session), m_name(std::move(name)) {
        session.output.section_start(m_name, header, epoch(session));
    }
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;
    ~Section() { m_session.output.section_end(m_name, epoch(m_session)); }

private:
    Session& m_session;
    std::string m_name;
};

std::string section_name(const std::vector<core::VerifyJob>& jobs) {
    if (jobs.size() > 1) {
        return "headway_verify";
    }
    const std::string& environment = jobs.front().subject.environment;
    return "headway_verify_" + (environment.empty() ? "url" : environment);
}

std::string section_header(const std::vector<core::VerifyJob>& jobs) {
    return jobs.size() > 1 ? fmt::format("Verifying {} environments", jobs.size())
                           : fmt::format("Verifying {}", jobs.front().name);
}

bool names_tag(std::string_view text) {
    return text.find("${tag}") != std::string_view::npos;
}

/// Takes what only a tag could prove out of a probe; whether there was anything.
bool leave_out_tag(ProbeConfiguration& probe) {
    bool any = false;
    for (auto* list : {&probe.json, &probe.answer_headers, &probe.answer_body}) {
        any = std::erase_if(
                  *list,
                  [](const Expectation& expectation) { return names_tag(expectation.text); }) > 0 ||
              any;
    }
    return any;
}

void note_missing_version(Session& session, const core::VerifyJob& job) {
    const bool alone = job.subject.environment.empty();  // What is expected is a literal text.
    const bool known = !job.subject.commit.empty() || !job.subject.tag.empty();
    if ((known && job.configuration.proves_version()) ||
        (alone && core::speaks_of_version(job.configuration))) {
        return;
    }
    session.output.line(
        Verbosity::normal,
        fmt::format(
            "{}: no probe names the version: health alone cannot tell the old version "
            "from the new (add {})",
            job.name,
            alone ? "--expect /version=TEXT" : "json: {/version: \"${short_commit}\"} to a probe"));
}

/// `cut` without what the cut has left of a secret at its end.
std::string without_rest_of_secret(const Redactor& redactor, std::string_view cut) {
    constexpr std::string_view k_ellipsis = "…";  // What tells the redactor of a cut.
    std::string text = redactor.scrub(std::string(trimmed(cut)).append(k_ellipsis));
    text.resize(text.size() - k_ellipsis.size());
    return text;
}

/// What servers say may hold a secret of theirs that headway knows, too.
void scrub(const Redactor& redactor, core::VerifyReport& report) {
    report.words = redactor.scrub(report.words);
    for (core::OriginReport& origin : report.origins) {
        for (std::string* text :
             {&origin.url, &origin.words, &origin.evidence.body, &origin.evidence.url}) {
            *text = redactor.scrub(*text);
        }
        if (origin.evidence.body_cut) {
            origin.evidence.body = without_rest_of_secret(redactor, origin.evidence.body);
        }
    }
}

void show(Session& session, const core::VerifyJob& job, const core::VerifyReport& report) {
    if (report.converged()) {
        session.output.result(
            fmt::format("{}: {} ({})", job.name, report.words, human(report.duration)));
        return;
    }
    if (const core::OriginReport* failing = report.failing()) {
        const std::vector<std::string> details = details_of(*failing, session.clock.now());
        session.output.line(Verbosity::normal, details.front());
        std::for_each(details.begin() + 1, details.end(),
                      [&](const std::string& line) { session.output.detail(line); });
    }
}

std::string what_failed(const std::string& where, const std::string& version,
                        core::Outcome outcome) {
    switch (outcome) {
        case core::Outcome::still_old:
            return version.empty()
                       ? fmt::format("{} still runs another version than the expected one", where)
                       : fmt::format("{} still runs another version, not {}", where, version);
        case core::Outcome::mixed:
            return fmt::format("{} runs {} only in part", where,
                               version.empty() ? "the expected version" : version);
        case core::Outcome::unreachable:
            return fmt::format("{} does not answer", where);
        case core::Outcome::converged:
        case core::Outcome::unhealthy:
            break;
    }
    return version.empty() ? fmt::format("{} is not healthy", where)
                           : fmt::format("{} does not run {} healthily", where, version);
}

core::Random jitter() {
    return [engine = std::minstd_rand(std::random_device()()),
            unit = std::uniform_real_distribution<double>(0.0, 1.0)]() mutable {
        return unit(engine);
    };
}

}  // namespace

core::VerifyJob job_of(Session& session, const EnvironmentConfiguration& environment,
                       core::ProbeSubject subject) {
    core::VerifyJob job;
    job.name = environment.name;
    job.configuration = environment.verify;
    const auto find = [&](const SecretReference& reference) {
        return config::read_text(reference, session.variables, config::system_readers());
    };
    const auto find_secret = [&](const SecretReference& reference) {
        Secret secret = find(reference);
        session.output.redactor().add(secret);
        return secret;
    };
    for (const auto& [name, value] : environment.verify.variables) {
        std::string text = value.text;
        if (value.reference) {
            text = (value.secret ? find_secret(*value.reference) : find(*value.reference)).reveal();
        }
        if (value.secret) {
            subject.secret_variables.insert(name);
        }
        subject.variables[name] = std::move(text);
    }
    bool left_out = false;
    for (ProbeConfiguration& probe : job.configuration.probes) {
        left_out = (subject.tag.empty() && leave_out_tag(probe)) || left_out;
        probe.ca_file = config::file_path(probe.ca_file, probe.origin, session.variables);
        probe.client_certificate =
            config::file_path(probe.client_certificate, probe.origin, session.variables);
        probe.client_key = config::file_path(probe.client_key, probe.origin, session.variables);
        job.requests.push_back(
            core::prepare(probe, subject, [&](const SecretReference& reference, bool secret) {
                return secret ? find_secret(reference) : find(reference);
            }));
        session.client.check(job.requests.back());
    }
    if (left_out) {
        session.output.line(Verbosity::normal,
                            fmt::format("{}: the tag of {} is not known: what names ${{tag}} is "
                                        "not looked at (--tag TAG)",
                                        environment.name, subject.commit.substr(0, 8)));
    }
    job.subject = std::move(subject);
    return job;
}

std::string tag_of(const Session& session, const Configuration& configuration,
                   const std::string& commit) {
    const config::CiFacts ci = config::ci_facts(session.variables);
    const bool of_ci = configuration.tag.origin.text == ci.tag.origin.text;
    return of_ci && ci.commit.value != commit ? std::string() : configuration.tag.value;
}

std::vector<std::optional<core::VerifyReport>> verify_jobs(Session& session,
                                                           const std::vector<core::VerifyJob>& jobs,
                                                           core::Until until, const Forge* forge) {
    std::vector<std::optional<core::VerifyReport>> reports;
    {
        const Section section(session, section_name(jobs), section_header(jobs));
        for (const core::VerifyJob& job : jobs) {
            note_missing_version(session, job);
        }
        VerifyDisplay display(session.output, session.clock, jobs.size());
        reports = core::verify({session.client, session.clock, display, jitter()}, jobs, until);
    }
    for (std::size_t index = 0; index < jobs.size(); ++index) {
        if (auto& report = reports[index]) {
            scrub(session.output.redactor(), *report);
            show(session, jobs[index], *report);
            const std::string& commit = jobs[index].subject.commit;
            const auto id = ObjectId::parse(commit);
            session.verified.push_back(
                {jobs[index].name, commit,
                 forge != nullptr && id ? forge->commit_url(*id) : std::string(), *report});
        }
    }
    return reports;
}

ExitCode code_of(core::Outcome outcome) noexcept {
    switch (outcome) {
        case core::Outcome::converged:
            return ExitCode::done;
        case core::Outcome::still_old:
            return ExitCode::still_old;
        case core::Outcome::mixed:
            return ExitCode::mixed;
        case core::Outcome::unreachable:
            return ExitCode::unreachable;
        case core::Outcome::unhealthy:
            break;
    }
    return ExitCode::unhealthy;
}

Error not_running(const std::string& where, const std::string& version,
                  const core::VerifyReport& report, const std::string& rollback_command,
                  ExitCode code) {
    std::vector<std::string> hints;
    if (!rollback_command.empty()) {
        hints.push_back(rollback_command);
    }
    const core::OriginReport* failing = report.failing();
    const bool known = failing != nullptr && !failing->hints.empty();
    if (known) {
        hints.insert(hints.end(), failing->hints.begin(), failing->hints.end());
    }
    if (!report.regressed && !known) {
        hints.emplace_back(
            "give it more time: --deadline 10m, or verify: {deadline: 10m} in .headway.yml");
    }
    return {code, what_failed(where, version, report.outcome),
            fmt::format("{} ({} {} in {})", report.words, report.requests,
                        report.requests == 1 ? "request" : "requests", human(report.duration)),
            std::move(hints)};
}

}  // namespace headway::cli
