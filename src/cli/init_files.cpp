#include "cli/init_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "cli/output.hpp"
#include "config/config.hpp"
#include "headway/error.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

constexpr mode_t k_file_mode = 0644;
constexpr mode_t k_folder_mode = 0755;

[[noreturn]] void refuse(const std::string& path, int why) {
    throw Error(ExitCode::failed, fmt::format("{} cannot be created", printable(path)),
                std::strerror(why), {"headway init --dry-run prints the files instead"});
}

/// What has been created so far; taken away again unless it is to be kept.
class Created {
public:
    explicit Created(std::string top) : m_top(std::move(top)) {}
    Created(const Created&) = delete;
    Created& operator=(const Created&) = delete;
    ~Created() {
        std::reverse(m_paths.begin(), m_paths.end());
        for (const std::string& path : m_paths) {
            (void)(path.ends_with('/') ? rmdir(path.c_str()) : unlink(path.c_str()));
        }
    }

    void folders_of(const std::string& path) {
        for (auto slash = path.find('/'); slash != std::string::npos;
             slash = path.find('/', slash + 1)) {
            const std::string folder = m_top + "/" + path.substr(0, slash + 1);
            if (mkdir(folder.c_str(), k_folder_mode) == 0) {
                m_paths.push_back(folder);
            } else if (errno != EEXIST) {
                refuse(path.substr(0, slash), errno);
            }
        }
    }

    void file(const InitFile& file) {
        folders_of(file.path);
        const std::string path = m_top + "/" + file.path;
        const int descriptor =
            open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, k_file_mode);
        if (descriptor < 0 && errno == EEXIST) {
            throw would_overwrite({file.path});
        }
        if (descriptor < 0) {
            refuse(file.path, errno);
        }
        m_paths.push_back(path);
        int failure = write_all(descriptor, file.text);
        failure = close(descriptor) != 0 && failure == 0 ? errno : failure;
        if (failure != 0) {
            refuse(file.path, failure);
        }
    }

    void keep() { m_paths.clear(); }

private:
    std::string m_top;
    std::vector<std::string> m_paths;  ///< Folders end in '/'.
};

}  // namespace

std::vector<std::string> existing_files(const std::string& top,
                                        const std::vector<InitFile>& files) {
    std::vector<std::string> paths;
    for (const InitFile& file : files) {
        struct stat there {};
        if (lstat((top + "/" + file.path).c_str(), &there) == 0) {
            paths.push_back(file.path);
        }
    }
    return paths;
}

Error would_overwrite(const std::vector<std::string>& paths) {
    const bool configuration =
        std::find(paths.begin(), paths.end(), config::k_file_name) != paths.end();
    std::vector<std::string> hints{"see what would be written: headway init --dry-run"};
    if (configuration) {
        hints.emplace_back(
            fmt::format("change it by hand, or move it away: mv {0} {0}.old", config::k_file_name));
    } else {
        hints.emplace_back("write the configuration alone: headway init --ci none");
    }
    return {ExitCode::usage,
            fmt::format("{} {} there already", fmt::join(paths, " and "),
                        paths.size() == 1 ? "is" : "are"),
            "init creates files and never overwrites one; nothing was written", std::move(hints)};
}

void create_files(const std::string& top, const std::vector<InitFile>& files) {
    Created created(top);
    for (const InitFile& file : files) {
        created.file(file);
    }
    created.keep();
}

}  // namespace headway::cli
