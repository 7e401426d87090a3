#include "http/transfer.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "http/request_rules.hpp"

namespace headway::http {

namespace {

long milliseconds_for_curl(std::chrono::milliseconds duration) {
    // To libcurl 0 means "no limit".
    return std::max<long>(1, static_cast<long>(duration.count()));
}

template <CURLINFO info>
std::chrono::milliseconds measured(CURL* easy) noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::microseconds(getinfo<info>(easy)));
}

bool is_set(const std::vector<HttpHeader>& headers, std::string_view name) {
    return std::any_of(headers.begin(), headers.end(),
                       [&](const HttpHeader& header) { return same_name(header.name, name); });
}

}  // namespace

Transfer::Transfer(const HttpRequest& request, const Url& url, TrustStore& trust,
                   const std::string& user_agent)
    : m_request(request), m_url(url), m_trust(trust), m_reader(request), m_easy(curl_easy_init()) {
    if (!m_easy) {
        throw std::bad_alloc();
    }
    set_connection_options(user_agent);
    set_request_options();
    set_method();
    set_headers();
}

void Transfer::set_connection_options(const std::string& user_agent) {
    CURL* easy = handle();
    setopt<CURLOPT_ERRORBUFFER>(easy, m_words.data());
    setopt<CURLOPT_NOSIGNAL>(easy, 1L);
    setopt<CURLOPT_PROTOCOLS_STR>(easy, "http,https");
    setopt<CURLOPT_FOLLOWLOCATION>(easy, 0L);
    setopt<CURLOPT_HTTP_VERSION>(easy, static_cast<long>(CURL_HTTP_VERSION_1_1));
    setopt<CURLOPT_HTTP09_ALLOWED>(easy, 0L);
    setopt<CURLOPT_TCP_NODELAY>(easy, 1L);
    setopt<CURLOPT_NETRC>(easy, static_cast<long>(CURL_NETRC_IGNORED));
    setopt<CURLOPT_SUPPRESS_CONNECT_HEADERS>(easy, 1L);
    setopt<CURLOPT_USERAGENT>(easy, user_agent.c_str());

    setopt<CURLOPT_SSLVERSION>(easy, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    setopt<CURLOPT_SSL_VERIFYPEER>(easy, 1L);
    setopt<CURLOPT_SSL_VERIFYHOST>(easy, 2L);
    setopt<CURLOPT_SSL_OPTIONS>(easy, 0L);
    // Trust comes from the SSL context alone; nothing that is compiled in.
    setopt<CURLOPT_CAINFO>(easy, static_cast<const char*>(nullptr));
    setopt<CURLOPT_CAPATH>(easy, static_cast<const char*>(nullptr));
    setopt<CURLOPT_SSL_CTX_FUNCTION>(easy, &Transfer::on_ssl_context);
    setopt<CURLOPT_SSL_CTX_DATA>(easy, static_cast<void*>(this));
}

void Transfer::set_request_options() {
    CURL* easy = handle();
    setopt<CURLOPT_CURLU>(easy, m_url.handle());
    setopt<CURLOPT_CONNECTTIMEOUT_MS>(easy, milliseconds_for_curl(m_request.connect_timeout));
    setopt<CURLOPT_TIMEOUT_MS>(easy, milliseconds_for_curl(m_request.timeout));
    setopt<CURLOPT_HEADERFUNCTION>(easy, &Transfer::on_header);
    setopt<CURLOPT_HEADERDATA>(easy, static_cast<void*>(this));
    setopt<CURLOPT_WRITEFUNCTION>(easy, &Transfer::on_body);
    setopt<CURLOPT_WRITEDATA>(easy, static_cast<void*>(this));
    setopt<CURLOPT_PREREQFUNCTION>(easy, &Transfer::before_request);
    setopt<CURLOPT_PREREQDATA>(easy, static_cast<void*>(this));
    if (m_request.connection == Connection::fresh) {
        setopt<CURLOPT_FRESH_CONNECT>(easy, 1L);
        setopt<CURLOPT_FORBID_REUSE>(easy, 1L);
    }
    if (m_request.credentials) {
        setopt<CURLOPT_HTTPAUTH>(easy, static_cast<long>(CURLAUTH_BASIC));
        setopt<CURLOPT_USERNAME>(easy, m_request.credentials->user.c_str());
        setopt<CURLOPT_PASSWORD>(easy, m_request.credentials->password.reveal().c_str());
    }
    if (asks_for_gzip(m_request)) {
        setopt<CURLOPT_ACCEPT_ENCODING>(easy, "gzip");
    }
}

void Transfer::set_method() {
    CURL* easy = handle();
    const auto set_body = [&] {
        setopt<CURLOPT_POST>(easy, 1L);
        setopt<CURLOPT_POSTFIELDSIZE_LARGE>(easy, static_cast<curl_off_t>(m_request.body.size()));
        setopt<CURLOPT_POSTFIELDS>(easy, m_request.body.data());
    };
    switch (m_request.method) {
        case HttpMethod::get:
            setopt<CURLOPT_HTTPGET>(easy, 1L);
            return;
        case HttpMethod::head:
            setopt<CURLOPT_NOBODY>(easy, 1L);
            return;
        case HttpMethod::post:
            set_body();
            return;
        case HttpMethod::put:
        case HttpMethod::patch:
            set_body();
            break;
        case HttpMethod::del:
            if (!m_request.body.empty()) {
                set_body();
            }
            break;
    }
    setopt<CURLOPT_CUSTOMREQUEST>(easy, method_name(m_request.method));
}

void Transfer::set_headers() {
    const auto add = [this](const std::string& name, const std::string& value) {
        // "Name:" would remove the header, "Name;" sends it empty.
        m_headers.add(value.empty() ? name + ";" : name + ": " + value);
    };
    m_headers.add("Expect:");  // A body goes out at once, without asking first.
    if (!is_set(m_request.headers, "Content-Type")) {
        m_headers.add("Content-Type:");  // libcurl would call every body a web form.
    }
    for (const auto& header : m_request.headers) {
        if (!same_name(header.name, "Expect") &&
            !(same_name(header.name, "Accept-Encoding") && asks_for_gzip(m_request))) {
            add(header.name, header.value);
        }
    }
    for (const auto& [name, value] : m_request.secret_headers) {
        add(name, value.reveal());
    }
    setopt<CURLOPT_HTTPHEADER>(handle(), m_headers.get());
    // A proxy gets none of them with its CONNECT.
    setopt<CURLOPT_HEADEROPT>(handle(), static_cast<long>(CURLHEADER_SEPARATE));
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count,
                                void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
        const std::string_view line(data, size * count);
        return transfer.m_reader.take_header_line(line) ? line.size() : CURL_WRITEFUNC_ERROR;
    } catch (...) {
        transfer.m_thrown = std::current_exception();
        return CURL_WRITEFUNC_ERROR;
    }
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count,
                              void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
        const std::string_view piece(data, size * count);
        return transfer.m_reader.take_body(piece) ? piece.size() : CURL_WRITEFUNC_ERROR;
    } catch (...) {
        transfer.m_thrown = std::current_exception();
        return CURL_WRITEFUNC_ERROR;
    }
}

CURLcode Transfer::on_ssl_context(CURL* /*easy*/, void* context, void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.m_handshake_began = true;
    try {
        transfer.m_trust.install(static_cast<SSL_CTX*>(context), transfer.m_peer);
        return CURLE_OK;
    } catch (...) {
        transfer.m_thrown = std::current_exception();
        return CURLE_ABORTED_BY_CALLBACK;
    }
}

// NOLINTNEXTLINE(readability-non-const-parameter): the signature is libcurl's.
int Transfer::before_request(void* self, char* remote_address, char* /*local_address*/,
                             int /*remote_port*/, int /*local_port*/) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
        // libcurl repeats a request whose kept-alive connection died before an answer came, of
        // whatever method it is.
        if (transfer.m_was_sent && !is_repeatable(transfer.m_request.method)) {
            transfer.m_refusal = Refusal::repeated;
            return CURL_PREREQFUNC_ABORT;
        }
        // The URL is a loopback one, but a proxy or a resolver may have led elsewhere.
        if (!transfer.m_url.is_https() && carries_secret(transfer.m_request) &&
            !is_loopback_address(remote_address == nullptr ? "" : remote_address)) {
            transfer.m_refusal = Refusal::exposed;
            return CURL_PREREQFUNC_ABORT;
        }
        transfer.m_was_sent = true;
        return CURL_PREREQFUNC_OK;
    } catch (...) {
        transfer.m_thrown = std::current_exception();
        return CURL_PREREQFUNC_ABORT;
    }
}

bool Transfer::has_stalled(std::chrono::steady_clock::time_point now,
                           std::chrono::milliseconds window) noexcept {
    const std::size_t received = m_reader.received();
    if (received == 0) {
        return false;  // The server may still be at work: that is what the timeout is for.
    }
    if (m_window_received == 0) {
        m_window_start = now;
        m_window_received = received;
        return false;
    }
    if (now - m_window_start < window) {
        return false;
    }
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(window).count();
    if (received - m_window_received < static_cast<std::size_t>(seconds)) {
        return true;
    }
    m_window_start = now;
    m_window_received = received;
    return false;
}

Failure Transfer::failure(CURLcode code) const {
    CURL* easy = handle();
    Failure failure;
    failure.code = code;
    failure.words = m_words.data();
    failure.os_error = static_cast<int>(getinfo<CURLINFO_OS_ERRNO>(easy));
    failure.connect_status = getinfo<CURLINFO_HTTP_CONNECTCODE>(easy);
    failure.scheme = m_url.is_https() ? Scheme::https : Scheme::http;
    failure.route =
        getinfo<CURLINFO_USED_PROXY>(easy) != 0 || failure.words.starts_with("Unsupported proxy")
            ? Route::proxy
            : Route::direct;
    if (m_was_sent) {
        failure.stage = Stage::sent;
    } else if (m_handshake_began || getinfo<CURLINFO_CONNECT_TIME_T>(easy) > 0) {
        // libcurl tells the time only once the handshake, too, has ended.
        failure.stage = Stage::connected;
    } else if (getinfo<CURLINFO_NAMELOOKUP_TIME_T>(easy) > 0) {
        failure.stage = Stage::resolved;
    }
    failure.received = m_reader.received();
    failure.peer = *m_peer;
    failure.authority = m_url.authority();
    failure.host = m_url.host();
    failure.connect_timeout = m_request.connect_timeout;
    failure.timeout = m_request.timeout;
    return failure;
}

HttpResponse Transfer::response() {
    CURL* easy = handle();
    HttpResponse response;
    response.status = static_cast<int>(getinfo<CURLINFO_RESPONSE_CODE>(easy));
    response.headers = std::move(m_reader.headers());
    response.body = std::move(m_reader.body());
    response.timings.resolved = measured<CURLINFO_NAMELOOKUP_TIME_T>(easy);
    response.timings.connected = measured<CURLINFO_CONNECT_TIME_T>(easy);
    response.timings.secured = measured<CURLINFO_APPCONNECT_TIME_T>(easy);
    response.timings.first_byte = measured<CURLINFO_STARTTRANSFER_TIME_T>(easy);
    response.timings.total = measured<CURLINFO_TOTAL_TIME_T>(easy);
    if (const char* address = getinfo<CURLINFO_PRIMARY_IP>(easy);
        address != nullptr && *address != '\0') {
        const std::string text = address;
        response.remote_address = (text.find(':') == std::string::npos ? text : "[" + text + "]") +
                                  ":" + std::to_string(getinfo<CURLINFO_PRIMARY_PORT>(easy));
    }
    return response;
}

HttpResponse Transfer::finish(CURLcode code) {
    if (m_thrown) {
        std::rethrow_exception(m_thrown);
    }
    if (code == CURLE_OUT_OF_MEMORY) {
        throw std::bad_alloc();
    }
    if (m_refusal == Refusal::exposed) {
        throw Error(ExitCode::usage,
                    "a secret must not be sent to " + m_url.authority() + " over http",
                    "the way leads through a proxy on another machine, which would see it",
                    {"NO_PROXY=" + m_url.host()});
    }
    if (m_refusal == Refusal::repeated) {
        throw explain(failure(CURLE_GOT_NOTHING));
    }
    const Stop stop = m_reader.stop();
    if (stop != Stop::none && stop != Stop::enough) {
        throw explain_stop(stop, m_reader, m_request, m_url.authority());
    }
    if (code != CURLE_OK && stop != Stop::enough) {
        throw explain(failure(code));
    }
    if (code == CURLE_OK && !m_reader.head_complete()) {
        throw explain(failure(CURLE_GOT_NOTHING));
    }
    return response();
}

}  // namespace headway::http
