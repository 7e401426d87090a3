#pragma once

#include "forge/dialect.hpp"
#include "headway/forge.hpp"

namespace headway::forge {

/// Why the server refused, and the one fix. Pure.
///
/// What is looked for, in this order: a reason of the ref's own that says it all; a known
/// sentence in what the server printed (side-band 2, HTTP body), `self`'s own first, then those
/// of the other forges, then git's; a reason that several refs share ("pre-receive hook
/// declined", "atomic transaction failed"); the HTTP status.
///
/// Exit codes: refused for what the server's owner forbids; unauthorised for what another token
/// or role would resolve, a 404 among them when a token was sent (forges answer 404 for what a
/// token may not see); failed for the rest, a 404 without a token among them.
///
/// One push refuses several refs with one sentence; each ref is judged as if it were the cause,
/// and is `part_of_atomic` only when it surely is not.
[[nodiscard]] Diagnosis explain(const Dialect& self, const ServerWords& words,
                                const RefusalContext& context);

}  // namespace headway::forge
