#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace headway::http {

/// Where the user says that certificates are; empty strings: not said. Paths, as given.
struct CaSettings {
    std::vector<std::string> ca_files;  ///< --ca-file: in addition to the bundle.
    std::string ci_server_tls_ca_file;  ///< CI_SERVER_TLS_CA_FILE: in addition to the bundle.
    std::string ssl_cert_file;          ///< SSL_CERT_FILE: the bundle, instead of the system's.
    std::vector<std::string> probe_ca_files{};  ///< TlsSettings: in addition to all of these.
};

struct CaFile {
    std::string path;
    std::string named_by;  ///< "--ca-file", "the probe's ca_file"; empty: found on the system.
};

struct CaChoice {
    std::vector<CaFile> files;  ///< All of them are trusted; never empty.
};

/// The bundles of the distributions, in the order in which they are tried.
[[nodiscard]] const std::vector<std::string>& system_ca_bundles();

/// Decides which files are trusted: the bundle (SSL_CERT_FILE, else the first of `bundles` that
/// can be read), then what is added to it. Without a bundle the added files alone are trusted.
/// Throws Error(usage) for a named file that cannot be read, and, when nothing is left, one that
/// lists what was tried.
[[nodiscard]] CaChoice choose_ca_files(const CaSettings& settings,
                                       const std::vector<std::string>& bundles,
                                       const std::function<bool(const std::string&)>& can_read);

/// Why a file that the user named is of no use. Throws Error(usage).
[[noreturn]] void refuse_ca_file(const CaFile& file, std::string_view because);

}  // namespace headway::http
