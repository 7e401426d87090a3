#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "core/plan.hpp"
#include "core/promote.hpp"
#include "core/verify.hpp"

/// Values as the user reads them: a line of text, or a part of the JSON document.
namespace headway::cli {

/// "staging: 1a2b3c4d → 5e6f7a8b, fast-forward"
[[nodiscard]] std::string line_of(const core::Placement& placement);

/// The same for a rehearsal: "staging: would move 1a2b3c4d → 5e6f7a8b, fast-forward"
[[nodiscard]] std::string rehearsal_line_of(const core::Move& move);

[[nodiscard]] nlohmann::ordered_json json_of(const core::Placement& placement);
[[nodiscard]] nlohmann::ordered_json json_of(const Commit& commit);

/// "820 ms", "4.2 s", "3 min 5 s"
[[nodiscard]] std::string human(std::chrono::milliseconds duration);

}  // namespace headway::cli
