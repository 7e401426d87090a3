#pragma once

#include <string>
#include <string_view>

#include "cli/redactor.hpp"

namespace headway::cli {

/// Writes `text`, without the secrets that `redactor` knows, to the file at `path`; in one step, so
/// that nobody reads half of it and an older one stays until then. A link stays one; what is no
/// file (a pipe, /dev/stdout) is written to as it is. Folders are not made. `flag` names the file
/// in the texts: "--junit". Throws Error(failed).
void write_evidence_file(std::string_view flag, const std::string& path, std::string_view text,
                         const Redactor& redactor);

}  // namespace headway::cli
