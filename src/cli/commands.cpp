#include "cli/commands.hpp"

#include <array>

namespace headway::cli {

std::span<const Command> commands() {
    static constexpr std::array<Command, 4> k_commands{{
        {"promote", "Move environments forward to a commit of the source branch, and prove it",
         configure_promote, run_promote},
        {"verify", "Prove that an environment, or a URL, runs the right version healthily",
         configure_verify, run_verify},
        {"rollback", "Move an environment back to an earlier commit, and hold it",
         configure_rollback, run_rollback},
        {"notify", "Post one message by hand, or from another job", configure_notify, run_notify},
    }};
    return k_commands;
}

}  // namespace headway::cli
