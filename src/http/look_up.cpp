#include "http/look_up.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace headway::http {

namespace {

std::string text_of(const curl_sockaddr& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const char* shown = nullptr;
    if (address.family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address.addr, sizeof v4);
        shown = inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    } else if (address.family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &address.addr, sizeof v6);
        shown = inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
    return shown == nullptr ? std::string() : std::string(shown);
}

std::string joined(const std::vector<std::string>& addresses) {
    std::string text;
    for (const auto& address : addresses) {
        text += (text.empty() ? "" : ", ") + address;
    }
    return text;
}

}  // namespace

LookUp::LookUp(const std::string& url, std::chrono::milliseconds timeout, Trace& trace)
    : m_url(url, UrlSecrecy::open), m_timeout(timeout), m_trace(trace), m_easy(curl_easy_init()) {
    if (!m_easy) {
        throw std::bad_alloc();
    }
    CURL* easy = handle();
    const auto limit = std::max<long>(1, static_cast<long>(timeout.count()));
    setopt<CURLOPT_ERRORBUFFER>(easy, m_words.data());
    setopt<CURLOPT_NOSIGNAL>(easy, 1L);
    setopt<CURLOPT_PROTOCOLS_STR>(easy, "http,https");
    setopt<CURLOPT_CURLU>(easy, m_url.handle());
    setopt<CURLOPT_TIMEOUT_MS>(easy, limit);
    setopt<CURLOPT_CONNECTTIMEOUT_MS>(easy, limit);
    setopt<CURLOPT_DNS_CACHE_TIMEOUT>(easy, 0L);
    setopt<CURLOPT_FRESH_CONNECT>(easy, 1L);
    setopt<CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS>(easy, 1L);
    setopt<CURLOPT_OPENSOCKETFUNCTION>(easy, &LookUp::open_socket);
    setopt<CURLOPT_OPENSOCKETDATA>(easy, static_cast<void*>(this));
}

curl_socket_t LookUp::open_socket(void* self, curlsocktype /*purpose*/,
                                  curl_sockaddr* address) noexcept {
    auto& look_up = *static_cast<LookUp*>(self);
    try {
        if (std::string text = text_of(*address); !text.empty()) {
            look_up.m_addresses.push_back(std::move(text));
        }
    } catch (const std::bad_alloc&) {
        look_up.m_addresses.clear();
    }
    return CURL_SOCKET_BAD;
}

HttpTimings LookUp::timings() const noexcept {
    HttpTimings timings;
    timings.resolved = m_addresses.empty() ? std::chrono::milliseconds(0) : m_duration;
    timings.total = m_duration;
    return timings;
}

Failure LookUp::failure(CURLcode code, Route route) const {
    Failure failure;
    failure.code = code;
    failure.words = m_words.data();
    failure.scheme = m_url.is_https() ? Scheme::https : Scheme::http;
    failure.route = route;
    failure.authority = m_url.authority();
    failure.host = m_url.host();
    failure.connect_timeout = m_timeout;
    failure.timeout = m_timeout;
    return failure;
}

std::optional<JobResult> LookUp::ended(CURLcode code) {
    m_duration = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - m_start);
    const bool malformed_proxy = std::string_view(m_words.data()).starts_with("Unsupported proxy");
    Resolution found;
    found.duration = m_duration;
    found.through_proxy = getinfo<CURLINFO_USED_PROXY>(handle()) != 0;
    if (found.through_proxy && !malformed_proxy) {
        m_trace.line(Verbosity::wire, fmt::format("a proxy leads to {}", m_url.authority()));
        return found;
    }
    if (malformed_proxy || m_addresses.empty()) {
        TransportError error =
            explain(failure(code, malformed_proxy ? Route::proxy : Route::direct));
        m_trace.line(Verbosity::wire,
                     fmt::format("no address of {}: {}", m_url.host(), error.because()));
        return error;
    }
    if (m_url.is_loopback() && !is_loopback_address(m_url.host())) {
        found.this_machine = true;
        return found;
    }
    std::sort(m_addresses.begin(), m_addresses.end());
    m_addresses.erase(std::unique(m_addresses.begin(), m_addresses.end()), m_addresses.end());
    m_trace.line(Verbosity::wire, fmt::format("{} is {} (in {} ms)", m_url.host(),
                                              joined(m_addresses), m_duration.count()));
    found.addresses = m_addresses;
    return found;
}

}  // namespace headway::http
