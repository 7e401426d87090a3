#include "cli/licences.hpp"

#include <zlib.h>

#include "cli/licence_data.hpp"
#include "headway/error.hpp"

namespace headway::cli {

std::string licences_text() {
    const LicenceData data = licence_data();
    std::string text(data.size, '\0');
    uLongf size = text.size();
    // zlib's bytes are unsigned char, a string's are not.
    auto* const target = reinterpret_cast<Bytef*>(text.data());
    const int status = uncompress(target, &size, data.compressed.data(), data.compressed.size());
    if (status != Z_OK || size != text.size()) {
        throw Error(ExitCode::failed, "the licence texts cannot be read",
                    "they are a part of this program, which is damaged",
                    {"install headway again, and compare it with its SHA256SUMS"});
    }
    return text;
}

}  // namespace headway::cli
