#pragma once

#include <memory>
#include <string>

#include "headway/http.hpp"
#include "headway/notifier.hpp"
#include "headway/secret.hpp"

namespace headway::notify {

/// The body of a POST to an incoming webhook: JSON text, UTF-8. Pure.
///
/// Every text of the message is shown letter by letter: no markup, mention, emoji code or link in
/// it takes effect. It stays within Slack's limits whatever the message holds: header 150, text
/// of a block 3,000 and fallback 3,000 UTF-16 units, at most 50 blocks. What is longer is cut and
/// ends in "…"; a rollback command that is longer than 1,000 is left out. A URL that is not an
/// absolute http or https URL of at most 2,000 bytes becomes plain text.
[[nodiscard]] std::string slack_payload(const DeploymentMessage& message);

/// Posts to an incoming webhook. `client` outlives the notifier.
///
/// Throws Error(usage) unless `url` is https (http on loopback), without user info, spaces and
/// control characters. The URL stands in no message: it is the secret.
///
/// `send` posts once, and once more at once when the connection was cut or the answer is 5xx.
/// Throws TransportError, or Error(failed) with what Slack answered; a redirect is a failure,
/// and so is a web page with status 200 (a proxy's sign-in).
[[nodiscard]] std::unique_ptr<Notifier> make_slack_webhook(HttpClient& client, Secret url);

}  // namespace headway::notify
