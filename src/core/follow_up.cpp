#include "core/follow_up.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/revert_words.hpp"
#include "core/survey.hpp"
#include "headway/text.hpp"

namespace headway::core {

namespace {

constexpr std::size_t k_generations = 1000;
constexpr std::size_t k_branch_generations = 100;
constexpr unsigned k_pushes = 3;
constexpr std::size_t k_title_bytes = 200;
constexpr std::string_view k_heads = "refs/heads/";

std::string words_of(const std::vector<std::string>& messages) {
    std::string words;
    for (const std::string& message : messages) {
        if (!trimmed(message).empty()) {
            words.append(words.empty() ? "" : " ").append(trimmed(message));
        }
    }
    return printable(words);
}

class Opening {
public:
    Opening(const Actors& actors, const FollowUpRequest& request)
        : m_actors(actors), m_request(request) {
        m_result.source = request.source;
        m_result.branch =
            fmt::format("headway/revert-{}-{}", request.bad.short_hex(), request.environment);
    }

    FollowUp run() {
        try {
            for (unsigned attempt = 1; !try_once(); ++attempt) {
                if (attempt == k_pushes) {
                    throw Error(ExitCode::failed,
                                fmt::format("{} could not be created", m_result.branch), m_lost,
                                {"run the same command again"});
                }
            }
        } catch (const Interrupted&) {
            throw;
        } catch (const Error& error) {
            m_result.state = FollowUpState::failed;
            m_result.because = error.what();
            m_result.failure = error;
        }
        if (m_result.state == FollowUpState::by_hand || m_result.state == FollowUpState::failed) {
            m_result.commands = {manual_command(m_request, m_result, m_reverted)};
        }
        return std::move(m_result);
    }

private:
    using State = FollowUpState;

    bool end(State state, std::string because = {}) {
        m_result.state = state;
        m_result.because = std::move(because);
        return true;
    }

    /// False: the push lost a race, or was not answered.
    bool try_once() {
        read_refs();
        if (m_range.commits.empty()) {
            read_range();
        }
        if (m_range.commits.empty()) {
            return end(State::not_needed,
                       fmt::format("{} contains all of {}", m_request.good.short_hex(),
                                   m_request.bad.short_hex()));
        }
        if (m_range.cut || m_range.commits.size() > k_most_reverted) {
            return end(State::by_hand,
                       fmt::format("more than {} commits were rolled back", k_most_reverted));
        }
        keep_those_on_source();
        if (m_reverted.commits.empty()) {
            return end(
                State::not_needed,
                fmt::format("{} has none of the commits that were rolled back", m_result.source));
        }
        if (is_pushed_already()) {
            if (options().empty() && m_request.rehearsal == Rehearsal::real) {
                return open_pushed(m_sent ? State::pushed : State::exists_already);
            }
            return m_sent ? wished_for("the server's answer never came")
                          : end(State::exists_already);
        }
        return cannot_be_opened() || merge_and_push();
    }

    void read_refs() {
        const std::string source =
            m_request.source.empty() ? "HEAD" : std::string(k_heads) + m_request.source;
        const std::vector<std::string> names{source, branch_ref()};
        const RemoteRefs refs = m_actors.remote.list_refs(names);
        const auto tip = refs.find(source);
        if (refs.head_target && refs.head_target->starts_with(k_heads)) {
            m_result.source = refs.head_target->substr(k_heads.size());
        }
        if (!tip || m_result.source.empty()) {
            throw Error(ExitCode::usage,
                        m_request.source.empty()
                            ? "the remote does not tell its default branch"
                            : fmt::format("the remote has no branch {}", m_request.source),
                        "there is nothing to revert on",
                        {"name the source branch: --source BRANCH"});
        }
        m_tip = *tip;
        m_occupied_by = refs.find(branch_ref());
    }

    void read_range() {
        m_range =
            m_actors.remote.commits_between(std::vector{m_request.bad}, std::vector{m_request.good},
                                            Reach{.generations = k_generations});
        m_reverted.commits = m_range.commits;
        m_reverted.whole = !m_range.cut;
    }

    void keep_those_on_source() {
        m_reverted.commits = m_range.commits;
        if (!contains(m_actors.remote, m_tip, m_request.bad)) {
            const CommitList absent =
                m_actors.remote.commits_between(std::vector{m_request.bad}, std::vector{m_tip},
                                                Reach{.generations = k_generations});
            std::erase_if(m_reverted.commits,
                          [&](const Commit& commit) { return absent.find(commit.id) != nullptr; });
        }
        m_reverted.whole = m_reverted.commits.size() == m_range.commits.size();
    }

    /// Whether the branch holds a revert of these very commits, be it below commits of others.
    bool is_pushed_already() {
        if (!m_occupied_by) {
            return false;
        }
        const CommitList list =
            m_actors.remote.commits_between(std::vector{*m_occupied_by}, std::vector{m_tip},
                                            Reach{.generations = k_branch_generations});
        const auto revert =
            std::find_if(list.commits.begin(), list.commits.end(), [&](const Commit& commit) {
                return reverts(commit.message, m_request.bad, m_range.commits);
            });
        if (revert == list.commits.end()) {
            return false;
        }
        m_result.commit = revert->id;
        return true;
    }

    bool cannot_be_opened() {
        if (!m_reverted.whole) {
            return end(
                State::by_hand,
                fmt::format("{} has only {} of the {} commits that were rolled back",
                            m_result.source, m_reverted.commits.size(), m_range.commits.size()));
        }
        if (options().empty()) {
            return m_request.api == nullptr && page().empty() &&
                   end(State::by_hand, "this server opens no merge request for a push");
        }
        if (!m_actors.remote.push_abilities().push_options) {
            return end(State::by_hand, "this server takes no push options");
        }
        return false;
    }

    /// The branch is there, on a server that opens nothing for a push. `state`: what it is without
    /// an API.
    bool open_pushed(State state) {
        m_result.page = page();
        if (m_request.api == nullptr) {
            return end(state, "no api_token is given");
        }
        try {
            MergeRequestApi::Opened opened = m_request.api->open(merge_request());
            m_result.url = std::move(opened.url);
            m_result.page = m_result.url.empty() ? m_result.page : std::string();
            return end(opened.existed ? State::exists_already : State::opened,
                       m_result.url.empty() ? "the server did not tell its address" : "");
        } catch (const Interrupted&) {
            throw;
        } catch (const Error& error) {
            m_result.failure = error;
            return end(State::pushed, error.what());
        }
    }

    bool wished_for(std::string because) {
        m_result.page = m_result.url.empty() ? page() : std::string();
        return end(State::opened, std::move(because));
    }

    bool merge_and_push() {
        const Commit& bad = commit_in(m_range, m_request.bad);
        std::vector<ObjectId> wants{m_request.good};
        if (m_tip != m_request.bad) {
            wants.push_back(m_tip);
        }
        const CommitList ends = m_actors.remote.commits_between(wants, {}, Reach{.generations = 1});
        const ObjectId ours = m_tip == m_request.bad ? bad.tree : commit_in(ends, m_tip).tree;
        const TreeMerge merge =
            m_actors.remote.merge_trees(bad.tree, ours, commit_in(ends, m_request.good).tree);
        if (!merge.tree) {
            return end(
                State::by_hand,
                fmt::format("what changed on {} since then is in the way: {}", m_result.source,
                            printable(fmt::format("{}", fmt::join(merge.conflicts, ", ")))));
        }
        if (*merge.tree == ours) {
            return end(State::not_needed,
                       fmt::format("{} is as if they were reverted already", m_result.source));
        }
        if (m_occupied_by) {
            throw Error(ExitCode::refused, fmt::format("{} exists already", m_result.branch),
                        fmt::format("it is at {}, and holds another revert than this one",
                                    m_occupied_by->short_hex()),
                        {fmt::format("git push origin --delete {}, then run the same command again",
                                     m_result.branch)});
        }
        if (m_request.rehearsal == Rehearsal::dry_run) {
            return end(options().empty() && m_request.api == nullptr ? State::would_push
                                                                     : State::would_open);
        }
        return push(*merge.tree);
    }

    static const Commit& commit_in(const CommitList& list, const ObjectId& id) {
        const Commit* const commit = list.find(id);
        if (commit == nullptr) {
            throw Error(ExitCode::failed,
                        fmt::format("the server did not send commit {}", id.short_hex()));
        }
        return *commit;
    }

    bool push(const ObjectId& tree) {
        const Signature identity = signature_of(m_actors);
        const ObjectId commit =
            m_actors.remote.add_commit({.tree = tree,
                                        .parents = {m_tip},
                                        .author = identity,
                                        .committer = identity,
                                        .message = revert_message(m_request, m_range.commits)});
        const std::vector<RefUpdate> updates{
            {.ref = branch_ref(), .expected = {}, .desired = commit}};
        PushReport report;
        try {
            report = m_actors.remote.push(
                updates, {.atomicity = Atomicity::one_by_one, .options = options()});
        } catch (const PushUncertain& error) {
            m_sent = true;
            m_lost = error.because().empty() ? error.what() : error.because();
            return false;
        }
        for (const std::string& line : report.server_messages) {
            m_actors.trace.line(Verbosity::verbose, "remote: " + line);
        }
        if (!report.all_accepted()) {
            return refused(report);
        }
        m_result.commit = commit;
        if (options().empty()) {
            return open_pushed(State::pushed);
        }
        m_result.url = m_actors.forge.merge_request_url(report.server_messages);
        const std::string words = words_of(report.server_messages);
        return wished_for(
            !m_result.url.empty() ? std::string()
            : words.empty()       ? "the server named no merge request"
                            : fmt::format("the server named no merge request, it said: {}", words));
    }

    bool refused(const PushReport& report) {
        ServerWords words;
        words.http_status = 200;
        words.messages = report.server_messages;
        words.ref_reason = report.unpack_error;
        if (words.ref_reason.empty() && !report.refs.empty()) {
            words.ref_reason = report.refs.front().outcome == RefOutcome::unreported
                                   ? "the server reported no status for this ref"
                                   : report.refs.front().reason;
        }
        RefusalContext context = m_actors.context;
        context.ref = branch_ref();
        context.environment = m_request.environment;
        const Diagnosis diagnosis = m_actors.forge.explain(words, context);
        if (diagnosis.kind == RefusalKind::lost_race) {
            m_lost = words.ref_reason;
            return false;
        }
        throw Error(diagnosis.code, fmt::format("the server refused to create {}", m_result.branch),
                    diagnosis.because, diagnosis.hints);
    }

    [[nodiscard]] std::string branch_ref() const { return std::string(k_heads) + m_result.branch; }

    [[nodiscard]] MergeRequest merge_request() const {
        const std::string message = revert_message(m_request, m_range.commits);
        return {.source = m_result.branch,
                .target = m_result.source,
                .title = printable(message.substr(0, message.find('\n')), k_title_bytes),
                .description = revert_description(m_request, m_range.commits)};
    }

    [[nodiscard]] std::vector<std::string> options() const {
        return m_actors.forge.merge_request_options(merge_request());
    }

    [[nodiscard]] std::string page() const {
        return m_actors.forge.new_merge_request_url(merge_request());
    }

    const Actors& m_actors;
    const FollowUpRequest& m_request;
    FollowUp m_result;
    ObjectId m_tip;
    std::optional<ObjectId> m_occupied_by;  ///< Where the branch is already.
    CommitList m_range;
    RevertedCommits m_reverted;
    std::string m_lost;   ///< Why the last push came to nothing.
    bool m_sent = false;  ///< A push that was not answered.
};

}  // namespace

FollowUp open_follow_up(const Actors& actors, const FollowUpRequest& request) {
    return Opening(actors, request).run();
}

}  // namespace headway::core
