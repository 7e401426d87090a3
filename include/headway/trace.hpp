#pragma once

#include <string_view>

namespace headway {

/// How much the user asked to see on stderr.
enum class Verbosity { quiet, normal, verbose, wire };  // --quiet, -, -v, -vv

/// Where the layers below the command line tell what they do. Lines are complete sentences
/// without a newline; the sink scrubs secrets and drops what the user did not ask for.
class Trace {
public:
    Trace() = default;
    Trace(const Trace&) = delete;
    Trace& operator=(const Trace&) = delete;
    virtual ~Trace() = default;

    /// `level`: the least verbosity at which the line is shown.
    virtual void line(Verbosity level, std::string_view text) = 0;
};

}  // namespace headway
