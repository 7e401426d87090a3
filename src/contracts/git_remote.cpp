#include "headway/git_remote.hpp"

#include <algorithm>

#include "headway/text.hpp"

namespace headway {

std::string Commit::subject() const {
    const auto start = message.find_first_not_of("\r\n");
    if (start == std::string::npos) {
        return {};
    }
    const auto end = message.find_first_of("\r\n", start);
    return printable(std::string_view(message).substr(start, end - start));
}

std::optional<ObjectId> RemoteRefs::find(std::string_view name) const noexcept {
    const auto found =
        std::find_if(tips.begin(), tips.end(), [&](const RefTip& tip) { return tip.name == name; });
    return found == tips.end() ? std::nullopt : std::optional(found->id);
}

const Commit* CommitList::find(const ObjectId& id) const noexcept {
    const auto found = std::find_if(commits.begin(), commits.end(),
                                    [&](const Commit& commit) { return commit.id == id; });
    return found == commits.end() ? nullptr : &*found;
}

bool PushReport::all_accepted() const noexcept {
    return unpack_error.empty() && std::all_of(refs.begin(), refs.end(), [](const auto& ref) {
               return ref.outcome == RefOutcome::accepted;
           });
}

bool PushReport::any_accepted() const noexcept {
    return std::any_of(refs.begin(), refs.end(),
                       [](const auto& ref) { return ref.outcome == RefOutcome::accepted; });
}

}  // namespace headway
