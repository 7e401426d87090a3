#include "http/trust_store.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <optional>

#include "headway/text.hpp"

namespace headway::http {

namespace {

using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Bio = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using NameList = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;

constexpr std::size_t k_max_ca_file = 16U << 20U;  // Bytes; Debian's bundle has 0.2 MiB.
constexpr std::size_t k_max_names = 10;            // Of a certificate, shown to a person.
constexpr std::size_t k_max_name = 120;            // Bytes.

bool is_readable_file(const std::string& path) {
    struct stat status {};
    return stat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode) &&
           access(path.c_str(), R_OK) == 0;
}

/// The file's text; nothing when it cannot be read or is too large to be a list of certificates.
std::optional<std::string> read_file(const std::string& path) {
    const std::unique_ptr<std::FILE, FreeWith<std::fclose>> file(std::fopen(path.c_str(), "rbe"));
    if (!file) {
        return std::nullopt;
    }
    std::string text;
    std::array<char, 65536> piece{};
    while (text.size() <= k_max_ca_file) {
        const std::size_t count = std::fread(piece.data(), 1, piece.size(), file.get());
        if (count == 0) {
            return std::ferror(file.get()) == 0 ? std::optional(std::move(text)) : std::nullopt;
        }
        text.append(piece.data(), count);
    }
    return std::nullopt;
}

/// Adds every certificate of `text`; returns how many there were. Stops at a broken one, and
/// says so in `broken`.
std::size_t add_certificates(X509_STORE* store, const std::string& text, bool& broken) {
    const Bio memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    if (!memory) {
        throw std::bad_alloc();
    }
    std::size_t count = 0;
    ERR_clear_error();
    while (const Certificate certificate{
        PEM_read_bio_X509_AUX(memory.get(), nullptr, nullptr, nullptr)}) {
        if (X509_STORE_add_cert(store, certificate.get()) != 1) {
            throw std::bad_alloc();
        }
        ++count;
    }
    const unsigned long why = ERR_peek_last_error();
    broken = ERR_GET_LIB(why) != ERR_LIB_PEM || ERR_GET_REASON(why) != PEM_R_NO_START_LINE;
    ERR_clear_error();
    return count;
}

std::string shown_name(const X509_NAME* name) {
    const Bio memory(BIO_new(BIO_s_mem()));
    char* text = nullptr;
    if (name == nullptr || !memory ||
        X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB) < 0) {
        return {};
    }
    const long size = BIO_get_mem_data(memory.get(), &text);
    return size > 0 ? printable({text, static_cast<std::size_t>(size)}, k_max_name) : std::string();
}

std::string shown_time(const ASN1_TIME* time) {
    std::tm utc{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &utc) != 1) {
        return {};
    }
    // Not strftime, which would look for the time zone of the machine.
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", utc.tm_year + 1900,
                       utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string shown_address(const ASN1_OCTET_STRING* address) {
    const int size = ASN1_STRING_length(address);
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = size == 4 ? AF_INET : AF_INET6;
    if ((size != 4 && size != 16) ||
        inet_ntop(family, ASN1_STRING_get0_data(address), text.data(), text.size()) == nullptr) {
        return {};
    }
    return text.data();
}

std::vector<std::string> names_of(const X509* certificate) {
    std::vector<std::string> names;
    const NameList list(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    const int count = list ? sk_GENERAL_NAME_num(list.get()) : 0;
    for (int index = 0; index < count && names.size() < k_max_names; ++index) {
        int type = 0;
        const void* value =
            GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(list.get(), index), &type);
        const auto* string = static_cast<const ASN1_STRING*>(value);
        std::string name;
        if (type == GEN_DNS) {
            name = printable({reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                              static_cast<std::size_t>(ASN1_STRING_length(string))},
                             k_max_name);
        } else if (type == GEN_IPADD) {
            name = shown_address(string);
        }
        if (!name.empty()) {
            names.push_back(std::move(name));
        }
    }
    return names;
}

void fill(PeerReport& report, X509_STORE_CTX* check) {
    const bool asks_for_certificate = report.asks_for_certificate;
    report = PeerReport{};
    report.asks_for_certificate = asks_for_certificate;
    report.checked = true;
    report.error = X509_STORE_CTX_get_error(check);
    report.depth = X509_STORE_CTX_get_error_depth(check);
    const X509* own = X509_STORE_CTX_get0_cert(check);
    const X509* current = X509_STORE_CTX_get_current_cert(check);
    if (current == nullptr) {
        current = own;
    }
    if (own == nullptr) {
        return;
    }
    report.names = names_of(own);
    if (report.names.empty()) {
        report.names.push_back(shown_name(X509_get_subject_name(own)));
    }
    report.subject = shown_name(X509_get_subject_name(current));
    report.issuer = shown_name(X509_get_issuer_name(current));
    report.not_before = shown_time(X509_get0_notBefore(current));
    report.not_after = shown_time(X509_get0_notAfter(current));
}

using SharedReport = std::shared_ptr<PeerReport>;

extern "C" void free_report(void* /*parent*/, void* report, CRYPTO_EX_DATA* /*data*/, int /*index*/,
                            long /*argument*/, void* /*pointer*/) {
    delete static_cast<SharedReport*>(report);
}

/// The slot of an SSL_CTX that holds the report. A connection, and with it its SSL_CTX, may
/// outlive the transfer that opened it; so the report is shared.
int report_slot() {
    static const int k_slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_report);
    return k_slot;
}

SharedReport* report_of(const SSL* connection) {
    return static_cast<SharedReport*>(
        SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), report_slot()));
}

/// OpenSSL asks for a client certificate when the server does and none has been set.
extern "C" int note_request(SSL* connection, X509** /*certificate*/, EVP_PKEY** /*key*/) {
    if (SharedReport* report = report_of(connection)) {
        (*report)->asks_for_certificate = true;
    }
    return 0;  // None: the handshake goes on without one.
}

extern "C" int check_and_report(X509_STORE_CTX* check, void* /*argument*/) {
    const int verdict = X509_verify_cert(check);
    auto* connection =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx()));
    SharedReport* report = connection == nullptr ? nullptr : report_of(connection);
    if (report != nullptr) {
        try {
            fill(**report, check);
        } catch (...) {
            // Out of memory while describing: the verdict stands, only its description is lost.
            **report = PeerReport{};
        }
    }
    return verdict;
}

}  // namespace

void TrustStore::load() {
    if (m_store) {
        return;
    }
    const CaChoice choice = choose_ca_files(m_settings, system_ca_bundles(), is_readable_file);
    std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>> store(X509_STORE_new());
    // An intermediate or a server's own certificate in a CA file is trusted as it stands.
    if (!store || X509_STORE_set_flags(
                      store.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST) != 1) {
        throw std::bad_alloc();
    }
    for (const auto& file : choice.files) {
        const auto text = read_file(file.path);
        bool broken = false;
        const std::size_t count = text ? add_certificates(store.get(), *text, broken) : 0;
        if (file.named_by.empty()) {
            continue;  // The system's bundle is not the user's to repair.
        }
        if (!text) {
            refuse_ca_file(file, "it cannot be read");
        }
        if (broken) {
            refuse_ca_file(
                file, "its certificate number " + std::to_string(count + 1) + " is not valid PEM");
        }
        if (count == 0) {
            refuse_ca_file(file, "it holds no certificate");
        }
    }
    m_store = std::move(store);
}

void TrustStore::install(SSL_CTX* context, const std::shared_ptr<PeerReport>& report) {
    load();
    SSL_CTX_set1_cert_store(context, m_store.get());
    auto shared = std::make_unique<SharedReport>(report);
    if (SSL_CTX_set_ex_data(context, report_slot(), shared.get()) != 1) {
        throw std::bad_alloc();
    }
    static_cast<void>(shared.release());
    SSL_CTX_set_cert_verify_callback(context, check_and_report, nullptr);
    SSL_CTX_set_client_cert_cb(context, note_request);
}

TrustStore& TrustStores::with(const std::vector<std::string>& ca_files) {
    const auto found = m_stores.find(ca_files);
    if (found != m_stores.end()) {
        return found->second;
    }
    CaSettings settings = m_settings;
    settings.probe_ca_files = ca_files;
    return m_stores.try_emplace(ca_files, std::move(settings)).first->second;
}

std::optional<Clock::System> certificate_expiry(const SSL* connection) {
    const Certificate certificate(SSL_get1_peer_certificate(connection));
    const ASN1_TIME* end = certificate ? X509_get0_notAfter(certificate.get()) : nullptr;
    std::tm utc{};
    if (end == nullptr || ASN1_TIME_to_tm(end, &utc) != 1) {
        return std::nullopt;
    }
    return std::chrono::sys_days(std::chrono::year(utc.tm_year + 1900) / (utc.tm_mon + 1) /
                                 utc.tm_mday) +
           std::chrono::hours(utc.tm_hour) + std::chrono::minutes(utc.tm_min) +
           std::chrono::seconds(utc.tm_sec);
}

}  // namespace headway::http
