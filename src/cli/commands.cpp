#include "cli/commands.hpp"

#include <array>

namespace headway::cli {

std::span<const Command> commands() {
    static constexpr std::array<Command, 13> k_commands{{
        {"promote", "Move environments forward, and prove it",
         "  headway promote staging\n"
         "  headway promote production --commit 1a2b3c4d --dry-run",
         configure_promote, run_promote},
        {"verify", "Prove that the right version runs, and healthily",
         "  headway verify staging\n"
         "  headway verify --url https://app.example.com/health --expect /status=ok",
         configure_verify, run_verify},
        {"rollback", "Move an environment back, and hold it there",
         "  headway rollback production --reason \"checkout fails\"\n"
         "  headway rollback production --to 1a2b3c4d --dry-run",
         configure_rollback, run_rollback},
        {"hold", "Stop promotions to an environment, or to all",
         "  headway hold production --reason \"incident 42\"\n"
         "  headway hold --all --reason \"the database is moving\"",
         configure_hold, run_hold},
        {"resume", "End a hold", "  headway resume production\n  headway resume --all",
         configure_resume, run_resume},
        {"status", "Show what runs where, and what needs attention",
         "  headway status --check\n"
         "  headway status 'edge-*'",
         configure_status, run_status},
        {"history", "Show what happened to an environment",
         "  headway history production --since 7d\n"
         "  headway history production --dora --since 2026-01-01",
         configure_history, run_history},
        {"config", "Show every setting, and where it comes from",
         "  headway config production\n"
         "  headway config --check\n"
         "  headway config --schema > headway.schema.json",
         configure_config, run_config},
        {"notify", "Post one message about an environment",
         "  headway notify staging --text \"maintenance from 18:00\"\n"
         "  headway notify staging --event refused --text \"the tests fail\"",
         configure_notify, run_notify},
        {"doctor", "Check all that a promotion needs, and move nothing",
         "  headway doctor production\n"
         "  headway doctor --send",
         configure_doctor, run_doctor},
        {"init", "Write a first .headway.yml, and what CI needs",
         "  headway init --dry-run\n"
         "  headway init --environment staging=deploy/staging --ci gitlab",
         configure_init, run_init},
        {"completion", "Print the script by which a shell completes",
         "  headway completion bash >~/.local/share/bash-completion/completions/headway\n"
         "  headway completion fish >~/.config/fish/completions/headway.fish",
         configure_completion, run_completion},
        {"man", "Print the manual page",
         "  headway man | man -l -\n"
         "  headway man >~/.local/share/man/man1/headway.1",
         configure_man, run_man},
    }};
    return k_commands;
}

}  // namespace headway::cli
