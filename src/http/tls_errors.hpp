#pragma once

#include "http/transport_errors.hpp"

namespace headway::http {

/// A handshake that failed or a certificate that is not trusted: which of the many ways, and
/// what resolves it. Pure.
[[nodiscard]] TransportError explain_tls(const Failure& failure);

}  // namespace headway::http
