#include <algorithm>
#include <string>
#include <string_view>

#include "http/request_rules.hpp"
#include "http/transfer.hpp"

// What libcurl is told of a request.

namespace headway::http {

namespace {

long milliseconds_for_curl(std::chrono::milliseconds duration) {
    // To libcurl 0 means "no limit".
    return std::max<long>(1, static_cast<long>(duration.count()));
}

bool is_set(const std::vector<HttpHeader>& headers, std::string_view name) {
    return std::any_of(headers.begin(), headers.end(), [&](const HttpHeader& header) {
        return same_header_name(header.name, name);
    });
}

}  // namespace

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
    setopt<CURLOPT_TIMEOUT_MS>(easy, milliseconds_for_curl(m_time_left));
    setopt<CURLOPT_HEADERFUNCTION>(easy, &Transfer::on_header);
    setopt<CURLOPT_HEADERDATA>(easy, static_cast<void*>(this));
    setopt<CURLOPT_WRITEFUNCTION>(easy, &Transfer::on_body);
    setopt<CURLOPT_WRITEDATA>(easy, static_cast<void*>(this));
    setopt<CURLOPT_PREREQFUNCTION>(easy, &Transfer::before_request);
    setopt<CURLOPT_PREREQDATA>(easy, static_cast<void*>(this));
    set_route();
    set_tls_options();
    // Another request must not come by a connection that it might not have trusted itself.
    if (m_request.connection == Connection::fresh || m_request.tls) {
        setopt<CURLOPT_SSL_SESSIONID_CACHE>(easy, 0L);
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

void Transfer::set_route() {
    CURL* easy = handle();
    if (!m_request.unix_socket.empty()) {
        setopt<CURLOPT_UNIX_SOCKET_PATH>(easy, m_request.unix_socket.c_str());
        setopt<CURLOPT_PROXY>(easy, "");  // Whatever the environment says.
    } else if (!m_request.address.empty() && m_pin == Pin::kept) {
        // libcurl takes the IPv6 address of a URL with its brackets.
        const bool is_v6 = m_request.address.find(':') != std::string::npos;
        const std::string address = is_v6 ? "[" + m_request.address + "]" : m_request.address;
        m_connect_to.add(m_url.authority() + ":" + address + ":");
        setopt<CURLOPT_CONNECT_TO>(easy, m_connect_to.get());
        setopt<CURLOPT_OPENSOCKETFUNCTION>(easy, &Transfer::open_socket);
        setopt<CURLOPT_OPENSOCKETDATA>(easy, static_cast<void*>(this));
    }
}

void Transfer::set_tls_options() {
    if (m_request.tls && !m_request.tls->client_certificate.empty()) {
        const TlsSettings& tls = *m_request.tls;
        setopt<CURLOPT_SSLCERT>(handle(), tls.client_certificate.c_str());
        setopt<CURLOPT_SSLKEY>(handle(), tls.client_key.empty() ? tls.client_certificate.c_str()
                                                                : tls.client_key.c_str());
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
        if (!same_header_name(header.name, "Expect") &&
            !(same_header_name(header.name, "Accept-Encoding") && asks_for_gzip(m_request))) {
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

}  // namespace headway::http
