#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>

#include "headway/http.hpp"
#include "http/curl_handles.hpp"

namespace headway::http {

using JobResult = std::variant<HttpResponse, Resolution, TransportError>;

/// One thing that an Engine drives.
class Job {
public:
    Job() = default;
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;
    virtual ~Job() = default;

    /// What libcurl is to drive now.
    [[nodiscard]] virtual CURL* handle() const noexcept = 0;
    [[nodiscard]] virtual const std::string& authority() const noexcept = 0;
    [[nodiscard]] virtual OnInterrupt on_interrupt() const noexcept = 0;
    [[nodiscard]] virtual HttpTimings timings() const noexcept = 0;

    /// Its failure when it no longer gets on; asked now and then.
    [[nodiscard]] virtual std::optional<TransportError> stalled(Clock::Steady now) = 0;

    /// libcurl is done with `handle()`. Nothing: it goes on with another handle. Throws what is
    /// no TransportError (on_body's exceptions, Error(usage)).
    [[nodiscard]] virtual std::optional<JobResult> ended(CURLcode code) = 0;
};

}  // namespace headway::http
