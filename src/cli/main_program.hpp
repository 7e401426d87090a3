#pragma once

namespace headway::cli {

/// The whole program: parses, dispatches, catches once. Returns the exit code (ExitCode).
[[nodiscard]] int run(int argc, const char* const* argv) noexcept;

}  // namespace headway::cli
