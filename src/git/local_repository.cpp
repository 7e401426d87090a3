#include "git/local_repository.hpp"

#include <git2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "headway/error.hpp"
#include "headway/text.hpp"

namespace headway::git {

namespace {

constexpr std::string_view k_use_url = "give the URL of the git server instead: --remote https://…";

/// All that git-receive-pack runs.
constexpr std::array<std::string_view, 6> k_receive_hooks{
    "pre-receive", "update", "proc-receive", "reference-transaction", "post-receive", "post-update",
};

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

[[noreturn]] void throw_cannot_open(const std::string& path, int code, std::string reason) {
    const std::string name = printable(path);
    const std::string cannot_use = "the repository " + name + " cannot be used";
    if (code == GIT_EOWNER) {
        throw Error(ExitCode::refused, cannot_use, "another user owns it",
                    {"run headway as the user who owns the repository", std::string(k_use_url)});
    }
    if (contains(reason, "object format")) {
        throw Error(
            ExitCode::refused, cannot_use,
            "its objects are not named by SHA-1, which is all that headway reads (" + reason + ")",
            {"git init --bare --object-format=sha1 PATH, and push the branches there"});
    }
    if (contains(reason, "refstorage")) {
        throw Error(
            ExitCode::refused, cannot_use, "its refs are in a reftable",
            {"git -C " + name + " refs migrate --ref-format=files", std::string(k_use_url)});
    }
    if (contains(reason, "unsupported extension")) {
        throw Error(ExitCode::refused, cannot_use, std::move(reason), {std::string(k_use_url)});
    }
    throw Error(ExitCode::usage, name + " is no git repository", std::move(reason),
                {"give a repository's folder or URL: --remote PATH"});
}

bool is_executable_file(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
}

int note_if_true(const git_config_entry* entry, void* payload) noexcept {
    int value = 0;
    if (git_config_parse_bool(&value, entry->value) == 0 && value != 0) {
        *static_cast<bool*>(payload) = true;
    }
    return 0;
}

bool is_partial_clone(git_config& configuration) {
    bool promised = !configured(configuration, "extensions.partialclone").empty();
    check(git_config_foreach_match(&configuration, "^remote\\..*\\.promisor$", note_if_true,
                                   &promised),
          "the repository's configuration cannot be read");
    return promised;
}

std::string hooks_folder(git_repository& repository) {
    const ConfigHandle configuration = configuration_of(repository);
    Buffer folder;
    if (git_config_get_path(folder.get(), configuration.get(), "core.hooksPath") != 0) {
        return git_repository_commondir(&repository) + std::string("hooks");
    }
    const std::string path(folder.view());
    // git-receive-pack runs in the git folder.
    return path.starts_with('/') ? path : git_repository_path(&repository) + path;
}

}  // namespace

RepositoryHandle open_repository(const std::string& path) {
    RepositoryHandle repository;
    const int code = git_repository_open_ext(out(repository), path.c_str(),
                                             GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
    if (code < 0) {
        throw_cannot_open(path, code, last_error());
    }
    return repository;
}

void refuse_what_is_not_honoured(git_repository& repository, const std::string& path) {
    const std::string name = printable(path);
    const std::string cannot_use = "the repository " + name + " cannot be used";
    if (git_repository_is_shallow(&repository) == 1) {
        throw Error(ExitCode::refused, cannot_use, "it is a shallow clone: its history is cut off",
                    {"git -C " + name + " fetch --unshallow", std::string(k_use_url)});
    }
    const ConfigHandle configuration = configuration_of(repository);
    if (is_partial_clone(*configuration)) {
        throw Error(ExitCode::refused, cannot_use,
                    "it is a partial clone: some of its objects are elsewhere",
                    {std::string(k_use_url)});
    }
    const std::string folder = hooks_folder(repository);
    for (const std::string_view hook : k_receive_hooks) {
        const std::string file = folder + "/" + std::string(hook);
        if (is_executable_file(file)) {
            throw Error(ExitCode::refused, cannot_use,
                        "its " + std::string(hook) + " hook would not run on a push from here",
                        {std::string(k_use_url), "remove the hook: " + printable(file)});
        }
    }
}

ConfigHandle configuration_of(git_repository& repository) {
    ConfigHandle configuration;
    check(git_repository_config_snapshot(out(configuration), &repository),
          "the repository's configuration cannot be read");
    return configuration;
}

std::string configured(git_config& configuration, const char* name) {
    const char* value = nullptr;
    const int code = git_config_get_string(&value, &configuration, name);
    if (code == GIT_ENOTFOUND) {
        return {};
    }
    check(code, "the repository's configuration cannot be read");
    return value;
}

}  // namespace headway::git
