#pragma once

#include <string>

#include "headway/probe_configuration.hpp"

/// Words for --dry-run. Not printable yet; without the value of any reference.
namespace headway::config {

/// "GET /health, status 200, /version is "${short_commit}", timeout 10s"
[[nodiscard]] std::string probe_words(const ProbeConfiguration& probe);

/// The text, or where it is found.
[[nodiscard]] std::string shown(const ProbeText& text);

}  // namespace headway::config
