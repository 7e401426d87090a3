#pragma once

#include <string_view>

#include "headway/error.hpp"
#include "headway/http.hpp"

namespace headway::notify {

/// True for 2xx, unless the answer is a web page.
[[nodiscard]] bool is_delivered(const HttpResponse& response);

/// Why Slack did not take the message and what to do. `url` is the webhook's: an answer that
/// repeats it, or its last part, is not quoted.
[[nodiscard]] Error refusal_of(const HttpResponse& response, std::string_view url);

/// The same for an exchange that failed: it, too, says first that it was about the message.
[[nodiscard]] TransportError failure_of(const TransportError& error);

}  // namespace headway::notify
