#include "cli/session.hpp"

#include "config/values.hpp"

namespace headway::cli {

namespace {

std::string_view kind_of(ExitCode code) {
    switch (code) {
        case ExitCode::done:
            return "done";
        case ExitCode::failed:
            return "failed";
        case ExitCode::usage:
            return "usage";
        case ExitCode::refused:
            return "refused";
        case ExitCode::unhealthy:
            return "unhealthy";
        case ExitCode::unauthorised:
            return "unauthorised";
        case ExitCode::still_old:
            return "still-old";
        case ExitCode::mixed:
            return "mixed";
        case ExitCode::unreachable:
            return "unreachable";
        case ExitCode::interrupted:
            break;
    }
    return "interrupted";
}

}  // namespace

std::chrono::milliseconds Session::request_timeout() const {
    return config::checked_duration(options.timeout, config::k_request_bounds, {"--timeout"});
}

nlohmann::ordered_json json_of(const Error& error) {
    nlohmann::ordered_json json;
    json["kind"] = kind_of(error.code());
    json["what"] = error.what();
    json["because"] = error.because();
    json["try"] = error.hints();
    return json;
}

ExitCode fail(Session& session, const Error& error) {
    session.output.error(error);
    if (!session.report.contains("error") || session.report["error"].is_null()) {
        session.report["error"] = json_of(error);
    }
    return error.code();
}

}  // namespace headway::cli
