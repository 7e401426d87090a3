#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "headway/clock.hpp"
#include "headway/forge.hpp"
#include "headway/git_remote.hpp"
#include "headway/http.hpp"
#include "headway/trace.hpp"

/// The fakes of the three seams, for tests of decisions. All else is tested against real servers.
namespace headway::fakes {

/// Time stands still but for waiting.
class FakeClock final : public Clock {
public:
    [[nodiscard]] System now() const override {
        return System{std::chrono::seconds(1'767'225'600)} +
               std::chrono::floor<std::chrono::seconds>(m_elapsed);
    }
    [[nodiscard]] Steady monotonic() const override { return Steady{m_elapsed}; }
    void wait(std::chrono::milliseconds duration) override {
        waits.push_back(duration);
        m_elapsed += duration;
    }
    void pass(std::chrono::milliseconds duration) { m_elapsed += duration; }

    std::vector<std::chrono::milliseconds> waits;

private:
    std::chrono::milliseconds m_elapsed{0};
};

class FakeTrace final : public Trace {
public:
    void line(Verbosity level, std::string_view text) override {
        if (level == Verbosity::normal) {
            lines.emplace_back(text);
        }
    }
    std::vector<std::string> lines;  ///< What an ordinary user sees.
};

/// Understands three words of a server: "race", "force" and "atomic"; everything else is a
/// protected branch.
class FakeForge final : public Forge {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "fake"; }
    [[nodiscard]] std::string_view token_user() const noexcept override { return "bot"; }
    [[nodiscard]] Diagnosis explain(const ServerWords& words,
                                    const RefusalContext& context) const override {
        if (words.ref_reason == "race") {
            return {RefusalKind::lost_race, ExitCode::failed, "lost a race", {}};
        }
        if (words.ref_reason == "force") {
            return {RefusalKind::force_push_forbidden, ExitCode::refused, "no force pushes", {}};
        }
        if (words.ref_reason == "atomic") {
            return {RefusalKind::part_of_atomic, ExitCode::refused, "another ref failed", {}};
        }
        return {RefusalKind::protected_branch,
                ExitCode::refused,
                words.ref_reason + " (" + context.environment + ")",
                {"allow it"}};
    }
    [[nodiscard]] std::string commit_url(const ObjectId& commit) const override {
        return "https://forge/commit/" + commit.hex();
    }
    [[nodiscard]] std::string compare_url(const ObjectId& from, const ObjectId& to) const override {
        return "https://forge/compare/" + from.hex() + "..." + to.hex();
    }
    [[nodiscard]] std::vector<std::string> merge_request_options(
        const MergeRequest& request) const override {
        return merge_requests
                   ? std::vector<std::string>{"target " + request.target, "title " + request.title,
                                              "description " + request.description}
                   : std::vector<std::string>{};
    }
    [[nodiscard]] std::string merge_request_url(
        const std::vector<std::string>& messages) const override {
        return messages.empty() ? std::string() : messages.front();
    }
    [[nodiscard]] std::string_view merge_request_word() const noexcept override {
        return "merge request";
    }
    [[nodiscard]] std::string new_merge_request_url(const MergeRequest& request) const override {
        return page ? "https://forge/new/" + request.source + "/" + request.target : std::string();
    }
    bool merge_requests = true;
    bool page = false;
};

/// An id that reads well: id(0xA1) is "a1000…".
inline ObjectId id(std::uint8_t first) {
    std::array<std::uint8_t, ObjectId::k_size> bytes{};
    bytes[0] = first;
    return ObjectId(bytes);
}

/// A server in memory: a graph of commits, refs, and scripted misfortunes.
class FakeRemote final : public GitRemote {
public:
    ObjectId commit(std::uint8_t name, std::vector<ObjectId> parents = {},
                    const std::string& subject = "Some change") {
        Commit made;
        made.id = id(name);
        made.parents = std::move(parents);
        made.author = {.name = "Ann", .email = "ann@example.com", .when = 0, .offset_minutes = 0};
        made.message = subject + "\n";
        commits[made.id] = made;
        return made.id;
    }

    RemoteRefs list_refs(std::span<const std::string> names) override {
        ++listings;
        if (before_listing) {
            before_listing(listings);
        }
        RemoteRefs answer;
        for (const std::string& name : names) {
            if (const auto found = refs.find(name); found != refs.end()) {
                answer.tips.push_back({name, found->second});
            }
        }
        if (std::find(names.begin(), names.end(), "HEAD") != names.end()) {
            answer.head_target = "refs/heads/main";
            answer.tips.push_back({"HEAD", refs.at("refs/heads/main")});
        }
        return answer;
    }

    CommitList commits_between(std::span<const ObjectId> wants, std::span<const ObjectId> haves,
                               Reach reach) override {
        ++questions;
        std::set<ObjectId> excluded;
        for (const ObjectId& have : haves) {
            collect(have, 0, excluded);
        }
        if (skewed) {
            excluded
                .clear();  // A server whose commits' clocks are so wrong that it sends too much.
        }
        CommitList list;
        for (const ObjectId& want : wants) {
            if (!commits.contains(want)) {
                throw UnknownObject(want, "not our ref");
            }
            std::set<ObjectId> reached;
            collect(want, reach.generations, reached);
            for (const ObjectId& reachable : reached) {
                if (!excluded.contains(reachable) && list.find(reachable) == nullptr) {
                    list.commits.push_back(commits.at(reachable));
                }
            }
        }
        std::sort(list.commits.begin(), list.commits.end(),
                  [](const Commit& left, const Commit& right) { return left.id > right.id; });
        return list;
    }

    std::optional<std::string> read_file(const ObjectId& /*commit*/,
                                         std::string_view /*name*/) override {
        return std::nullopt;
    }

    PushAbilities push_abilities() override {
        ++abilities_asked;
        return {.atomic = atomic, .push_options = push_options, .report_status = true};
    }

    /// As in git, the same content has the same id.
    ObjectId add_commit(const CommitDraft& draft) override {
        Commit made;
        std::string content = draft.tree.hex() + draft.message + draft.author.name +
                              std::to_string(draft.committer.when);
        for (const ObjectId& parent : draft.parents) {
            content += parent.hex();
        }
        const auto [known, first] = m_made.try_emplace(content, id(m_next_event));
        if (first) {
            ++m_next_event;
        }
        made.id = known->second;
        made.tree = draft.tree;
        made.parents = draft.parents;
        made.author = draft.author;
        made.committer = draft.committer;
        made.message = draft.message;
        m_added.push_back(made);
        return made.id;
    }

    /// Only what needs no reading; else `merge_outcome`.
    TreeMerge merge_trees(const ObjectId& base, const ObjectId& ours,
                          const ObjectId& theirs) override {
        ++merges;
        if (merge_failure) {
            throw Error(*merge_failure);
        }
        if (ours == base || theirs == base) {
            return {.tree = ours == base ? theirs : ours, .conflicts = {}};
        }
        return merge_outcome;
    }

    PushReport push(std::span<const RefUpdate> updates, const PushOptions& options) override {
        pushes.emplace_back(updates.begin(), updates.end());
        pushed_options.push_back(options.options);
        for (const Commit& added : std::exchange(m_added, {})) {
            commits[added.id] = added;
        }
        if (before_push) {
            before_push(pushes.size());
        }
        const bool as_one = atomic && options.atomicity == Atomicity::all_or_nothing;
        PushReport report;
        report.server_messages = server_messages;
        bool all = true;
        for (const RefUpdate& update : updates) {
            RefReport ref{.ref = update.ref, .outcome = RefOutcome::accepted, .reason = ""};
            const auto found = refs.find(update.ref);
            const ObjectId present = found == refs.end() ? ObjectId{} : found->second;
            if (const auto refusal = refusals.find(update.ref); refusal != refusals.end()) {
                ref.outcome = RefOutcome::rejected;
                ref.reason = refusal->second;
            } else if (present != update.expected) {
                ref.outcome = RefOutcome::rejected;
                ref.reason = "race";
            } else if (forbids_force && moves_back(update)) {
                ref.outcome = RefOutcome::rejected;
                ref.reason = "force";
            }
            all = all && ref.outcome == RefOutcome::accepted;
            report.refs.push_back(ref);
        }
        for (std::size_t index = 0; index < updates.size(); ++index) {
            RefReport& ref = report.refs[index];
            if (as_one && !all && !leaves_hidden_refs_out && ref.outcome == RefOutcome::accepted) {
                ref.outcome = RefOutcome::rejected;
                ref.reason = "atomic";
            }
            if (ref.outcome == RefOutcome::accepted) {
                if (updates[index].desired.is_null()) {
                    refs.erase(ref.ref);
                } else {
                    refs[ref.ref] = updates[index].desired;
                }
            }
        }
        if (lose_answers > 0) {
            --lose_answers;
            throw PushUncertain(ExitCode::failed, "no answer", "the connection was cut");
        }
        return report;
    }

    /// The events of a ledger, newest first.
    [[nodiscard]] std::vector<Commit> ledger(const std::string& ref) const {
        std::vector<Commit> events;
        auto found = refs.find(ref);
        std::optional<ObjectId> next =
            found == refs.end() ? std::nullopt : std::optional(found->second);
        while (next && commits.contains(*next)) {
            events.push_back(commits.at(*next));
            next = events.back().parents.empty() ? std::nullopt
                                                 : std::optional(events.back().parents.front());
        }
        return events;
    }

    std::map<ObjectId, Commit> commits;
    std::map<std::string, ObjectId> refs;
    std::map<std::string, std::string> refusals;  ///< Ref → the server's word.
    bool atomic = true;
    bool push_options = true;
    bool skewed = false;
    bool forbids_force = false;           ///< A branch only moves to its own descendants.
    bool leaves_hidden_refs_out = false;  ///< An atomic push moves the other refs, as git does.
    int lose_answers = 0;                 ///< So many pushes are carried out and never answered.
    std::function<void(std::size_t)> before_push;
    std::function<void(int)> before_listing;
    int listings = 0;
    int questions = 0;
    int abilities_asked = 0;
    std::vector<std::vector<RefUpdate>> pushes;
    std::vector<std::vector<std::string>> pushed_options;  ///< One list per push.
    std::vector<std::string> server_messages;              ///< In every report.
    TreeMerge merge_outcome;
    std::optional<Error> merge_failure;
    int merges = 0;

private:
    [[nodiscard]] bool moves_back(const RefUpdate& update) {
        std::set<ObjectId> reached;
        collect(update.desired, 0, reached);
        return !update.expected.is_null() && !reached.contains(update.expected);
    }

    void collect(const ObjectId& start, std::size_t generations, std::set<ObjectId>& reached) {
        std::vector<std::pair<ObjectId, std::size_t>> open{{start, 1}};
        while (!open.empty()) {
            const auto [current, depth] = open.back();
            open.pop_back();
            if (!commits.contains(current) || !reached.insert(current).second) {
                continue;
            }
            if (generations == 0 || depth < generations) {
                for (const ObjectId& parent : commits.at(current).parents) {
                    open.emplace_back(parent, depth + 1);
                }
            }
        }
    }

    std::vector<Commit> m_added;
    std::map<std::string, ObjectId> m_made;
    std::uint8_t m_next_event = 0xE1;
};

/// Answers by a script; what is asked beyond it gets the last answer again. A batch answers what
/// was started first, at once; the clock moves only where nothing is under way.
class FakeHttp final : public HttpClient {
public:
    using Answer = std::function<HttpResponse(const HttpRequest&)>;
    using LookUp = std::function<Resolution(const std::string& url)>;

    void check(const HttpRequest& /*request*/) const override {}

    HttpResponse perform(const HttpRequest& request) override {
        requests.push_back(request);
        Answer answer = script.front();
        if (script.size() > 1) {
            script.pop_front();
        }
        return answer(request);
    }

    std::unique_ptr<HttpBatch> open_batch() override { return std::make_unique<Batch>(*this); }

    static Answer reply(int status, std::string body = "") {
        return [status, body = std::move(body)](const HttpRequest&) {
            HttpResponse response;
            response.status = status;
            response.body = body;
            return response;
        };
    }
    static Answer failure(TransportFault fault, std::string what) {
        return [fault, what = std::move(what)](const HttpRequest&) -> HttpResponse {
            throw TransportError(fault, what, "", {});
        };
    }

    FakeClock* clock = nullptr;  ///< Needed for a batch.
    std::deque<Answer> script;
    LookUp look_up = [](const std::string&) {
        return Resolution{{"127.0.0.1"}, false, false, std::chrono::milliseconds(0)};
    };
    std::vector<HttpRequest> requests;
    std::size_t look_ups = 0;

private:
    class Batch final : public HttpBatch {
    public:
        explicit Batch(FakeHttp& http) : m_http(http) {}

        [[nodiscard]] std::size_t capacity() const override { return 1000; }
        void start(std::uint64_t ticket, HttpRequest request) override {
            m_waiting.emplace_back(ticket, [this, request = std::move(request)]() -> Result {
                return m_http.perform(request);
            });
        }
        void look_up(std::uint64_t ticket, const std::string& url,
                     std::chrono::milliseconds /*timeout*/) override {
            ++m_http.look_ups;
            m_waiting.emplace_back(ticket, [this, url]() -> Result { return m_http.look_up(url); });
        }
        std::vector<BatchOutcome> wait(Clock::Steady until) override {
            const auto now = m_http.clock->monotonic();
            if (m_waiting.empty()) {
                m_http.clock->pass(std::chrono::ceil<std::chrono::milliseconds>(
                    std::max(until - now, Clock::Steady::duration(0))));
                return {};
            }
            const auto [ticket, answer] = m_waiting.front();
            m_waiting.pop_front();
            try {
                return {{ticket, answer(), {}}};
            } catch (const TransportError& error) {
                return {{ticket, error, {}}};
            }
        }
        void cancel() noexcept override { m_waiting.clear(); }

    private:
        using Result = decltype(BatchOutcome::result);

        FakeHttp& m_http;
        std::deque<std::pair<std::uint64_t, std::function<Result()>>> m_waiting;
    };
};

}  // namespace headway::fakes
