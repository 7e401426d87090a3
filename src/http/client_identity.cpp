#include "http/client_identity.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "headway/text.hpp"
#include "http/curl_handles.hpp"

namespace headway::http {

namespace {

using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using File = std::unique_ptr<std::FILE, FreeWith<std::fclose>>;

[[noreturn]] void refuse(std::string_view kind, const std::string& path, std::string because,
                         std::string hint) {
    throw Error(ExitCode::usage,
                "the " + std::string(kind) + " " + printable(path) + " cannot be used",
                std::move(because), {std::move(hint)});
}

/// OpenSSL asks here for a passphrase; there is none, and nobody to be asked.
extern "C" int note_encryption(char* /*text*/, int /*size*/, int /*writes*/, void* encrypted) {
    *static_cast<bool*>(encrypted) = true;
    return -1;
}

Certificate read_certificate(const std::string& path) {
    constexpr std::string_view k_kind = "client certificate";
    constexpr const char* k_hint =
        "name a readable PEM file in the probe's client_certificate, with a '-----BEGIN "
        "CERTIFICATE-----' block";
    const File file(std::fopen(path.c_str(), "rbe"));
    if (!file) {
        refuse(k_kind, path, "it cannot be read", k_hint);
    }
    Certificate certificate(PEM_read_X509(file.get(), nullptr, nullptr, nullptr));
    if (!certificate) {
        refuse(k_kind, path, "it holds no certificate in PEM form", k_hint);
    }
    return certificate;
}

Key read_key(const std::string& path) {
    constexpr std::string_view k_kind = "client key";
    constexpr const char* k_hint =
        "name a readable PEM file in the probe's client_key, with a '-----BEGIN PRIVATE KEY-----' "
        "block";
    const File file(std::fopen(path.c_str(), "rbe"));
    if (!file) {
        refuse(k_kind, path, "it cannot be read", k_hint);
    }
    bool encrypted = false;
    Key key(PEM_read_PrivateKey(file.get(), nullptr, note_encryption, &encrypted));
    if (encrypted) {
        refuse(k_kind, path, "it is encrypted, and nobody is here to be asked for its passphrase",
               "store it without one, readable by this user only: openssl pkey -in " +
                   printable(path) + " -out KEY.pem");
    }
    if (!key) {
        refuse(k_kind, path, "it holds no private key in PEM form", k_hint);
    }
    return key;
}

}  // namespace

void check_client_identity(const TlsSettings& tls) {
    if (tls.client_certificate.empty()) {
        if (!tls.client_key.empty()) {
            refuse("client key", tls.client_key, "there is no certificate that it belongs to",
                   "name the certificate in the probe's client_certificate");
        }
        return;
    }
    const Certificate certificate = read_certificate(tls.client_certificate);
    const std::string& key_path = tls.client_key.empty() ? tls.client_certificate : tls.client_key;
    const Key key = read_key(key_path);
    const bool fits = X509_check_private_key(certificate.get(), key.get()) == 1;
    ERR_clear_error();
    if (!fits) {
        refuse("client key", key_path,
               "it does not belong to the certificate " + printable(tls.client_certificate),
               "name the key that the certificate was made for in the probe's client_key");
    }
}

}  // namespace headway::http
