#pragma once

#include <string>
#include <vector>

namespace headway::core {

/// A refusal in the words of Error: what, because, hints.
struct Refusal {
    std::string what;
    std::string because;
    std::vector<std::string> hints;
};

}  // namespace headway::core
