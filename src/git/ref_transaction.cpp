#include "git/ref_transaction.hpp"

#include <git2.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <set>
#include <string_view>

#include "headway/error.hpp"
#include "headway/text.hpp"

namespace headway::git {

namespace {

constexpr std::string_view k_cannot_read = "the repository's refs cannot be read";
constexpr std::string_view k_cannot_write = "the repository's refs cannot be written";
constexpr const char* k_reflog_message = "push";

std::string cannot_lock(const std::string& ref, const std::string& because) {
    return "cannot lock ref '" + ref + "': " + because;
}

ReferenceHandle look_up(git_repository& repository, const std::string& name) {
    ReferenceHandle reference;
    const int code = git_reference_lookup(out(reference), &repository, name.c_str());
    if (code != GIT_ENOTFOUND && code != GIT_EINVALIDSPEC) {
        check(code, k_cannot_read);
    }
    return reference;
}

std::string compared(git_repository& repository, const RefUpdate& update) {
    const ReferenceHandle reference = look_up(repository, update.ref);
    if (reference == nullptr) {
        return update.expected.is_null()
                   ? std::string{}
                   : cannot_lock(update.ref, "unable to resolve reference '" + update.ref + "'");
    }
    if (git_reference_type(reference.get()) == GIT_REFERENCE_SYMBOLIC) {
        return cannot_lock(update.ref,
                           "it is a symbolic ref to '" +
                               printable(git_reference_symbolic_target(reference.get())) + "'");
    }
    const ObjectId present = from_oid(*git_reference_target(reference.get()));
    if (present == update.expected) {
        return {};
    }
    return cannot_lock(update.ref,
                       update.expected.is_null()
                           ? "reference already exists"
                           : "is at " + present.hex() + " but expected " + update.expected.hex());
}

bool creates(const RefUpdate& update) {
    return update.expected.is_null() && !update.desired.is_null();
}

/// "refs/heads/a/b" → "refs/heads/a", and what is above it but for "refs".
std::vector<std::string> folders_above(const std::string& ref) {
    std::vector<std::string> folders;
    for (std::size_t slash = ref.rfind('/'); slash != std::string::npos && slash > 4;
         slash = ref.rfind('/', slash - 1)) {
        folders.push_back(ref.substr(0, slash));
    }
    return folders;
}

/// A ref of that name would stand where another one needs a folder, or the reverse.
std::string name_conflict(git_repository& repository, const RefUpdate& update,
                          const std::set<std::string>& created) {
    if (!creates(update)) {
        return {};
    }
    for (const std::string& folder : folders_above(update.ref)) {
        if (created.contains(folder)) {
            return cannot_lock(update.ref, "cannot process '" + folder + "' and '" + update.ref +
                                               "' at the same time");
        }
        if (look_up(repository, folder) != nullptr) {
            return cannot_lock(update.ref,
                               "'" + folder + "' exists; cannot create '" + update.ref + "'");
        }
    }
    ReferenceIteratorHandle below;
    const std::string pattern = update.ref + "/*";
    check(git_reference_iterator_glob_new(out(below), &repository, pattern.c_str()), k_cannot_read);
    const char* name = nullptr;
    const int code = git_reference_next_name(&name, below.get());
    if (code == GIT_ITEROVER) {
        return {};
    }
    check(code, k_cannot_read);
    return cannot_lock(update.ref,
                       "'" + printable(name) + "' exists; cannot create '" + update.ref + "'");
}

/// git pack-refs takes away folders that it emptied, also between the moment when libgit2 makes
/// the folder of a lock and the moment when it makes the lock: then both are made again.
int lock_ref(git_transaction& transaction, const std::string& ref) {
    constexpr int k_attempts = 10;
    int code = GIT_ENOTFOUND;
    for (int attempt = 0; attempt < k_attempts && code == GIT_ENOTFOUND; ++attempt) {
        code = git_transaction_lock_ref(&transaction, ref.c_str());
    }
    return code;
}

bool changes(const RefUpdate& update) {
    return update.expected != update.desired;
}

}  // namespace

bool any_of(const Reasons& reasons) {
    return std::any_of(reasons.begin(), reasons.end(),
                       [](const std::string& reason) { return !reason.empty(); });
}

Reasons compare_refs(git_repository& repository, std::span<const RefUpdate> updates) {
    std::set<std::string> created;
    for (const RefUpdate& update : updates) {
        if (creates(update)) {
            created.insert(update.ref);
        }
    }
    Reasons reasons;
    for (const RefUpdate& update : updates) {
        std::string reason = compared(repository, update);
        if (reason.empty()) {
            reason = name_conflict(repository, update, created);
        }
        reasons.push_back(std::move(reason));
    }
    return reasons;
}

RefTransaction::RefTransaction(git_repository& repository, std::span<const RefUpdate> updates)
    : m_repository(repository), m_updates(updates) {
    check(git_transaction_new(out(m_transaction), &m_repository), k_cannot_write);
    for (const RefUpdate& update : m_updates) {
        if (changes(update) && update.desired.is_null()) {
            m_deleted.insert(update.ref);
        }
    }
}

Reasons RefTransaction::lock() {
    Reasons reasons(m_updates.size());
    for (std::size_t index = 0; index < m_updates.size(); ++index) {
        const std::string& ref = m_updates[index].ref;
        const int code = lock_ref(*m_transaction, ref);
        if (code == GIT_ELOCKED) {
            reasons[index] = cannot_lock(
                ref,
                "'" + ref + ".lock' exists: another process moves this ref, or died while it did");
        } else if (code == GIT_EDIRECTORY) {
            reasons[index] = cannot_lock(ref, "there are refs below that name");
        } else {
            check(code, k_cannot_write);
        }
        if (reasons[index].empty() && m_packed == nullptr && m_deleted.contains(ref)) {
            m_packed = std::make_unique<PackedRefsLock>(git_repository_commondir(&m_repository));
            if (!m_packed->held()) {
                reasons[index] = cannot_lock(ref, "'packed-refs.lock' exists");
            }
        }
        if (!reasons[index].empty()) {
            break;
        }
    }
    return reasons;
}

void RefTransaction::prepare() {
    const std::string folder = git_repository_commondir(&m_repository);
    for (const RefUpdate& update : m_updates) {
        if (!changes(update) || update.desired.is_null()) {
            continue;
        }
        // The same bytes that the commit writes over these, through its own descriptor.
        const std::string path = folder + update.ref + ".lock";
        std::ofstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file << update.desired.hex() << '\n' << std::flush;
        file.close();
        if (!file) {
            throw Error(ExitCode::failed, std::string(k_cannot_write),
                        printable(path) + " cannot be written",
                        {"look for a full disk or a quota: df " + printable(folder)});
        }
    }
}

void RefTransaction::commit() {
    for (const RefUpdate& update : m_updates) {
        if (!changes(update)) {
            continue;
        }
        if (update.desired.is_null()) {
            check(git_transaction_remove(m_transaction.get(), update.ref.c_str()), k_cannot_write);
            continue;
        }
        const git_oid target = to_oid(update.desired);
        check(git_transaction_set_target(m_transaction.get(), update.ref.c_str(), &target, nullptr,
                                         k_reflog_message),
              k_cannot_write);
    }
    if (m_packed != nullptr) {
        m_packed->remove(m_deleted);
    }
    check(git_transaction_commit(m_transaction.get()), k_cannot_write);
}

}  // namespace headway::git
