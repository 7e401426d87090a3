#pragma once

#include <openssl/ssl.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "headway/clock.hpp"
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
    /// The server asked for a client certificate, and there was none to show.
    bool asks_for_certificate = false;
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

/// One TrustStore for each set of files that requests add to the client's own settings.
class TrustStores {
public:
    explicit TrustStores(CaSettings settings) : m_settings(std::move(settings)) {}

    /// Not loaded yet; stays where it is as long as this object.
    [[nodiscard]] TrustStore& with(const std::vector<std::string>& ca_files);

private:
    CaSettings m_settings;
    std::map<std::vector<std::string>, TrustStore> m_stores;
};

/// When the certificate that the server has shown in this connection expires.
[[nodiscard]] std::optional<Clock::System> certificate_expiry(const SSL* connection);

}  // namespace headway::http
