#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "git/capabilities.hpp"
#include "git/fetch_answer.hpp"
#include "git/fetch_request.hpp"
#include "git/http_exchange.hpp"
#include "git/objects.hpp"
#include "git/remotes.hpp"
#include "git/tree_merge.hpp"
#include "headway/git_remote.hpp"

namespace headway::git {

/// A git server over HTTP: see GitRemote for what each call promises. Capabilities are asked for
/// once; refs are asked for anew by every call.
class SmartHttpRemote final : public GitRemote {
public:
    SmartHttpRemote(HttpClient& client, const Forge& forge, Trace& trace,
                    SmartHttpSettings settings);

    RemoteRefs list_refs(std::span<const std::string> names) override;
    CommitList commits_between(std::span<const ObjectId> wants, std::span<const ObjectId> haves,
                               Reach reach) override;
    std::optional<std::string> read_file(const ObjectId& commit, std::string_view name) override;
    PushAbilities push_abilities() override;
    ObjectId add_commit(const CommitDraft& draft) override;
    TreeMerge merge_trees(const ObjectId& base, const ObjectId& ours,
                          const ObjectId& theirs) override;
    PushReport push(std::span<const RefUpdate> updates, const PushOptions& options) override;

private:
    const Advertisement& advertisement();
    RemoteRefs discover(std::span<const std::string> names);
    const Capabilities& receiving();
    FetchAnswer fetch(const FetchRequest& request, PackKeep keep, std::uint32_t abandon_above,
                      std::string purpose, const PackLimits& limits = {});
    FetchAnswer fetch_commits(FetchRequest request, std::uint32_t abandon_above);
    void look_again(CommitList& list, const FetchRequest& request);
    std::set<ObjectId> really_absent(const std::vector<ObjectId>& doubtful,
                                     const std::vector<ObjectId>& haves);
    [[noreturn]] void refuse_fetch(const ServerRefusal& refusal, const FetchRequest& request);
    std::optional<ObjectId> find_file(const ObjectId& commit, std::string_view name);
    ObjectContents read_objects(const ObjectsWanted& wanted);
    std::string push_words(const PushOptions& options);

    HttpExchange m_exchange;
    Trace& m_trace;
    ObjectStore m_objects;
    std::optional<Advertisement> m_advertisement;
    std::optional<Capabilities> m_receiving;
};

}  // namespace headway::git
