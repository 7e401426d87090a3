#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>
#include <type_traits>

#include "headway/error.hpp"

namespace headway::http {

/// Frees a C handle with the library's own function.
template <auto Function>
struct FreeWith {
    template <typename T>
    void operator()(T* handle) const noexcept {
        Function(handle);
    }
};

using Easy = std::unique_ptr<CURL, FreeWith<curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, FreeWith<curl_multi_cleanup>>;
using UrlHandle = std::unique_ptr<CURLU, FreeWith<curl_url_cleanup>>;
using CurlText = std::unique_ptr<char, FreeWith<curl_free>>;

/// A list of lines as libcurl takes it; grows, never shrinks.
class LineList {
public:
    void add(const std::string& line) {
        curl_slist* grown = curl_slist_append(m_list.get(), line.c_str());
        if (grown == nullptr) {
            throw std::bad_alloc();
        }
        static_cast<void>(m_list.release());
        m_list.reset(grown);
    }
    [[nodiscard]] curl_slist* get() const noexcept { return m_list.get(); }

private:
    std::unique_ptr<curl_slist, FreeWith<curl_slist_free_all>> m_list;
};

/// libcurl's variadic setters take what they are given and read what they expect. This tells
/// whether a value of type T is what `option` reads.
template <CURLoption option, typename T>
constexpr bool takes() {
    if constexpr (option == CURLOPT_WRITEFUNCTION || option == CURLOPT_HEADERFUNCTION) {
        return std::is_convertible_v<T, curl_write_callback>;
    } else if constexpr (option == CURLOPT_SSL_CTX_FUNCTION) {
        return std::is_convertible_v<T, curl_ssl_ctx_callback>;
    } else if constexpr (option == CURLOPT_PREREQFUNCTION) {
        return std::is_convertible_v<T, curl_prereq_callback>;
    } else if constexpr (option == CURLOPT_OPENSOCKETFUNCTION) {
        return std::is_convertible_v<T, curl_opensocket_callback>;
    } else if constexpr (option == CURLOPT_CURLU) {
        return std::is_same_v<T, CURLU*>;
    } else if constexpr (option == CURLOPT_HTTPHEADER || option == CURLOPT_PROXYHEADER ||
                         option == CURLOPT_CONNECT_TO) {
        return std::is_same_v<T, curl_slist*>;
    } else if constexpr (option == CURLOPT_ERRORBUFFER) {
        return std::is_same_v<T, char*>;
    } else if constexpr (option == CURLOPT_WRITEDATA || option == CURLOPT_HEADERDATA ||
                         option == CURLOPT_PREREQDATA || option == CURLOPT_SSL_CTX_DATA ||
                         option == CURLOPT_OPENSOCKETDATA || option == CURLOPT_PRIVATE) {
        return std::is_same_v<T, void*>;
    } else if constexpr (option < CURLOPTTYPE_OBJECTPOINT) {
        return std::is_same_v<T, long>;
    } else if constexpr (option < CURLOPTTYPE_FUNCTIONPOINT) {
        return std::is_same_v<T, const char*>;
    } else if constexpr (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB) {
        return std::is_same_v<T, curl_off_t>;
    } else {
        return false;
    }
}

/// Throws Error when libcurl does not accept the option: it was built without it.
template <CURLoption option, typename T>
void setopt(CURL* easy, T value) {
    static_assert(takes<option, T>(), "libcurl reads another type for this option");
    const CURLcode code = curl_easy_setopt(easy, option, value);
    if (code == CURLE_OUT_OF_MEMORY) {
        throw std::bad_alloc();
    }
    if (code != CURLE_OK) {
        throw Error(ExitCode::failed, "the HTTP library refused option " + std::to_string(option),
                    curl_easy_strerror(code));
    }
}

/// What libcurl measured; 0 where it does not know.
template <CURLINFO info>
auto getinfo(CURL* easy) noexcept {
    constexpr int k_type = static_cast<int>(info) & CURLINFO_TYPEMASK;
    static_assert(k_type == CURLINFO_LONG || k_type == CURLINFO_OFF_T || k_type == CURLINFO_STRING);
    using Value =
        std::conditional_t<k_type == CURLINFO_LONG, long,
                           std::conditional_t<k_type == CURLINFO_OFF_T, curl_off_t, const char*>>;
    Value value{};
    if (curl_easy_getinfo(easy, info, &value) != CURLE_OK) {
        return Value{};
    }
    return value;
}

}  // namespace headway::http
