#pragma once

#include <string>

namespace headway {

/// Where a value came from, for `--dry-run` and for error messages:
/// "--source", "HEADWAY_SOURCE", ".headway.yml:3:9", "CI_DEFAULT_BRANCH", "default".
struct Origin {
    std::string text = "default";
};

template <typename T>
struct Setting {
    T value{};
    Origin origin;
};

}  // namespace headway
