#include "git/fetch_answer.hpp"
#include "wire_fuzz.hpp"

/// The first byte picks the protocol: "0" v0, all else v2.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using headway::git::FetchReader;
    using headway::git::PackKeep;
    if (size == 0) {
        return 0;
    }
    const auto dialect = data[0] == '0' ? FetchReader::Dialect::v0 : FetchReader::Dialect::v2;
    constexpr std::uint32_t k_few = 100;
    headway::fuzz::SilentTrace trace;
    FetchReader whole(dialect, PackKeep::everything, k_few, trace);
    FetchReader bytewise(dialect, PackKeep::everything, k_few, trace);
    headway::fuzz::read_twice<FetchReader>(
        whole, bytewise, headway::fuzz::text_of(data + 1, size - 1), [](auto& left, auto& right) {
            return left.answer().objects.size() == right.answer().objects.size() &&
                   left.answer().shallow == right.answer().shallow &&
                   left.answer().messages == right.answer().messages &&
                   left.answer().abandoned == right.answer().abandoned;
        });
    return 0;
}
