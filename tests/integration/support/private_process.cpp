#include "private_process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <exception>

namespace headway::test {

std::string in_private_process(const std::function<bool()>& prepare,
                               const std::function<std::string()>& work) {
    constexpr const char* k_not_allowed = "not allowed";
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::string text = k_not_allowed;
        try {
            if (prepare()) {
                text = work();
            }
        } catch (const std::exception& error) {
            text = error.what();
        }
        _exit(write(ends[1], text.data(), text.size()) < 0 ? 1 : 0);
    }
    close(ends[1]);
    std::string text;
    std::array<char, 4096> piece{};
    for (ssize_t count = 0; (count = read(ends[0], piece.data(), piece.size())) > 0;) {
        text.append(piece.data(), static_cast<std::size_t>(count));
    }
    close(ends[0]);
    waitpid(child, nullptr, 0);
    if (text == k_not_allowed) {
        SKIP("this machine lets no process have a namespace of its own");
    }
    return text;
}

}  // namespace headway::test
