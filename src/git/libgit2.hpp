#pragma once

#include <git2.h>

#include <memory>
#include <string>
#include <string_view>

#include "headway/object_id.hpp"

namespace headway::git {

/// libgit2's start and end, counted by libgit2 itself: who calls its functions holds one. The
/// first one sets the process up so that only what headway names is read and written: no search
/// for the user's or the machine's configuration.
class Library {
public:
    Library();
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library();
};

template <auto Free>
struct Deleter {
    template <typename T>
    void operator()(T* handle) const noexcept {
        Free(handle);
    }
};

template <typename T, auto Free>
using Handle = std::unique_ptr<T, Deleter<Free>>;

using CommitHandle = Handle<git_commit, git_commit_free>;
using ConfigHandle = Handle<git_config, git_config_free>;
using ObjectHandle = Handle<git_object, git_object_free>;
using OdbHandle = Handle<git_odb, git_odb_free>;
using OdbObjectHandle = Handle<git_odb_object, git_odb_object_free>;
using PackBuilderHandle = Handle<git_packbuilder, git_packbuilder_free>;
using ReferenceHandle = Handle<git_reference, git_reference_free>;
using ReferenceIteratorHandle = Handle<git_reference_iterator, git_reference_iterator_free>;
using RepositoryHandle = Handle<git_repository, git_repository_free>;
using RevwalkHandle = Handle<git_revwalk, git_revwalk_free>;
using SignatureHandle = Handle<git_signature, git_signature_free>;
using TransactionHandle = Handle<git_transaction, git_transaction_free>;
using TreeHandle = Handle<git_tree, git_tree_free>;

/// Lets a C function fill a handle through its out-parameter: `check(f(out(handle), …), …)`. The
/// handle is filled at the end of the full expression, so that it is first used in the next one.
template <typename T, typename D>
class Setter {
public:
    explicit Setter(std::unique_ptr<T, D>& target) noexcept : m_target(target) {}
    Setter(const Setter&) = delete;
    Setter& operator=(const Setter&) = delete;
    ~Setter() { m_target.reset(m_pointer); }
    // NOLINTNEXTLINE(google-explicit-constructor): it stands for the C out-parameter.
    operator T**() noexcept { return &m_pointer; }

private:
    std::unique_ptr<T, D>& m_target;
    T* m_pointer = nullptr;
};

template <typename T, typename D>
[[nodiscard]] Setter<T, D> out(std::unique_ptr<T, D>& target) noexcept {
    return Setter<T, D>(target);
}

/// A git_buf that frees itself.
class Buffer {
public:
    Buffer() = default;
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { git_buf_dispose(&m_buffer); }

    [[nodiscard]] git_buf* get() noexcept { return &m_buffer; }
    [[nodiscard]] std::string_view view() const noexcept {
        return m_buffer.ptr == nullptr ? std::string_view{}
                                       : std::string_view(m_buffer.ptr, m_buffer.size);
    }

private:
    git_buf m_buffer = GIT_BUF_INIT;
};

/// What libgit2 says of the call that has just failed, printable. To be asked before any other
/// call of libgit2, destructors included.
[[nodiscard]] std::string last_error();

/// Throws Error(failed, what, libgit2's reason) when `code` is one of libgit2's error codes (all
/// of them are negative); else returns it.
int check(int code, std::string_view what);

[[nodiscard]] git_oid to_oid(const ObjectId& id) noexcept;
[[nodiscard]] ObjectId from_oid(const git_oid& oid) noexcept;

}  // namespace headway::git
