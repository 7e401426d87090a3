#include <string>

#include "git/pkt_line.hpp"
#include "git/side_band.hpp"
#include "wire_fuzz.hpp"

namespace {

/// All pkt-lines of the input with their kinds, through a side-band as well; what stopped it.
std::string read(std::string_view input, std::size_t piece) {
    using headway::git::PktKind;
    using headway::git::PktReader;
    using headway::git::SideBand;
    std::string told;
    SideBand band;
    try {
        PktReader reader;
        while (!input.empty()) {
            std::string_view part = input.substr(0, piece);
            input.remove_prefix(part.size());
            while (const auto pkt = reader.next(part)) {
                told += static_cast<char>('0' + static_cast<int>(pkt->kind));
                told += pkt->data;
                if (pkt->kind == PktKind::data) {
                    headway::git::refuse_error_line(*pkt);
                    told += band.take(*pkt);
                }
            }
        }
    } catch (const headway::Error& error) {
        told += error.because();
    }
    for (const std::string& message : band.finish_messages()) {
        told += message;
    }
    return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = headway::fuzz::text_of(data, size);
    if (read(input, size + 1) != read(input, 1)) {
        std::abort();
    }
    return 0;
}
