#include "git/objects.hpp"
#include "git/pack_delta.hpp"
#include "git/pack_reader.hpp"
#include "wire_fuzz.hpp"

namespace {

using headway::git::apply_delta;
using headway::git::object_id_of;
using headway::git::ObjectType;
using headway::git::PackKeep;
using headway::git::PackLimits;
using headway::git::PackObject;
using headway::git::PackReader;
using headway::git::parse_commit;

constexpr std::size_t k_limit = 1U << 16U;

void read(std::string_view input, PackKeep keep, std::size_t piece) {
    PackLimits limits;
    limits.object_bytes = k_limit;
    limits.inflated_bytes = 8U << 20U;
    limits.kept_bytes = 1U << 20U;
    try {
        PackReader reader(keep, limits);
        while (!input.empty()) {
            reader.feed(input.substr(0, piece));
            input.remove_prefix(std::min(piece, input.size()));
        }
        for (const PackObject& object : reader.finish()) {
            if (object.bytes.size() > k_limit ||
                object_id_of(object.type, object.bytes) != object.id) {
                std::abort();
            }
            if (object.type == ObjectType::commit) {
                (void)parse_commit(object.id, object.bytes);
            }
        }
    } catch (const headway::Error&) {
        // The ordinary end of what a fuzzer sends.
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = headway::fuzz::text_of(data, size);
    read(input, PackKeep::everything, size + 1);
    read(input, PackKeep::commits, 7);
    const std::size_t half = size / 2;
    try {
        if (apply_delta(input.substr(0, half), input.substr(half), k_limit).size() > k_limit) {
            std::abort();
        }
    } catch (const headway::Error&) {
        // As above.
    }
    return 0;
}
