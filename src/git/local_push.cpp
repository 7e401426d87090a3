#include "git/local_push.hpp"

#include <git2.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "git/local_repository.hpp"
#include "headway/text.hpp"

namespace headway::git {

namespace {

constexpr std::string_view k_missing = "missing necessary objects";
constexpr std::string_view k_atomic = "atomic transaction failed";
constexpr std::string_view k_branches = "refs/heads/";

/// The permissions that core.sharedRepository wants every new file and folder to have;
/// git-config(1). libgit2 leaves them to the process's mask.
mode_t shared_permissions(git_repository& repository) {
    const ConfigHandle configuration = configuration_of(repository);
    const std::string value = configured(*configuration, "core.sharedrepository");
    if (value == "group" || value == "true" || value == "1") {
        return 0070;
    }
    if (value == "all" || value == "world" || value == "everybody" || value == "2") {
        return 0075;
    }
    if (value.size() > 1 && value.front() == '0') {
        const auto mode = static_cast<mode_t>(std::strtoul(value.c_str(), nullptr, 8)) & 0666U;
        return mode | ((mode & 0444U) >> 2U);
    }
    return 0;
}

/// Takes permissions out of the process's mask while it lives.
class SharedMask {
public:
    explicit SharedMask(mode_t permissions) : m_before(::umask(0)) {
        ::umask(m_before & ~permissions);
    }
    SharedMask(const SharedMask&) = delete;
    SharedMask& operator=(const SharedMask&) = delete;
    ~SharedMask() { ::umask(m_before); }

private:
    mode_t m_before;
};

OdbHandle objects_of(git_repository& repository) {
    OdbHandle odb;
    check(git_repository_odb(out(odb), &repository), "the repository's objects cannot be read");
    return odb;
}

bool has_object(git_odb& odb, const ObjectId& id, git_object_t wanted) {
    const git_oid oid = to_oid(id);
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    return git_odb_read_header(&size, &type, &odb, &oid) == 0 &&
           (wanted == GIT_OBJECT_ANY || type == wanted);
}

}  // namespace

LocalPush::LocalPush(const std::string& path, const MemoryObjects& objects,
                     const std::vector<ObjectId>& needed)
    : m_path(path),
      m_objects(objects),
      m_needed(needed),
      m_repository(open_repository(path)),
      m_policy(*m_repository) {}

PushReport LocalPush::run(std::span<const RefUpdate> updates, const PushOptions& options) {
    const SharedMask mask(shared_permissions(*m_repository));
    const std::size_t group = options.atomicity == Atomicity::one_by_one ? 1 : updates.size();
    PushReport report;
    for (std::size_t start = 0; start < updates.size(); start += group) {
        const auto together = updates.subspan(start, group);
        const Reasons reasons = attempt(together);
        const bool refused = any_of(reasons);
        for (std::size_t index = 0; index < together.size(); ++index) {
            RefReport& ref = report.refs.emplace_back();
            ref.ref = together[index].ref;
            ref.outcome = refused ? RefOutcome::rejected : RefOutcome::accepted;
            ref.reason = !refused || !reasons[index].empty() ? printable(reasons[index])
                                                             : std::string(k_atomic);
        }
    }
    return report;
}

/// Looks twice: at first without any lock, so that a race that is lost already leaves no objects
/// behind and no other process waiting; then under the locks, where it counts.
Reasons LocalPush::attempt(std::span<const RefUpdate> updates) const {
    Reasons reasons = refusals(updates);
    if (any_of(reasons)) {
        return reasons;
    }
    reasons = compare_refs(*m_repository, updates);
    if (any_of(reasons)) {
        return reasons;
    }
    const OdbHandle odb = objects_of(*m_repository);
    m_objects.copy_to(*odb);
    std::transform(updates.begin(), updates.end(), reasons.begin(),
                   [&](const RefUpdate& update) { return missing_objects(update); });
    if (any_of(reasons)) {
        return reasons;
    }
    return move(updates);
}

Reasons LocalPush::refusals(std::span<const RefUpdate> updates) const {
    const OdbHandle odb = objects_of(*m_repository);
    const bool complete = std::all_of(m_needed.begin(), m_needed.end(), [&](const ObjectId& id) {
        return has_object(*odb, id, GIT_OBJECT_ANY);
    });
    std::set<std::string> seen;
    Reasons reasons;
    for (const RefUpdate& update : updates) {
        std::string reason = m_policy.refusal(update);
        if (reason.empty() && !seen.insert(update.ref).second) {
            reason = "multiple updates for ref '" + update.ref + "' not allowed";
        }
        if (reason.empty() && !complete && !update.desired.is_null()) {
            reason = k_missing;
        }
        reasons.push_back(std::move(reason));
    }
    return reasons;
}

std::string LocalPush::missing_objects(const RefUpdate& update) const {
    if (update.desired.is_null()) {
        return {};
    }
    const OdbHandle odb = objects_of(*m_repository);
    if (!has_object(*odb, update.desired, GIT_OBJECT_ANY)) {
        return std::string(k_missing);
    }
    if (update.ref.starts_with(k_branches) &&
        !has_object(*odb, update.desired, GIT_OBJECT_COMMIT)) {
        return "trying to write non-commit object " + update.desired.hex() + " to branch '" +
               update.ref + "'";
    }
    const bool judged = update.ref.starts_with(k_branches) && !update.expected.is_null() &&
                        m_policy.denies_non_fast_forwards();
    return judged && !is_fast_forward(update) ? "non-fast-forward" : "";
}

bool LocalPush::is_fast_forward(const RefUpdate& update) const {
    const git_oid from = to_oid(update.expected);
    const git_oid to = to_oid(update.desired);
    return update.expected == update.desired ||
           check(git_graph_descendant_of(m_repository.get(), &to, &from),
                 "the repository's history cannot be read") == 1;
}

Reasons LocalPush::move(std::span<const RefUpdate> updates) const {
    std::optional<RefTransaction> transaction(std::in_place, *m_repository, updates);
    Reasons reasons = transaction->lock();
    if (any_of(reasons)) {
        return reasons;
    }
    // A fresh handle: nothing that was read before the locks were taken may count.
    reasons = compare_refs(*open_repository(m_path), updates);
    if (any_of(reasons)) {
        return reasons;
    }
    transaction->prepare();
    try {
        transaction->commit();
    } catch (const Error& failure) {
        transaction.reset();
        settle(updates, failure);
    }
    return reasons;
}

/// A commit broke off. Either it all moved nevertheless, or what moved is taken back and the
/// failure thrown; where not even that can be done, PushUncertain.
void LocalPush::settle(std::span<const RefUpdate> updates, const Error& failure) const {
    std::vector<RefUpdate> moved;
    const RepositoryHandle fresh = open_repository(m_path);
    for (const RefUpdate& update : updates) {
        const RefUpdate backwards{update.ref, update.desired, update.expected};
        if (!any_of(compare_refs(*fresh, std::span(&backwards, 1)))) {
            moved.push_back(backwards);
        }
    }
    if (moved.size() == updates.size()) {
        return;
    }
    try {
        take_back(moved);
    } catch (const Error& second) {
        throw PushUncertain(ExitCode::failed,
                            "the refs of " + printable(m_path) + " were moved only in part",
                            failure.because() + "; taking it back: " + second.because(),
                            {"look at the refs: git -C " + printable(m_path) + " for-each-ref"});
    }
    throw Error(ExitCode::failed, failure.what(), failure.because() + "; nothing moved",
                {"look for a full disk, or for a file below " + printable(m_path) +
                 " that this user may not write to"});
}

void LocalPush::take_back(std::span<const RefUpdate> moved) const {
    const RepositoryHandle fresh = open_repository(m_path);
    for (const RefUpdate& update : moved) {
        const auto one = std::span(&update, 1);
        RefTransaction transaction(*fresh, one);
        Reasons reasons = transaction.lock();
        if (!any_of(reasons)) {
            reasons = compare_refs(*fresh, one);
        }
        if (any_of(reasons)) {
            throw Error(ExitCode::failed, "a ref cannot be taken back", reasons.front());
        }
        transaction.prepare();
        transaction.commit();
    }
}

}  // namespace headway::git
