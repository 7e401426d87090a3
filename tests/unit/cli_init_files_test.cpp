#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "cli/init_files.hpp"

using namespace headway;
using namespace headway::cli;
namespace fs = std::filesystem;

namespace {

class Folder {
public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "headway-init-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        m_path = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(m_path); }

    [[nodiscard]] const std::string& path() const { return m_path; }
    [[nodiscard]] std::set<std::string> all() const {
        std::set<std::string> paths;
        for (const auto& entry : fs::recursive_directory_iterator(m_path)) {
            paths.insert(fs::relative(entry.path(), m_path).string());
        }
        return paths;
    }
    [[nodiscard]] std::string text(const std::string& path) const {
        std::ifstream file(m_path + "/" + path);
        return {std::istreambuf_iterator<char>(file), {}};
    }

private:
    std::string m_path;
};

}  // namespace

TEST_CASE("files are created with their folders") {
    const Folder folder;
    create_files(folder.path(), {{"a", "1\n"}, {"x/y/b", "2\n"}, {"x/c", ""}});
    CHECK(folder.all() == std::set<std::string>{"a", "x", "x/y", "x/y/b", "x/c"});
    CHECK(folder.text("a") == "1\n");
    CHECK(folder.text("x/y/b") == "2\n");
    CHECK(existing_files(folder.path(), {{"a", ""}, {"b", ""}, {"x", ""}, {"a/b", ""}}) ==
          std::vector<std::string>{"a", "x"});
}

TEST_CASE("when one file cannot be created none is left, and no other is touched") {
    const Folder folder;
    fs::create_directory(folder.path() + "/kept");
    std::ofstream(folder.path() + "/kept/old") << "old";
    try {
        create_files(folder.path(),
                     {{"a", "1"}, {"x/y/b", "2"}, {"kept/new", "3"}, {"kept/old", ""}});
        FAIL("it was overwritten");
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::usage);
        CHECK(std::string(error.what()) == "kept/old is there already");
    }
    CHECK(folder.all() == std::set<std::string>{"kept", "kept/old"});
    CHECK(folder.text("kept/old") == "old");
    try {
        create_files(folder.path(), {{"a", "1"}, {"kept/old/b", ""}});
        FAIL("there is no such folder");
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::failed);
    }
    CHECK(folder.all() == std::set<std::string>{"kept", "kept/old"});
}
