#include "git/packed_refs.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>

#include "headway/error.hpp"
#include "headway/text.hpp"

namespace headway::git {

namespace {

[[noreturn]] void fail(const std::string& path, int number) {
    throw Error(ExitCode::failed, "the repository's refs cannot be written",
                printable(path) + ": " + std::strerror(number),
                {"look for a full disk, a quota, or a folder that this user may not write to"});
}

/// Creates `path` with exactly this content, on the disk and not only on its way there.
void write_file(const std::string& path, std::string_view text) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        fail(path, errno);
    }
    int failure = 0;
    while (!text.empty() && failure == 0) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            failure = errno;
        }
    }
    if (failure == 0 && ::fsync(descriptor) < 0) {
        failure = errno;
    }
    ::close(descriptor);
    if (failure != 0) {
        ::unlink(path.c_str());
        fail(path, failure);
    }
}

/// The file without the lines of `refs`, and without the line of a tag's target behind them.
std::string without(std::string_view text, const std::set<std::string>& refs) {
    std::string kept;
    bool dropping = false;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::size_t length = end == std::string_view::npos ? text.size() : end + 1;
        const std::string_view line = text.substr(0, length);
        text.remove_prefix(length);
        if (!line.starts_with('^')) {
            const std::size_t space = line.find(' ');
            dropping = !line.starts_with('#') && space != std::string_view::npos &&
                       refs.contains(std::string(trimmed(line.substr(space + 1))));
        }
        if (!dropping) {
            kept += line;
        }
    }
    return kept;
}

}  // namespace

PackedRefsLock::PackedRefsLock(const std::string& folder) : m_target(folder + "packed-refs") {
    const std::string path = m_target + ".lock";
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno != EEXIST) {
        fail(path, errno);
    }
    m_held = descriptor >= 0;
    if (m_held) {
        ::close(descriptor);
    }
}

PackedRefsLock::~PackedRefsLock() {
    if (m_held) {
        ::unlink((m_target + ".lock").c_str());
    }
}

void PackedRefsLock::remove(const std::set<std::string>& refs) const {
    std::ifstream file(m_target, std::ios::binary);
    const std::string before{std::istreambuf_iterator<char>(file),
                             std::istreambuf_iterator<char>()};
    const std::string after = without(before, refs);
    if (after == before) {
        return;
    }
    const std::string fresh = m_target + ".new";
    write_file(fresh, after);
    if (std::rename(fresh.c_str(), m_target.c_str()) < 0) {
        fail(m_target, errno);
    }
}

}  // namespace headway::git
