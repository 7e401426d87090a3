#pragma once

#include "headway/http.hpp"

namespace headway::http {

/// Reads the client certificate and its key, if one is named, as libcurl will do it. Throws
/// Error(usage) for what cannot be shown to a server: a file that cannot be read or is not PEM, a
/// key that is encrypted or belongs to another certificate.
void check_client_identity(const TlsSettings& tls);

}  // namespace headway::http
