#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/probe.hpp"
#include "headway/clock.hpp"
#include "headway/configuration.hpp"
#include "headway/http.hpp"
#include "headway/trace.hpp"

namespace headway::core {

enum class Verdict { healthy, unhealthy };

/// The last thing that was seen of one probe.
struct ProbeEvidence {
    std::string name;
    std::string url;
    bool healthy = false;
    std::string words;
    unsigned requests = 0;
};

/// What verification found.
struct VerifyReport {
    Verdict verdict = Verdict::unhealthy;
    std::string words;  ///< "healthy 3 times in a row, version 1a2b3c4d" or the failing probe's.
    unsigned streak = 0;
    unsigned rounds = 0;
    std::chrono::milliseconds duration{0};
    bool version_proven = false;  ///< A probe names the commit; else health alone was judged.
    std::vector<ProbeEvidence> probes;
};

/// Asks every probe, each over a fresh connection, until all were healthy
/// `configuration.consecutive` times in a row, or until the deadline; a request under way is cut
/// off there. At least one round is made. Changes of state are told to `trace`
/// (Verbosity::normal). Throws Interrupted.
[[nodiscard]] VerifyReport verify(HttpClient& client, Clock& clock, Trace& trace,
                                  const VerifyConfiguration& configuration,
                                  const ProbeSubject& subject);

}  // namespace headway::core
