#pragma once

#include <string_view>

#include "headway/http.hpp"

namespace headway::git {

/// Reads the body of one answer while it arrives.
class AnswerReader {
public:
    AnswerReader() = default;
    AnswerReader(const AnswerReader&) = delete;
    AnswerReader& operator=(const AnswerReader&) = delete;
    virtual ~AnswerReader() = default;

    /// The next piece, of any size. Throws for what is not the protocol.
    virtual BodyDemand take(std::string_view piece) = 0;
    /// The body is over. Throws when it stopped in the middle.
    virtual void end() = 0;
};

}  // namespace headway::git
