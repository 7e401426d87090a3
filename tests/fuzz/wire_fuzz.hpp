#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string_view>

#include "git/answer_reader.hpp"
#include "headway/error.hpp"
#include "headway/trace.hpp"

namespace headway::fuzz {

class SilentTrace final : public Trace {
public:
    void line(Verbosity, std::string_view) override {}
};

/// Feeds the input whole to one reader and byte by byte to another: whatever it is, it ends in an
/// answer or in an Error, and in the same one. `same` compares the two answers.
template <typename Reader>
void read_twice(Reader& whole, Reader& bytewise, std::string_view input,
                const std::function<bool(Reader&, Reader&)>& same) {
    const auto read = [&](Reader& reader, std::size_t piece) {
        try {
            std::string_view rest = input;
            while (!rest.empty() && reader.take(rest.substr(0, piece)) == BodyDemand::more) {
                rest.remove_prefix(std::min(piece, rest.size()));
            }
            reader.end();
            return true;
        } catch (const Error&) {
            return false;
        }
    };
    const bool first = read(whole, std::max<std::size_t>(input.size(), 1));
    const bool second = read(bytewise, 1);
    if (first != second || (first && !same(whole, bytewise))) {
        std::abort();
    }
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

}  // namespace headway::fuzz
