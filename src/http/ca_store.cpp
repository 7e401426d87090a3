#include "http/ca_store.hpp"

#include <algorithm>

#include "headway/error.hpp"
#include "headway/text.hpp"

namespace headway::http {

const std::vector<std::string>& system_ca_bundles() {
    static const std::vector<std::string> k_bundles{
        "/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Arch, Alpine, Gentoo
        "/etc/pki/tls/certs/ca-bundle.crt",    // Fedora, RHEL
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // RHEL, its minimal images
        "/etc/ssl/ca-bundle.pem",                             // openSUSE
        "/etc/pki/tls/cacert.pem",                            // OpenELEC
        "/etc/ssl/cert.pem",                                  // Alpine, the BSDs, macOS
        "/var/lib/ca-certificates/ca-bundle.pem",             // SLES
    };
    return k_bundles;
}

void refuse_ca_file(const CaFile& file, std::string_view because) {
    throw Error(ExitCode::usage, "the CA file " + printable(file.path) + " cannot be used",
                std::string(because) + " (named by " + file.named_by + ")",
                {"name a readable file with PEM certificates, one or more "
                 "'-----BEGIN CERTIFICATE-----' blocks"});
}

CaChoice choose_ca_files(const CaSettings& settings, const std::vector<std::string>& bundles,
                         const std::function<bool(const std::string&)>& can_read) {
    CaChoice choice;
    const auto add_named = [&](const std::string& path, const char* named_by) {
        CaFile file{path, named_by};
        if (!can_read(path)) {
            refuse_ca_file(file, "it cannot be read");
        }
        choice.files.push_back(std::move(file));
    };

    if (!settings.ssl_cert_file.empty()) {
        add_named(settings.ssl_cert_file, "SSL_CERT_FILE");
    } else if (const auto found = std::find_if(bundles.begin(), bundles.end(), can_read);
               found != bundles.end()) {
        choice.files.push_back({*found, {}});
    }
    for (const auto& path : settings.ca_files) {
        add_named(path, "--ca-file");
    }
    if (!settings.ci_server_tls_ca_file.empty()) {
        add_named(settings.ci_server_tls_ca_file, "CI_SERVER_TLS_CA_FILE");
    }
    for (const auto& path : settings.probe_ca_files) {
        add_named(path, "the probe's ca_file");
    }
    if (!choice.files.empty()) {
        return choice;
    }
    std::string tried;
    for (const auto& path : bundles) {
        tried += (tried.empty() ? "" : ", ") + path;
    }
    throw Error(ExitCode::usage, "no certificates to check https servers against",
                "--ca-file, SSL_CERT_FILE and CI_SERVER_TLS_CA_FILE are not set, and none of the "
                "system's bundles can be read: " +
                    tried,
                {"install the package ca-certificates",
                 "headway --ca-file FILE …, with the authority's certificate in PEM form"});
}

}  // namespace headway::http
