#include "cli/evidence_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "cli/output.hpp"
#include "headway/error.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

constexpr std::size_t k_shown_path = 200;  // Bytes.
constexpr mode_t k_mode = 0644;

[[noreturn]] void refuse(std::string_view flag, const std::string& path, int why) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    std::string because = std::strerror(why);
    std::string hint = fmt::format("{} FILE, where it can be written", flag);
    if (why == ENOENT && !folder.empty()) {
        because = fmt::format("there is no folder '{}'", printable(folder, k_shown_path));
        hint = fmt::format("mkdir -p '{}'", printable(folder, k_shown_path));
    } else if (why == EISDIR) {
        because = "it is a folder";
        hint = fmt::format("{} '{}'", flag, printable(path + "/FILE", k_shown_path));
    } else if (why == ENOTDIR) {
        because = fmt::format("'{}' is no folder", printable(folder, k_shown_path));
    }
    throw Error(ExitCode::failed,
                fmt::format("'{}' cannot be written", printable(path, k_shown_path)),
                std::move(because), {std::move(hint)});
}

int write_and_close(int descriptor, std::string_view text) {
    const int failure = write_all(descriptor, text);
    return close(descriptor) != 0 && failure == 0 ? errno : failure;
}

/// Where a link leads; `path` itself where it is none.
std::string resolved(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr),
                                                           &std::free);
    return real ? std::string(real.get()) : path;
}

/// A file beside `path`, put in its place when all of it is there; errno, or 0.
int replace_file(const std::string& path, std::string_view text) {
    const std::string temporary = fmt::format("{}.{}.tmp", path, getpid());
    const int descriptor =
        open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, k_mode);
    if (descriptor < 0) {
        return errno;
    }
    int failure = write_and_close(descriptor, text);
    if (failure == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) {
        failure = errno;
    }
    if (failure != 0) {
        (void)unlink(temporary.c_str());
    }
    return failure;
}

int write_through(const std::string& path, std::string_view text) {
    const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    return descriptor < 0 ? errno : write_and_close(descriptor, text);
}

}  // namespace

void write_evidence_file(std::string_view flag, const std::string& path, std::string_view text,
                         const Redactor& redactor) {
    const std::string clean = redactor.scrub(text);
    struct stat there {};
    const bool exists = stat(path.c_str(), &there) == 0;
    int failure = 0;
    if (exists && S_ISDIR(there.st_mode)) {
        failure = EISDIR;
    } else if (exists && !S_ISREG(there.st_mode)) {
        failure = write_through(path, clean);
    } else {
        failure = replace_file(exists ? resolved(path) : path, clean);
    }
    if (failure != 0) {
        refuse(flag, path, failure);
    }
}

}  // namespace headway::cli
