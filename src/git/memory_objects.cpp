#include "memory_objects.hpp"

#include <git2/sys/commit.h>
#include <git2/sys/config.h>
#include <git2/sys/mempack.h>
#include <git2/sys/repository.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "headway/error.hpp"

namespace headway::git {

namespace {

constexpr std::string_view k_cannot_keep = "git objects cannot be kept in memory";
constexpr std::string_view k_cannot_make = "the commit cannot be made";
constexpr std::string_view k_cannot_pack = "the objects of the push cannot be packed";
constexpr std::string_view k_cannot_read = "a commit cannot be read";
constexpr std::string_view k_cannot_write = "the objects of the push cannot be written";

/// git's ident.c: what may not stand at the ends of a name or an address.
bool is_crud(char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte <= ' ' || std::string_view(".,:;<>\"\\'").find(letter) != std::string_view::npos;
}

std::string clean_identity(std::string_view text) {
    while (!text.empty() && is_crud(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_crud(text.back())) {
        text.remove_suffix(1);
    }
    std::string clean;
    std::copy_if(text.begin(), text.end(), std::back_inserter(clean), [](char letter) {
        const auto byte = static_cast<unsigned char>(letter);
        return byte >= ' ' && byte != 0x7F && letter != '<' && letter != '>';
    });
    return clean;
}

SignatureHandle make_signature(const Signature& signature) {
    const std::string name = clean_identity(signature.name);
    const std::string email = clean_identity(signature.email);
    if (name.empty() || email.empty()) {
        throw Error(ExitCode::usage, std::string(k_cannot_make),
                    std::string("the identity's ") + (name.empty() ? "name" : "email") +
                        " has no character that git can store",
                    {"set identity.name and identity.email in .headway.yml"});
    }
    // libgit2 writes the time as an unsigned 32-bit number.
    if (signature.when < 0 || signature.when > std::numeric_limits<std::uint32_t>::max()) {
        throw Error(ExitCode::failed, std::string(k_cannot_make),
                    "its time lies outside the years 1970 to 2106", {"set this machine's clock"});
    }
    SignatureHandle handle;
    check(git_signature_new(out(handle), name.c_str(), email.c_str(), signature.when,
                            signature.offset_minutes),
          k_cannot_make);
    return handle;
}

}  // namespace

git_object_t native_type(ObjectType type) noexcept {
    switch (type) {
        case ObjectType::commit:
            return GIT_OBJECT_COMMIT;
        case ObjectType::tree:
            return GIT_OBJECT_TREE;
        case ObjectType::blob:
            return GIT_OBJECT_BLOB;
        case ObjectType::tag:
            break;
    }
    return GIT_OBJECT_TAG;
}

MemoryObjects::MemoryObjects() {
    check(git_odb_new(out(m_odb)), k_cannot_keep);
    check(git_mempack_new(&m_backend), k_cannot_keep);
    if (const int code = git_odb_add_backend(m_odb.get(), m_backend, 1); code < 0) {
        m_backend->free(m_backend);
        check(code, k_cannot_keep);
    }
    check(git_repository_wrap_odb(out(m_repository), m_odb.get()), k_cannot_keep);
    // Without a configuration of its own the repository would look for the user's.
    ConfigHandle configuration;
    check(git_config_new(out(configuration)), k_cannot_keep);
    check(git_repository_set_config(m_repository.get(), configuration.get()), k_cannot_keep);
}

void MemoryObjects::remember(const ObjectId& id) {
    if (std::find(m_added.begin(), m_added.end(), id) == m_added.end()) {
        m_added.push_back(id);
    }
}

ObjectId MemoryObjects::add_commit(const CommitDraft& draft) {
    const SignatureHandle author = make_signature(draft.author);
    const SignatureHandle committer = make_signature(draft.committer);
    const git_oid tree = to_oid(draft.tree);
    std::vector<git_oid> parents;
    std::transform(draft.parents.begin(), draft.parents.end(), std::back_inserter(parents), to_oid);
    std::vector<const git_oid*> pointers;
    std::transform(parents.begin(), parents.end(), std::back_inserter(pointers),
                   [](const git_oid& parent) { return &parent; });
    // git stops reading a message at a NUL; git fsck warns of it (nulInCommit).
    std::string message = draft.message;
    message.erase(std::remove(message.begin(), message.end(), '\0'), message.end());

    if (draft.tree == ObjectId::parse(k_empty_tree_hex)) {
        add_object(ObjectType::tree, "");
    }
    git_oid id{};
    check(git_commit_create_from_ids(&id, m_repository.get(), nullptr, author.get(),
                                     committer.get(), nullptr, message.c_str(), &tree,
                                     pointers.size(), pointers.data()),
          k_cannot_make);
    remember(from_oid(id));
    return from_oid(id);
}

ObjectId MemoryObjects::add_object(ObjectType type, std::string_view bytes) {
    git_oid written{};
    check(git_odb_write(&written, m_odb.get(), bytes.data(), bytes.size(), native_type(type)),
          k_cannot_keep);
    remember(from_oid(written));
    return from_oid(written);
}

std::string MemoryObjects::pack() const {
    PackBuilderHandle builder;
    check(git_packbuilder_new(out(builder), m_repository.get()), k_cannot_pack);
    for (const ObjectId& added : m_added) {
        const git_oid id = to_oid(added);
        check(git_packbuilder_insert(builder.get(), &id, nullptr), k_cannot_pack);
    }
    Buffer bytes;
    check(git_packbuilder_write_buf(bytes.get(), builder.get()), k_cannot_pack);
    return std::string(bytes.view());
}

CommitHandle MemoryObjects::read_commit(const ObjectId& id, std::string_view bytes) const {
    const git_oid oid = to_oid(id);
    // Straight into the backend: git_odb_write would hash what reading hashes again.
    check(m_backend->write(m_backend, &oid, bytes.data(), bytes.size(), GIT_OBJECT_COMMIT),
          k_cannot_read);
    CommitHandle commit;
    check(git_commit_lookup(out(commit), m_repository.get(), &oid), k_cannot_read);
    return commit;
}

void MemoryObjects::copy_to(git_odb& target) const {
    for (const ObjectId& added : m_added) {
        const git_oid id = to_oid(added);
        OdbObjectHandle object;
        check(git_odb_read(out(object), m_odb.get(), &id), k_cannot_write);
        git_oid written{};
        check(git_odb_write(&written, &target, git_odb_object_data(object.get()),
                            git_odb_object_size(object.get()), git_odb_object_type(object.get())),
              k_cannot_write);
    }
}

}  // namespace headway::git
