#include "http/client.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "http/curl_handles.hpp"
#include "http/request_rules.hpp"
#include "http/trace_lines.hpp"
#include "http/transfer.hpp"
#include "http/transport_errors.hpp"
#include "http/trust_store.hpp"
#include "http/url.hpp"

namespace headway::http {

namespace {

using std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

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

/// A transfer in a multi handle; taken out in any case, which closes an unfinished connection.
class Attachment {
public:
    Attachment(CURLM* multi, CURL* easy) : m_multi(multi), m_easy(easy) {
        if (curl_multi_add_handle(multi, easy) != CURLM_OK) {
            throw Error(ExitCode::failed, "the HTTP library refused a request");
        }
    }
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;
    ~Attachment() { curl_multi_remove_handle(m_multi, m_easy); }

private:
    CURLM* m_multi;
    CURL* m_easy;
};

void check(CURLMcode code) {
    if (code == CURLM_OUT_OF_MEMORY) {
        throw std::bad_alloc();
    }
    if (code != CURLM_OK) {
        throw Error(ExitCode::failed, "the HTTP library failed", curl_multi_strerror(code));
    }
}

class CurlClient final : public HttpClient {
public:
    CurlClient(ClientSettings settings, Interrupt& interrupt, Trace& trace)
        : m_settings(std::move(settings)),
          m_interrupt(interrupt),
          m_trace(trace),
          m_trust(m_settings.certificates),
          m_multi(curl_multi_init()) {
        if (!m_multi) {
            throw std::bad_alloc();
        }
    }

    HttpResponse perform(const HttpRequest& request) override;

private:
    [[nodiscard]] CURLcode run(Transfer& transfer);
    [[nodiscard]] std::optional<CURLcode> result_of(const Transfer& transfer);
    void obey_interrupt(const Transfer& transfer, std::optional<SteadyTime>& grace_end);
    void wait(const std::optional<SteadyTime>& grace_end);

    ClientSettings m_settings;
    Interrupt& m_interrupt;
    Trace& m_trace;
    CurlLibrary m_library;
    TrustStore m_trust;
    Multi m_multi;  // Holds the open connections.
};

HttpResponse CurlClient::perform(const HttpRequest& request) {
    const Url url(request.url, request.url_is_secret ? UrlSecrecy::secret : UrlSecrecy::open);
    check_request(request, url);
    if (m_interrupt.requested()) {
        throw Interrupted("interrupted before a request to " + url.authority());
    }
    if (url.is_https()) {
        m_trust.load();
    }
    Transfer transfer(request, url, m_trust, m_settings.user_agent);
    m_trace.line(Verbosity::wire, request_line(request, url));
    try {
        const CURLcode code = run(transfer);
        const std::size_t bytes = transfer.body_bytes();
        HttpResponse response = transfer.finish(code);
        m_trace.line(Verbosity::wire,
                     response_line(request, response, bytes, transfer.new_connections()));
        return response;
    } catch (const Error& error) {
        m_trace.line(Verbosity::wire,
                     fmt::format("no answer taken from {}: {}", url.authority(),
                                 error.because().empty() ? error.what() : error.because()));
        throw;
    }
}

CURLcode CurlClient::run(Transfer& transfer) {
    const Attachment attachment(m_multi.get(), transfer.handle());
    std::optional<SteadyTime> grace_end;
    for (;;) {
        int running = 0;
        check(curl_multi_perform(m_multi.get(), &running));
        if (const auto code = result_of(transfer)) {
            return *code;
        }
        obey_interrupt(transfer, grace_end);
        if (transfer.has_stalled(std::chrono::steady_clock::now(), m_settings.stall_window)) {
            throw explain_stall(transfer.url().authority(), m_settings.stall_window,
                                transfer.received());
        }
        wait(grace_end);
    }
}

std::optional<CURLcode> CurlClient::result_of(const Transfer& transfer) {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(m_multi.get(), &left)) {
        if (message->msg == CURLMSG_DONE && message->easy_handle == transfer.handle()) {
            return message->data.result;
        }
    }
    return std::nullopt;
}

void CurlClient::obey_interrupt(const Transfer& transfer, std::optional<SteadyTime>& grace_end) {
    if (!m_interrupt.requested()) {
        return;
    }
    const std::string what =
        fmt::format("interrupted while waiting for {}", transfer.url().authority());
    if (transfer.request().on_interrupt == OnInterrupt::abort || m_interrupt.count() > 1) {
        throw Interrupted(what);
    }
    const SteadyTime now = std::chrono::steady_clock::now();
    if (!grace_end) {
        grace_end = now + m_settings.finish_grace;
        m_trace.line(
            Verbosity::normal,
            fmt::format("interrupted: waiting up to {} for the answer of {}; a second "
                        "signal ends it at once",
                        shown_seconds(m_settings.finish_grace), transfer.url().authority()));
    } else if (now >= *grace_end) {
        throw Interrupted(what, fmt::format("its answer did not come within {} of the signal",
                                            shown_seconds(m_settings.finish_grace)));
    }
}

void CurlClient::wait(const std::optional<SteadyTime>& grace_end) {
    // A signal wakes the poll; without a descriptor it has to be asked for.
    constexpr milliseconds k_with_descriptor{5000};  // So late a stall may be noticed.
    constexpr milliseconds k_without{50};
    const int descriptor = m_interrupt.descriptor();
    curl_waitfd extra{};
    extra.fd = descriptor;
    extra.events = CURL_WAIT_POLLIN;
    milliseconds longest =
        std::min(descriptor < 0 ? k_without : k_with_descriptor, m_settings.stall_window);
    if (grace_end) {
        longest = std::min(longest, std::chrono::ceil<milliseconds>(
                                        *grace_end - std::chrono::steady_clock::now()));
    }
    check(curl_multi_poll(m_multi.get(), descriptor < 0 ? nullptr : &extra,
                          descriptor < 0 ? 0U : 1U,
                          static_cast<int>(std::max(longest, milliseconds(1)).count()), nullptr));
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
