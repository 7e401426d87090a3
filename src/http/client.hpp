#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "headway/clock.hpp"
#include "headway/http.hpp"
#include "headway/trace.hpp"
#include "http/ca_store.hpp"

namespace headway::http {

/// What a client needs to know of its surroundings. It reads no environment variable itself but
/// for libcurl's proxy variables (https_proxy, http_proxy, all_proxy, no_proxy; curl(1)).
struct ClientSettings {
    CaSettings certificates;
    std::string user_agent = "headway";
    /// An answer that began and then brings less than 1 byte a second for so long is given up.
    std::chrono::milliseconds stall_window{30'000};
    /// See OnInterrupt::finish.
    std::chrono::milliseconds finish_grace = k_finish_grace;
};

/// The real client: libcurl. Certificates are read when the first https request is made; a
/// CaSettings that is of no use is told then, as Error(usage). Besides what HttpClient says,
/// `perform` throws Error(usage) before any traffic for a request that must not leave the machine
/// (secret over plain http, user info in the URL, control characters in a header). A POST or
/// PATCH is never sent twice. `interrupt` and `trace` must outlive the client. One thread only.
[[nodiscard]] std::unique_ptr<HttpClient> make_client(ClientSettings settings, Interrupt& interrupt,
                                                      Trace& trace);

struct LibraryVersions {
    std::string curl;     ///< "8.14.1"
    std::string openssl;  ///< "3.0.17"
    std::string cares;    ///< "1.34.9"; empty: libcurl was built without it.
};

/// Of the libraries that are linked. No traffic, no file, nothing initialised.
[[nodiscard]] LibraryVersions library_versions();

}  // namespace headway::http
