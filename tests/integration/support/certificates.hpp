#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

namespace headway::test {

/// A certificate and its key.
struct Identity {
    std::shared_ptr<X509> certificate;
    std::shared_ptr<EVP_PKEY> key;

    [[nodiscard]] std::string pem() const;  ///< The certificate alone.
};

/// What a certificate says; times in days from now.
struct CertificateDraft {
    std::vector<std::string> names{"IP:127.0.0.1", "DNS:localhost"};
    int valid_from = -1;
    int valid_to = 30;
};

/// An authority that exists for one test.
class Authority {
public:
    explicit Authority(const std::string& name);
    [[nodiscard]] Identity issue(const CertificateDraft& draft = {}) const;
    [[nodiscard]] std::string pem() const { return m_identity.pem(); }

private:
    std::string m_name;
    Identity m_identity;
};

[[nodiscard]] Identity self_signed(const CertificateDraft& draft = {});

void install(SSL_CTX* context, const Identity& identity);

}  // namespace headway::test
