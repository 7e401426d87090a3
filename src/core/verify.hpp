#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/convergence.hpp"
#include "core/probe.hpp"
#include "headway/clock.hpp"
#include "headway/configuration.hpp"
#include "headway/http.hpp"

namespace headway::core {

inline constexpr std::size_t k_longest_shown_body = 2000;  ///< Bytes.

/// The last answer in detail. Texts are printable.
struct Evidence {
    int status = 0;    ///< 0: no answer came.
    std::string body;  ///< At most k_longest_shown_body bytes, its lines kept.
    bool body_cut = false;
    HttpTimings timings;
    std::optional<Clock::System> certificate_expiry;
    std::string url;  ///< The one that answered, where a redirect led elsewhere; else empty.
};

/// One origin: a probe at one address.
struct OriginReport {
    std::string probe;    ///< Its name.
    std::string url;      ///< With its templates filled in.
    std::string address;  ///< "127.0.0.2", "unix:/run/app.sock", "proxy"; empty: none was found.
    Outcome outcome = Outcome::unreachable;
    std::string words;               ///< What the last answer said: "200, /version is 1a2b3c4d".
    std::vector<std::string> hints;  ///< What to do about the last answer; may be empty.
    unsigned streak = 0;
    unsigned requests = 0;
    Evidence evidence;
};

/// What verification of one environment found.
struct VerifyReport {
    Outcome outcome = Outcome::unreachable;
    std::string words;  ///< "healthy 3 times in a row, version 1a2b3c4d" or the failing origin's.
    unsigned requests = 0;
    std::chrono::milliseconds duration{0};
    std::chrono::milliseconds watched{0};  ///< Of it, after convergence.
    bool regressed = false;                ///< It had converged, and failed while it was watched.
    bool version_proven = false;  ///< A probe names the version; else health alone was judged.
    std::vector<OriginReport> origins;  ///< In the configuration's order, then by address.

    [[nodiscard]] bool converged() const noexcept { return outcome == Outcome::converged; }
    /// The origin that decides a failure; null when all have converged.
    [[nodiscard]] const OriginReport* failing() const noexcept;
};

/// One environment to be verified.
struct VerifyJob {
    std::string name;
    VerifyConfiguration configuration;
    ProbeSubject subject;
    /// For each probe of the configuration what its requests have in common: all but the URL,
    /// the address and the time that is left (see `prepare`).
    std::vector<HttpRequest> requests;
};

/// Follows a verification while it runs.
class VerifyObserver {
public:
    VerifyObserver() = default;
    VerifyObserver(const VerifyObserver&) = delete;
    VerifyObserver& operator=(const VerifyObserver&) = delete;
    virtual ~VerifyObserver() = default;

    enum class News {
        same,     ///< The same answer as before.
        changed,  ///< The first answer, or another one.
        gone,     ///< The name does not have this address any more.
    };
    virtual void answered(const VerifyJob& job, const OriginReport& origin, News news) = 0;
    /// Every origin has converged, and is watched from now on.
    virtual void watching(const VerifyJob& job) = 0;
};

/// A number from 0 up to, but not including, 1; for jitter.
using Random = std::function<double()>;

/// What a verification works with.
struct VerifyActors {
    HttpClient& client;
    Clock& clock;
    VerifyObserver& observer;
    Random random;
};

enum class Until {
    all_ended,
    a_failure,  ///< Or the first one that has failed, so that something can be done about it.
};

/// Verifies all of `jobs` at the same time; one report for each, in their order, and nothing for
/// one that had not ended. An origin is asked over a fresh connection every `interval`, or up to a
/// quarter of it earlier, so that neither many origins nor many jobs ask in step; until every one
/// has answered as expected `consecutive` times in a row and then went on to do so for `watch`, or
/// until the deadline (of convergence), which also cuts off what is under way. Every origin is
/// asked at least once. Throws Interrupted, and Error(usage) for a request that must not be sent.
[[nodiscard]] std::vector<std::optional<VerifyReport>> verify(const VerifyActors& actors,
                                                              const std::vector<VerifyJob>& jobs,
                                                              Until until = Until::all_ended);

}  // namespace headway::core
