#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "core/doctor.hpp"
#include "core/verify.hpp"
#include "headway/clock.hpp"
#include "headway/http.hpp"

namespace headway::core {

/// What one origin answered to one request.
struct ProbeAnswer {
    std::size_t job = 0;
    std::size_t probe = 0;
    std::string address;  ///< "127.0.0.2", "unix:/run/app.sock", "proxy"; empty: none was found.
    Judgement judgement{};
    std::chrono::milliseconds duration{0};
    bool no_route = false;  ///< This machine cannot reach such an address.
};

/// Asks every probe of every job once at each of its addresses, as many at a time as the client
/// allows; each request has its probe's timeout. In the jobs' order, then the probes', then by
/// address. Throws Interrupted.
[[nodiscard]] std::vector<ProbeAnswer> ask_once(HttpClient& client, Clock& clock,
                                                const std::vector<VerifyJob>& jobs);

enum class Deployed { yes, never };

/// probe, one for each of the answers of one job, which are not empty. Before the first deployment
/// a failure is a warning. Pure.
[[nodiscard]] std::vector<Finding> judge_answers(const VerifyJob& job,
                                                 const std::vector<ProbeAnswer>& answers,
                                                 Deployed deployed);

}  // namespace headway::core
