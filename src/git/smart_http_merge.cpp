#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "git/smart_http_remote.hpp"

namespace headway::git {

namespace {

constexpr std::uint32_t k_any_number = 0xFFFFFFFF;
constexpr std::size_t k_framing = 4U << 20U;  ///< Of so many objects, in a pack and in memory.

Error cannot_hand_out(const std::string& url, std::string because) {
    return {ExitCode::failed,
            fmt::format("the folders of {} cannot be merged", url),
            std::move(because),
            {"turn on uploadpack.allowFilter and uploadpack.allowAnySHA1InWant on the server",
             "or merge in a clone, with git itself"}};
}

PackLimits limits_of(std::size_t allowance) {
    PackLimits limits;
    limits.pack_bytes = allowance + k_framing;
    limits.inflated_bytes = allowance + k_framing;
    limits.object_bytes = allowance;
    limits.kept_bytes = allowance + k_framing;
    return limits;
}

}  // namespace

/// One request, as a rule. git leaves an object out that it met inside another wanted folder
/// before (only what the client named itself passes its filter); such a one is asked for again.
ObjectContents SmartHttpRemote::read_objects(const ObjectsWanted& wanted) {
    std::map<ObjectId, ObjectType> missing;
    for (const ObjectId& id : wanted.trees) {
        missing.emplace(id, ObjectType::tree);
    }
    for (const ObjectId& id : wanted.blobs) {
        missing.emplace(id, ObjectType::blob);
    }
    ObjectContents contents;
    while (!missing.empty()) {
        FetchRequest request;
        request.filter = "tree:0";
        std::transform(missing.begin(), missing.end(), std::back_inserter(request.wants),
                       [](const auto& entry) { return entry.first; });
        FetchAnswer answer = fetch(request, PackKeep::everything, k_any_number,
                                   fmt::format("asked for {} folders and {} files",
                                               wanted.trees.size(), wanted.blobs.size()),
                                   limits_of(wanted.allowance));
        for (PackObject& object : answer.objects) {
            const auto found = missing.find(object.id);
            if (found != missing.end() && found->second == object.type) {
                contents.emplace(object.id, std::move(object.bytes));
                missing.erase(found);
            }
        }
        if (missing.size() == request.wants.size()) {
            throw ProtocolError(fmt::format("object {} was asked for and did not come",
                                            missing.begin()->first.hex()));
        }
    }
    return contents;
}

TreeMerge SmartHttpRemote::merge_trees(const ObjectId& base, const ObjectId& ours,
                                       const ObjectId& theirs) {
    const auto read = [this](const ObjectsWanted& wanted) {
        if (advertisement().version != 2 || !fetch_abilities(advertisement()).filter) {
            throw cannot_hand_out(m_exchange.url(),
                                  "this server does not hand out single folders and files "
                                  "(protocol v2 with filters)");
        }
        try {
            return read_objects(wanted);
        } catch (const UnknownObject& refused) {
            throw cannot_hand_out(m_exchange.url(), refused.because());
        } catch (const PackTooLarge&) {
            throw merge_too_large("its folders and files have more than 64 MiB");
        }
    };
    MergeResult merged = git::merge_trees(read, base, ours, theirs);
    for (const NewObject& object : merged.objects) {
        m_objects.add_object(object.type, object.bytes);
    }
    return std::move(merged.outcome);
}

}  // namespace headway::git
