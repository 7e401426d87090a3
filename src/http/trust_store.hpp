#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "http/ca_store.hpp"
#include "http/curl_handles.hpp"

namespace headway::http {

/// What the last handshake of one connection said about the server's certificate. All texts are
/// the server's: printable, but not to be believed.
struct PeerReport {
    bool checked = false;   ///< False: the handshake did not come that far.
    int error = X509_V_OK;  ///< X509_V_…, for the certificate at `depth`.
    int depth = 0;          ///< 0: the server's own certificate.
    std::string subject;    ///< Of the certificate at `depth`.
    std::string issuer;
    std::string not_before;  ///< "2026-01-31 12:00:00 UTC"
    std::string not_after;
    std::vector<std::string> names;  ///< The server's own certificate is for these.
};

/// The certificates that are trusted. Read at the first use, once.
class TrustStore {
public:
    explicit TrustStore(CaSettings settings) : m_settings(std::move(settings)) {}

    /// Reads the files. Throws Error(usage), see choose_ca_files and refuse_ca_file.
    void load();

    /// Makes `context` trust exactly these certificates, and write what it finds into `report`.
    /// Throws as `load` does.
    void install(SSL_CTX* context, const std::shared_ptr<PeerReport>& report);

private:
    CaSettings m_settings;
    std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>> m_store;
};

}  // namespace headway::http
