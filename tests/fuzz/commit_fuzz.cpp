#include <cstddef>
#include <cstdint>
#include <string_view>

#include "git/objects.hpp"
#include "headway/error.hpp"
#include "headway/trailers.hpp"

/// A commit is read whatever its bytes are, or refused with an Error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace headway;
    static const git::ObjectStore keeps_libgit2_started;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    static_cast<void>(parse_trailers(bytes));
    try {
        const Commit commit =
            git::parse_commit(git::object_id_of(git::ObjectType::commit, bytes), bytes);
        static_cast<void>(commit.subject());
        static_cast<void>(parse_trailers(commit.message));
    } catch (const Error&) {
        return 0;
    }
    return 0;
}
