#include "libgit2.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "headway/error.hpp"
#include "headway/text.hpp"

namespace headway::git {

namespace {

void set_up_process() {
    for (const int level : {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
                            GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL}) {
        check(git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, ""), "libgit2 cannot be set up");
    }
    // CI makes partial clones; a local remote of that kind is refused with reasons of its own.
    std::array<const char*, 1> extensions{"partialclone"};
    check(git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions.data(), extensions.size()),
          "libgit2 cannot be set up");
    // A commit is made without its parents and its tree at hand: the server has them.
    check(git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, 0), "libgit2 cannot be set up");
    // Objects reach the disk before the refs that name them do.
    check(git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1), "libgit2 cannot be set up");
}

}  // namespace

Library::Library() {
    if (check(git_libgit2_init(), "libgit2 cannot be started") != 1) {
        return;
    }
    try {
        set_up_process();
    } catch (...) {
        git_libgit2_shutdown();
        throw;
    }
}

Library::~Library() {
    git_libgit2_shutdown();
}

std::string last_error() {
    const git_error* error = git_error_last();
    return error == nullptr || error->message == nullptr ? std::string("libgit2 gave no reason")
                                                         : printable(error->message);
}

int check(int code, std::string_view what) {
    if (code < 0) {
        std::string reason = last_error();
        throw Error(ExitCode::failed, std::string(what), std::move(reason));
    }
    return code;
}

git_oid to_oid(const ObjectId& id) noexcept {
    git_oid oid{};
    static_assert(sizeof(oid.id) == ObjectId::k_size);
    std::copy(id.bytes().begin(), id.bytes().end(), std::begin(oid.id));
    return oid;
}

ObjectId from_oid(const git_oid& oid) noexcept {
    std::array<std::uint8_t, ObjectId::k_size> bytes{};
    std::copy(std::begin(oid.id), std::end(oid.id), bytes.begin());
    return ObjectId(bytes);
}

}  // namespace headway::git
