#include "git_repository.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

#include "headway/text.hpp"

namespace headway::test {

namespace {

constexpr const char* k_identity = "Ada Lovelace <ada@example.com>";

struct File {
    explicit File(std::FILE* opened) : handle(opened) {
        if (handle == nullptr) {
            throw std::runtime_error("no temporary file can be made");
        }
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() { std::fclose(handle); }
    std::FILE* handle;
};

[[noreturn]] void become_git(const std::filesystem::path& folder,
                             std::vector<std::string> arguments, int input, int output) {
    ::dup2(input, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    ::setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    ::setenv("GIT_CONFIG_COUNT", "1", 1);
    ::setenv("GIT_CONFIG_KEY_0", "safe.directory", 1);
    ::setenv("GIT_CONFIG_VALUE_0", "*", 1);
    ::setenv("LC_ALL", "C", 1);
    for (const char* name : {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}) {
        ::unsetenv(name);
    }
    arguments.insert(arguments.begin(), {"git", "-C", folder.string(), "-c", "user.name=Ada", "-c",
                                         "user.email=ada@example.com"});
    std::vector<char*> pointers;
    for (std::string& argument : arguments) {
        pointers.push_back(argument.data());
    }
    pointers.push_back(nullptr);
    ::execvp("git", pointers.data());
    ::_exit(127);
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "headway-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error("no temporary folder can be made");
    }
    m_path = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code none;
    std::filesystem::remove_all(m_path, none);
}

ProgramResult try_git(const std::filesystem::path& folder,
                      const std::vector<std::string>& arguments, std::string_view input) {
    const File in(std::tmpfile());
    const File both(std::tmpfile());
    if (!input.empty()) {
        std::fwrite(input.data(), 1, input.size(), in.handle);
    }
    std::fflush(in.handle);
    std::rewind(in.handle);
    const pid_t child = ::fork();
    if (child == 0) {
        become_git(folder, arguments, ::fileno(in.handle), ::fileno(both.handle));
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) {
        throw std::runtime_error("git cannot be run");
    }
    std::rewind(both.handle);
    ProgramResult result{WIFEXITED(status) ? WEXITSTATUS(status) : -1, {}};
    std::array<char, 4096> buffer{};
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), both.handle)) {
        result.output.append(buffer.data(), count);
    }
    return result;
}

std::string run_git(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
                    std::string_view input) {
    ProgramResult result = try_git(folder, arguments, input);
    if (result.status != 0) {
        throw std::runtime_error("git " + arguments.front() + ": " + result.output);
    }
    if (result.output.ends_with('\n')) {
        result.output.pop_back();
    }
    return result.output;
}

Repository::Repository(Kind kind, std::vector<std::string> init_options)
    : m_path(m_folder.path() / "app.git") {
    init_options.insert(init_options.begin(), {"init", "-q", "--initial-branch=main"});
    if (kind == Kind::bare) {
        init_options.emplace_back("--bare");
    }
    init_options.push_back(m_path.string());
    run_git(m_folder.path(), init_options);
}

ObjectId Repository::commit(const std::vector<ObjectId>& parents, std::string_view message,
                            std::string_view content) const {
    const std::string blob = git({"hash-object", "-w", "--stdin"}, content);
    const std::string tree = git({"mktree"}, "100644 blob " + blob + "\tfile.txt\n");
    std::string bytes = "tree " + tree + "\n";
    for (const ObjectId& parent : parents) {
        bytes += "parent " + parent.hex() + "\n";
    }
    bytes.append("author ").append(k_identity).append(" 1700000000 +0100\n");
    bytes.append("committer ").append(k_identity).append(" 1700000000 +0100\n\n").append(message);
    return id_of(git({"hash-object", "-w", "-t", "commit", "--stdin"}, bytes));
}

std::vector<ObjectId> Repository::chain(std::size_t count, std::optional<ObjectId> base) const {
    // One process for any number of commits.
    std::string stream;
    for (std::size_t index = 1; index <= count; ++index) {
        stream += "commit refs/scratch/chain\nmark :" + std::to_string(index) +
                  "\ncommitter Ada <ada@example.com> " + std::to_string(1700000000 + index) +
                  " +0000\ndata <<END\nChange " + std::to_string(index) + "\nEND\n";
        if (index == 1 && base) {
            stream += "from " + base->hex() + "\n";
        }
        stream += "M 100644 inline file.txt\ndata <<END\n" + std::to_string(index) + "\nEND\n\n";
    }
    git({"fast-import", "--quiet", "--force"}, stream);
    std::vector<ObjectId> ids;
    const std::string listed = git({"rev-list", "--first-parent", "--reverse",
                                    "--max-count=" + std::to_string(count), "refs/scratch/chain"});
    for (std::size_t start = 0; start < listed.size(); start += ObjectId::k_hex_size + 1) {
        ids.push_back(id_of(std::string_view(listed).substr(start, ObjectId::k_hex_size)));
    }
    git({"update-ref", "-d", "refs/scratch/chain"});
    return ids;
}

void Repository::set(const std::string& ref, const ObjectId& id) const {
    git({"update-ref", ref, id.hex()});
}

std::optional<ObjectId> Repository::tip(const std::string& ref) const {
    const ProgramResult result = try_git(m_path, {"rev-parse", "--verify", "--quiet", ref});
    return result.status == 0 ? std::optional(id_of(std::string_view(result.output).substr(0, 40)))
                              : std::nullopt;
}

std::string Repository::fsck() const {
    const ProgramResult result =
        try_git(m_path, {"fsck", "--strict", "--no-dangling", "--no-progress"});
    // A notice, that HEAD names no branch yet, is no complaint.
    std::string complaints =
        result.status == 0 ? "" : "exit " + std::to_string(result.status) + "\n";
    for (const std::string& line : lines_of(result.output)) {
        complaints += line.starts_with("notice: ") ? "" : line + "\n";
    }
    return complaints;
}

ObjectId id_of(std::string_view hex) {
    const auto id = ObjectId::parse(hex);
    if (!id) {
        throw std::runtime_error("no object id: " + std::string(hex));
    }
    return *id;
}

}  // namespace headway::test
