#include "cli/version.hpp"

#include <fmt/format.h>
#include <git2.h>

#include <headway_version.hpp>

#include "http/client.hpp"

namespace headway::cli {

std::string version_text() {
    const http::LibraryVersions libraries = http::library_versions();
    return fmt::format("headway {} (commit {})\nlibgit2 {}, libcurl {}, OpenSSL {}, c-ares {}\n",
                       k_version, k_commit, LIBGIT2_VERSION, libraries.curl, libraries.openssl,
                       libraries.cares);
}

}  // namespace headway::cli
