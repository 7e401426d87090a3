#include "certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>

namespace headway::test {

namespace {

constexpr long k_day = 86'400;

void require(bool made) {
    if (!made) {
        throw std::runtime_error("a test certificate could not be made");
    }
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    require(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

Identity draft_of(const std::string& name, int valid_from, int valid_to) {
    Identity made{{X509_new(), X509_free}, {EVP_EC_gen("P-256"), EVP_PKEY_free}};
    static std::atomic<long> serial{1};
    X509* certificate = made.certificate.get();
    require(certificate != nullptr && made.key != nullptr);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate), valid_from * k_day);
    X509_gmtime_adj(X509_getm_notAfter(certificate), valid_to * k_day);
    X509_set_pubkey(certificate, made.key.get());
    require(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                                       0) == 1);
    return made;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) {
        text += (text.empty() ? "" : ",") + name;
    }
    return text;
}

Identity signed_by(const CertificateDraft& draft, const std::string& name, const Identity* issuer) {
    Identity made = draft_of(name, draft.valid_from, draft.valid_to);
    const Identity& signer = issuer == nullptr ? made : *issuer;
    X509_set_issuer_name(made.certificate.get(), X509_get_subject_name(signer.certificate.get()));
    add_extension(made.certificate.get(), signer.certificate.get(), NID_subject_alt_name,
                  joined(draft.names));
    require(X509_sign(made.certificate.get(), signer.key.get(), EVP_sha256()) != 0);
    return made;
}

}  // namespace

std::string Identity::pem() const {
    BIO* memory = BIO_new(BIO_s_mem());
    require(memory != nullptr && PEM_write_bio_X509(memory, certificate.get()) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(memory);
    return text;
}

Authority::Authority(const std::string& name) : m_name(name), m_identity(draft_of(name, -30, 300)) {
    X509* certificate = m_identity.certificate.get();
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    require(X509_sign(certificate, m_identity.key.get(), EVP_sha256()) != 0);
}

Identity Authority::issue(const CertificateDraft& draft) const {
    return signed_by(draft, "test server", &m_identity);
}

Identity self_signed(const CertificateDraft& draft) {
    return signed_by(draft, "self-signed test server", nullptr);
}

void install(SSL_CTX* context, const Identity& identity) {
    require(SSL_CTX_use_certificate(context, identity.certificate.get()) == 1 &&
            SSL_CTX_use_PrivateKey(context, identity.key.get()) == 1);
}

}  // namespace headway::test
