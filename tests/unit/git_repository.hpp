#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headway/git_remote.hpp"
#include "headway/trace.hpp"

namespace headway::test {

/// A folder that is gone when it goes out of scope.
class TemporaryFolder {
public:
    TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return m_path; }

private:
    std::filesystem::path m_path;
};

struct ProgramResult {
    int status = -1;
    std::string output;  ///< stdout and stderr.
};

/// Runs the git program without the user's and the machine's configuration.
ProgramResult try_git(const std::filesystem::path& folder,
                      const std::vector<std::string>& arguments, std::string_view input = {});

/// The same; throws when git fails. The output comes without its last line's end.
std::string run_git(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
                    std::string_view input = {});

/// A repository made by the git program.
class Repository {
public:
    enum class Kind { bare, with_work_tree };

    explicit Repository(Kind kind = Kind::bare, std::vector<std::string> init_options = {});

    [[nodiscard]] std::string path() const { return m_path.string(); }
    std::string git(const std::vector<std::string>& arguments, std::string_view input = {}) const {
        return run_git(m_path, arguments, input);
    }
    /// A commit with one file, named by no ref.
    [[nodiscard]] ObjectId commit(const std::vector<ObjectId>& parents, std::string_view message,
                                  std::string_view content = "content") const;
    /// `count` commits, the oldest without parents or on top of `base`; newest last.
    [[nodiscard]] std::vector<ObjectId> chain(std::size_t count,
                                              std::optional<ObjectId> base = {}) const;
    void set(const std::string& ref, const ObjectId& id) const;
    [[nodiscard]] std::optional<ObjectId> tip(const std::string& ref) const;
    /// Nothing that git fsck --strict complains of; what no ref names is no fault.
    [[nodiscard]] std::string fsck() const;

private:
    TemporaryFolder m_folder;
    std::filesystem::path m_path;
};

[[nodiscard]] ObjectId id_of(std::string_view hex);

class SilentTrace final : public Trace {
public:
    void line(Verbosity /*level*/, std::string_view /*text*/) override {}
};

}  // namespace headway::test
