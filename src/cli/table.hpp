#pragma once

#include <string>
#include <vector>

namespace headway::cli {

/// Lines whose columns stand below each other, two spaces between them and none at the end. A
/// character of UTF-8 is one place wide. Every row has as many cells as the first.
[[nodiscard]] std::vector<std::string> aligned(const std::vector<std::vector<std::string>>& rows);

/// How long ago, in one unit: "42 s", "3 min", "5 h", "12 days". Not below 0.
[[nodiscard]] std::string rough_duration(long long seconds);

/// The same with one decimal, for a mean: "45 s", "3.5 min", "2.0 h", "1.5 days".
[[nodiscard]] std::string mean_duration(double seconds);

}  // namespace headway::cli
