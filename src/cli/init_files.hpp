#pragma once

#include <string>
#include <vector>

#include "cli/init_texts.hpp"
#include "headway/error.hpp"

namespace headway::cli {

/// Those of the files that exist already below `top`, whatever they are.
[[nodiscard]] std::vector<std::string> existing_files(const std::string& top,
                                                      const std::vector<InitFile>& files);

/// Creates all of the files below `top`, with the folders that they need, or none: no file that is
/// there is ever written to (O_EXCL), and what was created is taken away again when one of them
/// cannot be. Throws Error(usage) for a file that exists, Error(failed) for what else stands in the
/// way.
void create_files(const std::string& top, const std::vector<InitFile>& files);

/// The refusal to overwrite these.
[[nodiscard]] Error would_overwrite(const std::vector<std::string>& paths);

}  // namespace headway::cli
