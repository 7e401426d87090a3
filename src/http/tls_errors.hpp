#pragma once

#include "http/transport_errors.hpp"

namespace headway::http {

/// A handshake that failed or a certificate that is not trusted: which of the many ways, and
/// what resolves it. Pure.
[[nodiscard]] TransportError explain_tls(const Failure& failure);

/// Whether the server said in a TLS alert (RFC 8446, section 6.2) that it wants a client
/// certificate, or another one. Pure.
[[nodiscard]] bool refuses_client(const Failure& failure);

inline constexpr const char* k_certificate_hint =
    "the server asks for a client certificate: client_certificate: FILE (and client_key: FILE) in "
    "the probe";

}  // namespace headway::http
