#include <git2.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "git/history.hpp"
#include "git/libgit2.hpp"
#include "git/local_push.hpp"
#include "git/local_repository.hpp"
#include "git/memory_objects.hpp"
#include "git/remotes.hpp"
#include "git/tree_merge.hpp"
#include "headway/text.hpp"

namespace headway::git {

namespace {

constexpr std::size_t k_max_file_bytes = std::size_t{1} << 20U;
constexpr std::string_view k_cannot_read_refs = "the repository's refs cannot be read";
constexpr std::string_view k_cannot_merge = "the repository's folders cannot be merged";
constexpr std::string_view k_cannot_read_file = "a file of the repository cannot be read";

/// A lookup whose object may be missing: true when it was found.
bool found(int code, std::string_view what) {
    if (code == GIT_ENOTFOUND || code == GIT_EINVALIDSPEC) {
        return false;
    }
    check(code, what);
    return true;
}

std::optional<ObjectId> tip_of(git_repository& repository, const std::string& name) {
    git_oid oid{};
    return found(git_reference_name_to_id(&oid, &repository, name.c_str()), k_cannot_read_refs)
               ? std::optional(from_oid(oid))
               : std::nullopt;
}

std::optional<std::string> head_target(git_repository& repository) {
    ReferenceHandle head;
    const int code = git_reference_lookup(out(head), &repository, "HEAD");
    if (!found(code, k_cannot_read_refs) ||
        git_reference_type(head.get()) != GIT_REFERENCE_SYMBOLIC) {
        return std::nullopt;
    }
    return git_reference_symbolic_target(head.get());
}

RemoteRefs read_refs(git_repository& repository, std::span<const std::string> names) {
    RemoteRefs refs;
    for (const std::string& name : names) {
        if (name == "HEAD") {
            refs.head_target = head_target(repository);
        }
        if (const auto tip = tip_of(repository, name)) {
            refs.tips.push_back({name, *tip});
        }
    }
    return refs;
}

bool alike(const RemoteRefs& left, const RemoteRefs& right) {
    return left.head_target == right.head_target &&
           std::equal(left.tips.begin(), left.tips.end(), right.tips.begin(), right.tips.end(),
                      [](const RefTip& one, const RefTip& other) {
                          return one.name == other.name && one.id == other.id;
                      });
}

bool any_locked(git_repository& repository, std::span<const std::string> names) {
    const std::string folder = git_repository_commondir(&repository);
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return access((folder + name + ".lock").c_str(), F_OK) == 0;
    });
}

/// A push moves its refs one after the other, and each is locked until it has moved. So what is
/// read twice alike, with no lock between, stood there at one moment: a branch is never seen
/// without its event. A lock that stays is a dead process's, and is not waited for.
RemoteRefs refs_of_one_moment(git_repository& repository, std::span<const std::string> names) {
    constexpr unsigned k_looks = 50;
    constexpr std::chrono::milliseconds k_pause{1};
    RemoteRefs refs = read_refs(repository, names);
    for (unsigned look = 0; look < k_looks; ++look) {
        const bool resting = !any_locked(repository, names);
        RemoteRefs again = read_refs(repository, names);
        if (resting && alike(refs, again)) {
            break;
        }
        refs = std::move(again);
        std::this_thread::sleep_for(k_pause);
    }
    return refs;
}

std::optional<std::string> file_of(git_repository& repository, const ObjectId& id,
                                   const std::string& name) {
    const git_oid oid = to_oid(id);
    CommitHandle commit;
    if (!found(git_commit_lookup(out(commit), &repository, &oid), k_cannot_read_file)) {
        throw UnknownObject(id, "the repository has no such commit");
    }
    TreeHandle tree;
    check(git_commit_tree(out(tree), commit.get()), k_cannot_read_file);
    const git_tree_entry* entry = git_tree_entry_byname(tree.get(), name.c_str());
    if (entry == nullptr || (git_tree_entry_filemode(entry) != GIT_FILEMODE_BLOB &&
                             git_tree_entry_filemode(entry) != GIT_FILEMODE_BLOB_EXECUTABLE)) {
        return std::nullopt;
    }
    OdbHandle odb;
    check(git_repository_odb(out(odb), &repository), k_cannot_read_file);
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    check(git_odb_read_header(&size, &type, odb.get(), git_tree_entry_id(entry)),
          k_cannot_read_file);
    if (size > k_max_file_bytes) {
        throw Error(ExitCode::failed, std::string(k_cannot_read_file),
                    printable(name) + " has " + std::to_string(size) +
                        " bytes; headway reads at most 1 MiB");
    }
    OdbObjectHandle object;
    check(git_odb_read(out(object), odb.get(), git_tree_entry_id(entry)), k_cannot_read_file);
    return std::string(static_cast<const char*>(git_odb_object_data(object.get())),
                       git_odb_object_size(object.get()));
}

/// One object of a merge, whose type the tree that names it told.
std::string read_object(git_odb& odb, const ObjectId& id, ObjectType type, std::size_t allowance) {
    const git_oid oid = to_oid(id);
    std::size_t size = 0;
    git_object_t stored = GIT_OBJECT_INVALID;
    check(git_odb_read_header(&size, &stored, &odb, &oid), k_cannot_merge);
    if (stored != native_type(type)) {
        throw Error(ExitCode::failed, std::string(k_cannot_merge),
                    "object " + id.hex() + " is not what the folder that holds it says");
    }
    if (size > allowance) {
        throw merge_too_large("it needs a file of " + std::to_string(size) + " bytes");
    }
    OdbObjectHandle object;
    check(git_odb_read(out(object), &odb, &oid), k_cannot_merge);
    return {static_cast<const char*>(git_odb_object_data(object.get())),
            git_odb_object_size(object.get())};
}

ObjectContents read_objects(git_repository& repository, const ObjectsWanted& wanted) {
    OdbHandle odb;
    check(git_repository_odb(out(odb), &repository), k_cannot_merge);
    ObjectContents contents;
    std::size_t allowance = wanted.allowance;
    const auto read_all = [&](const std::vector<ObjectId>& ids, ObjectType type) {
        for (const ObjectId& id : ids) {
            std::string bytes = read_object(*odb, id, type, allowance);
            allowance -= bytes.size();
            contents.emplace(id, std::move(bytes));
        }
    };
    read_all(wanted.trees, ObjectType::tree);
    read_all(wanted.blobs, ObjectType::blob);
    return contents;
}

class LocalRemote final : public GitRemote {
public:
    LocalRemote(std::string path, Trace& trace)
        : m_path(std::move(path)), m_trace(trace), m_repository(open_repository(m_path)) {
        refuse_what_is_not_honoured(*m_repository, m_path);
    }

    RemoteRefs list_refs(std::span<const std::string> names) override {
        return refs_of_one_moment(*m_repository, names);
    }

    CommitList commits_between(std::span<const ObjectId> wants, std::span<const ObjectId> haves,
                               Reach reach) override {
        return git::commits_between(*m_repository, wants, haves, reach);
    }

    std::optional<std::string> read_file(const ObjectId& commit, std::string_view name) override {
        return file_of(*m_repository, commit, std::string(name));
    }

    PushAbilities push_abilities() override {
        return {.atomic = true, .push_options = false, .report_status = true};
    }

    ObjectId add_commit(const CommitDraft& draft) override {
        const ObjectId id = m_objects->add_commit(draft);
        m_added.push_back(id);
        std::copy(draft.parents.begin(), draft.parents.end(), std::back_inserter(m_needed));
        if (draft.tree != ObjectId::parse(k_empty_tree_hex)) {
            m_needed.push_back(draft.tree);
        }
        return id;
    }

    TreeMerge merge_trees(const ObjectId& base, const ObjectId& ours,
                          const ObjectId& theirs) override {
        MergeResult merged = git::merge_trees(
            [this](const ObjectsWanted& wanted) { return read_objects(*m_repository, wanted); },
            base, ours, theirs);
        for (const NewObject& object : merged.objects) {
            m_added.push_back(m_objects->add_object(object.type, object.bytes));
        }
        return std::move(merged.outcome);
    }

    PushReport push(std::span<const RefUpdate> updates, const PushOptions& options) override {
        const auto objects = std::exchange(m_objects, std::make_unique<MemoryObjects>());
        const auto added = std::exchange(m_added, {});
        auto needed = std::exchange(m_needed, {});
        std::erase_if(needed, [&](const ObjectId& id) {
            return std::find(added.begin(), added.end(), id) != added.end();
        });
        PushReport report = LocalPush(m_path, *objects, needed).run(updates, options);
        for (const RefReport& ref : report.refs) {
            m_trace.line(Verbosity::verbose, ref.ref + (ref.outcome == RefOutcome::accepted
                                                            ? " was moved"
                                                            : " was not moved: " + ref.reason));
        }
        return report;
    }

private:
    Library m_library;
    std::string m_path;
    Trace& m_trace;
    RepositoryHandle m_repository;
    std::unique_ptr<MemoryObjects> m_objects = std::make_unique<MemoryObjects>();
    std::vector<ObjectId> m_added;
    std::vector<ObjectId> m_needed;
};

}  // namespace

std::unique_ptr<GitRemote> open_local(const std::string& path, Trace& trace) {
    return std::make_unique<LocalRemote>(path, trace);
}

}  // namespace headway::git
