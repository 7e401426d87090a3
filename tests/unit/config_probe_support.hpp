#pragma once

#include <catch2/catch_test_macros.hpp>

#include "config_support.hpp"

/// Files that hold one probe.
namespace headway::config::testing {

inline constexpr Comparison k_equals = Comparison::equals;
inline constexpr Comparison k_contains = Comparison::contains;
inline constexpr Comparison k_matches = Comparison::matches;

/// A file with this verification.
inline std::string file_with(const std::string& verify) {
    return "environments: {s: {branch: b, url: 'https://a.example', verify: " + verify + "}}\n";
}

inline FileEnvironment environment(const std::string& verify) {
    return parse_file(file_with(verify), "f.yml").environments.at(0);
}

/// The probe of these keys.
inline ProbeConfiguration probe(const std::string& keys) {
    return environment("{probes: [{url: /, " + keys + "}]}").probes.at(0);
}

inline std::string refusal(const std::string& verify) {
    const std::string text = parse_failure(file_with(verify));
    const std::string place = "f.yml:1:";
    REQUIRE((text == "no failure" || text.starts_with(place)));
    return text == "no failure" ? text : text.substr(text.find(' ') + 1);
}

/// The refusal of a probe's keys, without its place.
inline std::string probe_refusal(const std::string& keys) {
    return refusal("{probes: [{url: /, " + keys + "}]}");
}

struct Row {
    std::string keys;
    std::string failure;
};

inline void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.keys);
        CHECK(probe_refusal(row.keys) == row.failure);
    }
}

}  // namespace headway::config::testing
