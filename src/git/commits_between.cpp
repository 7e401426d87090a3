#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "git/smart_http_remote.hpp"

namespace headway::git {

namespace {

/// Above this a second look at several tips goes one by one instead.
constexpr std::uint32_t k_second_look_objects = 20'000;
constexpr std::uint32_t k_any_number = 0xFFFFFFFF;

std::vector<ObjectId> distinct(std::span<const ObjectId> ids) {
    std::vector<ObjectId> result;
    std::set<ObjectId> seen;
    for (const ObjectId& id : ids) {
        if (!id.is_null() && seen.insert(id).second) {
            result.push_back(id);
        }
    }
    return result;
}

bool contains(const std::vector<ObjectId>& ids, const ObjectId& id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool contains(const std::vector<PackObject>& objects, const ObjectId& id) {
    return std::any_of(objects.begin(), objects.end(),
                       [&](const PackObject& object) { return object.id == id; });
}

CommitList to_list(FetchAnswer& answer) {
    CommitList list;
    for (PackObject& object : answer.objects) {
        if (object.type == ObjectType::commit) {
            const std::string bytes = std::exchange(object.bytes, {});
            list.commits.push_back(parse_commit(object.id, bytes));
        }
    }
    return list;
}

std::string named(const std::vector<ObjectId>& tips) {
    return tips.size() == 1 ? tips.front().short_hex() : fmt::format("{} tips", tips.size());
}

/// True when a commit of the list was left without parents that are not known otherwise.
bool is_cut(const CommitList& list, const std::set<ObjectId>& shallow,
            const std::vector<ObjectId>& haves) {
    std::set<ObjectId> known(haves.begin(), haves.end());
    for (const Commit& commit : list.commits) {
        known.insert(commit.id);
    }
    return std::any_of(list.commits.begin(), list.commits.end(), [&](const Commit& commit) {
        return shallow.contains(commit.id) &&
               std::any_of(commit.parents.begin(), commit.parents.end(),
                           [&](const ObjectId& parent) { return !known.contains(parent); });
    });
}

/// A ledger's event, as opposed to a commit that is deployed.
bool has_empty_tree(const Commit& commit) {
    return commit.tree.hex() == k_empty_tree_hex;
}

}  // namespace

FetchAnswer SmartHttpRemote::fetch_commits(FetchRequest request, std::uint32_t abandon_above) {
    const FetchAbilities abilities = fetch_abilities(advertisement());
    if (abilities.filter) {
        request.filter = "tree:0";
    }
    if (!abilities.shallow) {
        request.shallow.clear();
        request.depth = 0;
    }
    // Where deltas name their bases by id, only a reader that keeps everything can tell what
    // each of them is.
    const PackKeep keep =
        abilities.filter || abilities.offset_deltas ? PackKeep::commits : PackKeep::everything;
    return fetch(request, keep, abandon_above,
                 request.haves.empty()
                     ? fmt::format("asked for the commits of {}", named(request.wants))
                     : fmt::format("asked which commits of {} are not in {}", named(request.wants),
                                   named(request.haves)));
}

CommitList SmartHttpRemote::commits_between(std::span<const ObjectId> wants,
                                            std::span<const ObjectId> haves, Reach reach) {
    FetchRequest request{.wants = distinct(wants),
                         .haves = distinct(haves),
                         .shallow = {},
                         .depth = reach.generations == 1 ? 0 : reach.generations,
                         .filter = {}};
    if (request.wants.empty()) {
        return {};
    }
    if (reach.generations == 1) {
        std::copy_if(request.wants.begin(), request.wants.end(),
                     std::back_inserter(request.shallow),
                     [&](const ObjectId& id) { return !contains(request.haves, id); });
    }
    FetchAnswer answer = fetch_commits(request, k_any_number);
    CommitList list = to_list(answer);
    std::set<ObjectId> shallow(answer.shallow.begin(), answer.shallow.end());
    if (fetch_abilities(advertisement()).shallow) {
        look_again(list, request);
        shallow.insert(request.shallow.begin(), request.shallow.end());
    }
    list.cut = is_cut(list, shallow, request.haves);
    return list;
}

/// The parents of every wanted tip are hidden from the server's walk. So a tip A that was reached
/// from the haves hides what lies behind it: a tip B behind A is listed although it is no more
/// absent than A is. Where A and B can exist, the Bs are asked for once more without the As.
void SmartHttpRemote::look_again(CommitList& list, const FetchRequest& request) {
    const bool any_reached =
        std::any_of(request.shallow.begin(), request.shallow.end(),
                    [&](const ObjectId& id) { return list.find(id) == nullptr; });
    std::vector<ObjectId> doubtful;
    for (const ObjectId& id : request.shallow) {
        const Commit* const commit = list.find(id);
        if (commit != nullptr && !has_empty_tree(*commit)) {
            doubtful.push_back(id);
        }
    }
    if (!any_reached || doubtful.empty() || request.haves.empty()) {
        return;
    }
    const std::set<ObjectId> absent = really_absent(doubtful, request.haves);
    std::erase_if(list.commits, [&](const Commit& commit) {
        return contains(doubtful, commit.id) && !absent.contains(commit.id);
    });
}

std::set<ObjectId> SmartHttpRemote::really_absent(const std::vector<ObjectId>& doubtful,
                                                  const std::vector<ObjectId>& haves) {
    std::set<ObjectId> absent;
    FetchRequest request{
        .wants = doubtful, .haves = haves, .shallow = {}, .depth = 0, .filter = {}};
    if (doubtful.size() > 1) {
        const FetchAnswer answer = fetch_commits(request, k_second_look_objects);
        if (!answer.abandoned) {
            std::copy_if(doubtful.begin(), doubtful.end(), std::inserter(absent, absent.end()),
                         [&](const ObjectId& id) { return contains(answer.objects, id); });
            return absent;
        }
    }
    for (const ObjectId& id : doubtful) {
        request.wants = request.shallow = {id};
        if (contains(fetch_commits(request, k_any_number).objects, id)) {
            absent.insert(id);
        }
    }
    return absent;
}

}  // namespace headway::git
