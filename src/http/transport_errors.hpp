#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "headway/http.hpp"
#include "http/curl_handles.hpp"
#include "http/response_reader.hpp"
#include "http/trust_store.hpp"

namespace headway::http {

enum class Scheme { http, https };
enum class Route { direct, proxy };

/// How far a transfer came: what was done last.
enum class Stage { nothing, resolved, connected, sent };

/// All that is known of a transfer that did not end.
struct Failure {
    CURLcode code = CURLE_OK;
    std::string words;        ///< libcurl's error buffer, as it is.
    int os_error = 0;         ///< errno of the failed connect; 0: unknown.
    long connect_status = 0;  ///< The proxy's answer to CONNECT; 0: none.
    Scheme scheme = Scheme::https;
    Route route = Route::direct;
    Stage stage = Stage::nothing;
    std::size_t received = 0;  ///< Header and body bytes.
    PeerReport peer;
    std::string authority;  ///< "gitlab.example.com:443"
    std::string host;
    std::string address;             ///< The one that the caller chose; empty: none.
    std::string unix_socket;         ///< Its path; empty: none.
    bool shows_certificate = false;  ///< A client certificate was set.
    std::chrono::milliseconds connect_timeout{0};
    std::chrono::milliseconds timeout{0};
};

/// The failure as a person understands it: cause and fix. Pure.
[[nodiscard]] TransportError explain(const Failure& failure);

/// The reader's own limits, `stop` neither none nor enough.
[[nodiscard]] TransportError explain_stop(Stop stop, const ResponseReader& reader,
                                          const HttpRequest& request, const std::string& authority);

/// An answer that began and then stood still for `window`.
[[nodiscard]] TransportError explain_stall(const std::string& authority,
                                           std::chrono::milliseconds window, std::size_t received);

/// "1.5 s", "30 s"
[[nodiscard]] std::string shown_seconds(std::chrono::milliseconds duration);

}  // namespace headway::http
