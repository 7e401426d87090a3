#pragma once

#include <cstddef>
#include <span>

namespace headway::cli {

/// The licence texts as the program carries them.
struct LicenceData {
    std::span<const unsigned char> compressed;  ///< RFC 1950 (zlib).
    std::size_t size;                           ///< Of the text, in bytes.
};

/// The build makes this (cmake/licences/embed.py).
[[nodiscard]] LicenceData licence_data();

}  // namespace headway::cli
