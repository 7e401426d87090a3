#include "core/doctor_push.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include <fmt/format.h>

namespace headway::core {

namespace {

CommitDraft draft_on(const Actors& actors, const TrialTarget& target,
                     std::vector<ObjectId> parents) {
    const Signature identity{.name = actors.author.name,
                             .email = actors.author.email,
                             .when = target.base ? target.base->when : 0,
                             .offset_minutes = 0};
    return {.tree = target.base ? target.base->tree : *ObjectId::parse(k_empty_tree_hex),
            .parents = std::move(parents),
            .author = identity,
            .committer = identity,
            .message = fmt::format(
                "Ask whether {} may be moved\n\nheadway doctor sent this commit with an update "
                "that names it as the old value,\nwhich no ref has: the update cannot be carried "
                "out.\n",
                short_ref(target.ref))};
}

/// Makes the question's commits a part of the next push.
RefUpdate stage(const Actors& actors, const TrialTarget& target, TrialDirection direction) {
    std::vector<ObjectId> base;
    if (target.base) {
        base.push_back(target.base->id);
    }
    const ObjectId first = actors.remote.add_commit(draft_on(actors, target, base));
    if (direction == TrialDirection::back && target.exists) {
        return {.ref = target.ref, .expected = first, .desired = target.base->id};
    }
    const ObjectId second = actors.remote.add_commit(draft_on(actors, target, {first}));
    return direction == TrialDirection::back
               ? RefUpdate{.ref = target.ref, .expected = second, .desired = first}
               : RefUpdate{.ref = target.ref, .expected = first, .desired = second};
}

TrialResult result_of(const Actors& actors, const TrialTarget& target, const PushReport& report,
                      const RefReport& ref) {
    TrialResult result;
    if (ref.outcome == RefOutcome::accepted) {
        result.end = TrialEnd::moved;
        return result;
    }
    ServerWords words;
    words.http_status = 200;
    words.messages = report.server_messages;
    words.ref_reason = !report.unpack_error.empty() ? report.unpack_error
                       : ref.outcome == RefOutcome::unreported
                           ? "the server reported no status for this ref"
                           : ref.reason;
    RefusalContext context = actors.context;
    context.environment = target.environment;
    context.ref = target.ref;
    result.diagnosis = actors.forge.explain(words, context);
    result.end =
        result.diagnosis.kind == RefusalKind::lost_race ? TrialEnd::passed : TrialEnd::refused;
    return result;
}

std::vector<TrialResult> try_part(const Actors& actors, std::span<const TrialTarget> targets,
                                  TrialDirection direction, unsigned& pushes_left) {
    if (pushes_left == 0) {
        return std::vector<TrialResult>(
            targets.size(), {.end = TrialEnd::left_out, .diagnosis = {}, .failure = {}});
    }
    --pushes_left;
    std::vector<RefUpdate> updates;
    updates.reserve(targets.size());
    for (const TrialTarget& target : targets) {
        updates.push_back(stage(actors, target, direction));
    }
    PushReport report;
    try {
        report = actors.remote.push(updates, {.atomicity = Atomicity::one_by_one, .options = {}});
    } catch (const Interrupted&) {
        throw;
    } catch (const Error& error) {
        return std::vector<TrialResult>(
            targets.size(), {.end = TrialEnd::unanswered, .diagnosis = {}, .failure = error});
    }
    std::vector<TrialResult> results;
    bool whole = true;
    for (std::size_t index = 0; index < targets.size(); ++index) {
        results.push_back(result_of(actors, targets[index], report, report.refs.at(index)));
        whole = whole && results.back().end != TrialEnd::refused;
    }
    const bool moved = std::any_of(results.begin(), results.end(), [](const TrialResult& result) {
        return result.end == TrialEnd::moved;
    });
    if (whole || moved || targets.size() == 1) {
        return results;
    }
    const std::size_t middle = targets.size() / 2;
    results = try_part(actors, targets.first(middle), direction, pushes_left);
    auto rest = try_part(actors, targets.subspan(middle), direction, pushes_left);
    std::move(rest.begin(), rest.end(), std::back_inserter(results));
    return results;
}

/// What says nothing about who may push: the words may be about the question's own commits.
bool is_about_the_commits(const Diagnosis& diagnosis) {
    // GitHub asks for checks of each new commit; a promotion brings commits that had theirs.
    if (diagnosis.because.find("status check") != std::string::npos) {
        return true;
    }
    switch (diagnosis.kind) {
        case RefusalKind::identity_refused:
        case RefusalKind::hook_declined:
        case RefusalKind::missing_objects:
        case RefusalKind::non_fast_forward:
        case RefusalKind::part_of_atomic:
        case RefusalKind::timed_out:
        case RefusalKind::unknown:
            return true;
        default:
            return false;
    }
}

Error does_not_compare(const TrialTarget& target) {
    return {
        ExitCode::failed,
        fmt::format("the server moved {}, though the update named a wrong old id",
                    short_ref(target.ref)),
        "it does not compare before it swaps: two promotions at once could undo each other",
        {target.exists ? fmt::format("look where it is: git ls-remote <remote> {}; it was at {}",
                                     target.ref, target.base->id.hex())
                       : fmt::format("take it away again: git push <remote> :{}", target.ref),
         "use a server that runs git's own receive-pack"}};
}

Error refusal_of(const TrialTarget& target, const Diagnosis& diagnosis) {
    return {diagnosis.code == ExitCode::done ? ExitCode::refused : diagnosis.code,
            fmt::format("the server refuses to move {}", short_ref(target.ref)), diagnosis.because,
            diagnosis.hints};
}

/// A server of its own kind, of which nobody knows what it judges first.
bool judges_before_comparing(std::string_view forge) {
    return forge != "azure-devops";
}

constexpr std::string_view k_order_unknown = "this forge does not tell before the push itself";

std::string left_out(const std::string& environment) {
    return fmt::format("too many environments are refused; headway doctor {} asks for it alone",
                       environment);
}

Finding judge_push(const TrialTarget& target, const TrialResult& trial, std::string_view forge,
                   const std::string& token) {
    const std::string& environment = target.environment;
    switch (trial.end) {
        case TrialEnd::moved:
            return problem(Check::push, environment, does_not_compare(target));
        case TrialEnd::unanswered:
            return problem(Check::push, environment, *trial.failure);
        case TrialEnd::left_out:
            return not_checked(Check::push, environment, left_out(environment));
        case TrialEnd::refused:
            if (!is_about_the_commits(trial.diagnosis)) {
                return problem(Check::push, environment, refusal_of(target, trial.diagnosis));
            }
            return warning(
                Check::push, environment,
                {ExitCode::refused,
                 fmt::format("the server refuses a push of headway's own commits to {}",
                             short_ref(target.ref)),
                 fmt::format(
                     "{}; a promotion brings the source branch's commits, which it may take",
                     trial.diagnosis.because),
                 trial.diagnosis.hints});
        case TrialEnd::passed:
            break;
    }
    if (!judges_before_comparing(forge)) {
        return not_checked(Check::push, environment, std::string(k_order_unknown));
    }
    return fine(Check::push, environment,
                fmt::format("{} may move {}{}", token.empty() ? "a push" : "the bot of " + token,
                            short_ref(target.ref),
                            target.exists ? "" : "; whether it may create it shows only then"));
}

Finding judge_force_push(const TrialTarget& target, const BranchTrial& trial, const Finding& push,
                         std::string_view forge) {
    const std::string& environment = target.environment;
    if (push.verdict != Verdict::ok) {
        return not_checked(Check::force_push, environment,
                           push.verdict == Verdict::not_checked
                               ? push.text
                               : "no push to the branch goes through");
    }
    if (trial.back.end == TrialEnd::passed && judges_before_comparing(forge)) {
        return fine(Check::force_push, environment, "allowed: a rollback moves the branch back");
    }
    if (trial.back.end == TrialEnd::refused) {
        return fine(Check::force_push, environment,
                    "not allowed: a rollback will use restore, a new commit with the old files");
    }
    return not_checked(Check::force_push, environment,
                       trial.back.end == TrialEnd::left_out ? left_out(environment)
                       : trial.back.failure                 ? trial.back.failure->what()
                                                            : "the server did not tell");
}

}  // namespace

std::vector<TrialResult> try_pushes(const Actors& actors, const std::vector<TrialTarget>& targets,
                                    TrialDirection direction) {
    unsigned pushes_left = k_most_trial_pushes;
    return targets.empty() ? std::vector<TrialResult>{}
                           : try_part(actors, targets, direction, pushes_left);
}

std::vector<BranchTrial> try_branches(const Actors& actors,
                                      const std::vector<TrialTarget>& targets) {
    const auto back = try_pushes(actors, targets, TrialDirection::back);
    const auto unclear = [](const TrialResult& result) {
        return result.end == TrialEnd::refused || result.end == TrialEnd::left_out;
    };
    std::vector<TrialTarget> again;
    for (std::size_t index = 0; index < targets.size(); ++index) {
        if (unclear(back[index])) {
            again.push_back(targets[index]);
        }
    }
    const auto forward = try_pushes(actors, again, TrialDirection::forward);
    std::vector<BranchTrial> trials;
    trials.reserve(back.size());
    std::size_t next = 0;
    for (const TrialResult& result : back) {
        trials.push_back(
            {.back = result,
             .forward = unclear(result) ? std::optional(forward[next++]) : std::nullopt});
    }
    return trials;
}

std::vector<Finding> judge_branch_trial(const TrialTarget& target, const BranchTrial& trial,
                                        std::string_view forge, const std::string& token) {
    Finding push = judge_push(target, trial.forward ? *trial.forward : trial.back, forge, token);
    Finding force = judge_force_push(target, trial, push, forge);
    return {std::move(push), std::move(force)};
}

Finding judge_ledger_trial(const TrialTarget& target, const TrialResult& trial,
                           std::string_view forge) {
    switch (trial.end) {
        case TrialEnd::moved:
            return problem(Check::ledger_push, target.environment, does_not_compare(target));
        case TrialEnd::unanswered:
            return problem(Check::ledger_push, target.environment, *trial.failure);
        case TrialEnd::left_out:
            return not_checked(Check::ledger_push, target.environment,
                               left_out(target.environment));
        case TrialEnd::refused:
            return problem(Check::ledger_push, target.environment,
                           refusal_of(target, trial.diagnosis));
        case TrialEnd::passed:
            break;
    }
    return judges_before_comparing(forge)
               ? fine(Check::ledger_push, target.environment,
                      fmt::format("the server takes {}", short_ref(target.ref)))
               : not_checked(Check::ledger_push, target.environment, std::string(k_order_unknown));
}

}  // namespace headway::core
