#include "http/client.hpp"

#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <sys/resource.h>

#include <chrono>
#include <utility>
#include <variant>
#include <vector>

#include "http/curl_handles.hpp"
#include "http/engine.hpp"
#include "http/exchange.hpp"
#include "http/look_up.hpp"
#include "http/request_rules.hpp"
#include "http/trust_store.hpp"

namespace headway::http {

namespace {

using std::chrono::milliseconds;

/// libcurl's own initialisation; counted by libcurl, so that several clients may live at a time.
class CurlLibrary {
public:
    CurlLibrary() {
        // OpenSSL would read its configuration file, and load what that names into a static
        // program; the first to initialise decides.
        if (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) != 1 ||
            curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
            throw Error(ExitCode::failed, "the HTTP library cannot be initialised");
        }
    }
    CurlLibrary(const CurlLibrary&) = delete;
    CurlLibrary& operator=(const CurlLibrary&) = delete;
    ~CurlLibrary() { curl_global_cleanup(); }
};

/// What a request and a batch of them have in common.
struct Surroundings {
    const ClientSettings& settings;
    Interrupt& interrupt;
    Trace& trace;
    TrustStores& trust;

    /// Throws before any traffic, see make_client; Interrupted when a signal came.
    [[nodiscard]] std::unique_ptr<Job> begin(std::shared_ptr<const HttpRequest> request) const {
        auto exchange = std::make_unique<Exchange>(std::move(request), settings, trust, trace);
        if (interrupt.requested()) {
            throw Interrupted("interrupted before a request to " + exchange->authority());
        }
        exchange->begin();
        return exchange;
    }
};

/// What the limit of open files leaves room for.
std::size_t transfers_allowed() {
    constexpr rlim_t k_others = 40;       // Files, pipes, connections to git and name servers.
    constexpr rlim_t k_for_transfer = 2;  // libcurl may try two addresses at a time.
    constexpr rlim_t k_most = 100'000;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > k_most) {
        return k_most;
    }
    return limit.rlim_cur < k_others + k_for_transfer
               ? 1
               : static_cast<std::size_t>((limit.rlim_cur - k_others) / k_for_transfer);
}

class CurlBatch final : public HttpBatch {
public:
    explicit CurlBatch(const Surroundings& surroundings)
        : m_surroundings(surroundings),
          m_engine(surroundings.settings, surroundings.interrupt, surroundings.trace) {}

    [[nodiscard]] std::size_t capacity() const override { return transfers_allowed(); }

    void start(std::uint64_t ticket, HttpRequest request) override {
        m_engine.add(ticket,
                     m_surroundings.begin(std::make_shared<const HttpRequest>(std::move(request))));
    }

    void look_up(std::uint64_t ticket, const std::string& url, milliseconds timeout) override {
        m_engine.add(ticket, std::make_unique<LookUp>(url, timeout, m_surroundings.trace));
    }

    [[nodiscard]] std::vector<BatchOutcome> wait(Clock::Steady until) override {
        return m_engine.wait(until);
    }

    void cancel() noexcept override { m_engine.cancel(); }

private:
    Surroundings m_surroundings;
    Engine m_engine;
};

class CurlClient final : public HttpClient {
public:
    CurlClient(ClientSettings settings, Interrupt& interrupt, Trace& trace)
        : m_settings(std::move(settings)),
          m_trust(m_settings.certificates),
          m_surroundings{m_settings, interrupt, trace, m_trust},
          m_engine(m_settings, interrupt, trace) {}

    void check(const HttpRequest& request) const override {
        check_request(request, Url(request.url, secrecy_of(request)));
    }

    HttpResponse perform(const HttpRequest& request) override;

    [[nodiscard]] std::unique_ptr<HttpBatch> open_batch() override {
        return std::make_unique<CurlBatch>(m_surroundings);
    }

private:
    ClientSettings m_settings;
    CurlLibrary m_library;
    TrustStores m_trust;
    Surroundings m_surroundings;
    Engine m_engine;
};

HttpResponse CurlClient::perform(const HttpRequest& request) {
    // Not copied, for its body may be large: it stands until this returns, and so long only is
    // the engine given it.
    const std::shared_ptr<const HttpRequest> borrowed(std::shared_ptr<void>(), &request);
    m_engine.add(0, m_surroundings.begin(borrowed));
    try {
        std::vector<BatchOutcome> outcomes;
        while (outcomes.empty()) {
            outcomes = m_engine.wait(Clock::Steady::max());
        }
        auto& result = outcomes.front().result;
        if (const auto* error = std::get_if<TransportError>(&result)) {
            throw TransportError(*error);
        }
        return std::get<HttpResponse>(std::move(result));
    } catch (...) {
        m_engine.cancel();
        throw;
    }
}

}  // namespace

std::unique_ptr<HttpClient> make_client(ClientSettings settings, Interrupt& interrupt,
                                        Trace& trace) {
    return std::make_unique<CurlClient>(std::move(settings), interrupt, trace);
}

LibraryVersions library_versions() {
    LibraryVersions versions;
    if (const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW)) {
        versions.curl = info->version == nullptr ? "" : info->version;
        versions.cares = info->ares == nullptr ? "" : info->ares;
    }
    versions.openssl = OpenSSL_version(OPENSSL_VERSION_STRING);
    return versions;
}

}  // namespace headway::http
