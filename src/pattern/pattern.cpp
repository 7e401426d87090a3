#include "headway/pattern.hpp"

#include <array>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "headway/error.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace headway {

namespace {

constexpr std::uint32_t k_most_branches = 1'000'000;
constexpr std::uint32_t k_most_depth = 100'000;
constexpr std::uint32_t k_most_kibibytes = 8U * 1024U;
constexpr std::size_t k_most_cost = 20'000'000;
/// A comparison with what a group has found is invisible to the count, and about so much faster
/// than a step.
constexpr std::size_t k_bytes_compared_in_a_step = 64;

template <auto release>
struct Releaser {
    template <typename Handle>
    void operator()(Handle* handle) const noexcept {
        release(handle);
    }
};

using Code = std::unique_ptr<pcre2_code, Releaser<pcre2_code_free>>;
using CompileContext = std::unique_ptr<pcre2_compile_context, Releaser<pcre2_compile_context_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Releaser<pcre2_match_context_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Releaser<pcre2_match_data_free>>;

/// PCRE2's own limit counts anew at every place of the text, and one of its steps may run over all
/// of it; so what is looked at is counted as well, at every item of the pattern.
struct Cost {
    std::size_t left = k_most_cost;
    std::size_t place = 0;
    std::size_t each = 1;
};

int count_cost(pcre2_callout_block* block, void* data) noexcept {
    Cost& cost = *static_cast<Cost*>(data);
    const std::size_t place = block->current_position;
    const std::size_t moved = place < cost.place ? 0 : place - cost.place;
    const std::size_t step = moved + cost.each;
    cost.place = place;
    if (step > cost.left) {
        return PCRE2_ERROR_MATCHLIMIT;
    }
    cost.left -= step;
    return 0;
}

std::string words_of(int error) {
    std::array<PCRE2_UCHAR, 256> text{};
    const int size = pcre2_get_error_message(error, text.data(), text.size());
    return size < 0 ? fmt::format("PCRE2 error {}", error)
                    : std::string(text.begin(), text.begin() + size);
}

[[noreturn]] void refuse(std::string because) {
    throw Error(ExitCode::usage, "this is not a regular expression", std::move(because));
}

template <typename Handle>
Handle allocated(Handle handle) {
    if (handle == nullptr) {
        throw std::bad_alloc();
    }
    return handle;
}

bool is_alphanumeric(char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
           (letter >= 'A' && letter <= 'Z');
}

PCRE2_SPTR8 bytes_of(std::string_view text) {
    return reinterpret_cast<PCRE2_SPTR8>(text.data());
}

}  // namespace

struct Pattern::Compiled {
    Code code;
    bool refers_back = false;
};

Pattern::Pattern(std::string_view expression) : m_compiled(std::make_unique<Compiled>()) {
    if (expression.size() > k_longest) {
        refuse(fmt::format("it has {} bytes, and at most {} are possible", expression.size(),
                           k_longest));
    }
    const CompileContext context(allocated(pcre2_compile_context_create(nullptr)));
    pcre2_set_newline(context.get(), PCRE2_NEWLINE_ANYCRLF);
    constexpr std::uint32_t k_options =
        PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_AUTO_CALLOUT;
    int error = 0;
    PCRE2_SIZE offset = 0;
    m_compiled->code.reset(pcre2_compile(bytes_of(expression), expression.size(), k_options, &error,
                                         &offset, context.get()));
    if (!m_compiled->code) {
        refuse(fmt::format("{}, at byte {}", words_of(error), offset + 1));
    }
    std::uint32_t highest = 0;
    pcre2_pattern_info(m_compiled->code.get(), PCRE2_INFO_BACKREFMAX, &highest);
    m_compiled->refers_back = highest != 0;
}

Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Pattern::Found Pattern::find_in(std::string_view text) const {
    Cost cost;
    if (m_compiled->refers_back) {
        cost.each += text.size() / k_bytes_compared_in_a_step;
    }
    const MatchContext context(allocated(pcre2_match_context_create(nullptr)));
    pcre2_set_match_limit(context.get(), k_most_branches);
    pcre2_set_depth_limit(context.get(), k_most_depth);
    pcre2_set_heap_limit(context.get(), k_most_kibibytes);
    pcre2_set_callout(context.get(), count_cost, &cost);
    const MatchData data(allocated(pcre2_match_data_create(1, nullptr)));
    const int result = pcre2_match(m_compiled->code.get(), bytes_of(text), text.size(), 0, 0,
                                   data.get(), context.get());
    if (result >= 0) {
        return Found::yes;
    }
    // All other errors are of text that is not UTF-8, which is never asked for, or of a pattern
    // that goes round in circles.
    return result == PCRE2_ERROR_NOMATCH ? Found::no : Found::too_costly;
}

std::string Pattern::quoted(std::string_view text) {
    std::string pattern;
    pattern.reserve(text.size() * 2);
    for (const char letter : text) {
        if (!is_alphanumeric(letter)) {
            pattern += '\\';
        }
        pattern += letter;
    }
    return pattern;
}

}  // namespace headway
