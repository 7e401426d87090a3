#include "cli/verify_details.hpp"

#include <utility>

#include <fmt/format.h>

#include "cli/table.hpp"
#include "core/ledger.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t k_shown_lines = 20;
constexpr std::size_t k_shown_line = 200;  // Bytes.

/// Each phase by itself: HttpTimings count from the start of the request.
std::string phases_of(const HttpTimings& timings) {
    std::string text;
    milliseconds before{0};
    for (const auto& [name, end] :
         {std::pair("dns", timings.resolved), std::pair("connect", timings.connected),
          std::pair("tls", timings.secured), std::pair("first byte", timings.first_byte)}) {
        if (end < before || end.count() == 0) {
            continue;  // It was not reached, or there was nothing to do.
        }
        text += fmt::format("{} {} ms, ", name, (end - before).count());
        before = end;
    }
    return text + fmt::format("total {} ms", timings.total.count());
}

std::string expiry_of(Clock::System expiry, Clock::System now) {
    const std::string moment = core::timestamp(expiry.time_since_epoch().count());
    return expiry < now
               ? fmt::format("expired {} ({} ago)", moment, rough_duration((now - expiry).count()))
               : fmt::format("expires {} (in {})", moment, rough_duration((expiry - now).count()));
}

void add_body(std::vector<std::string>& lines, const core::Evidence& evidence) {
    const std::vector<std::string> body = lines_of(evidence.body);
    if (body.empty()) {
        return;
    }
    lines.emplace_back("  body:");
    for (std::size_t index = 0; index < body.size() && index < k_shown_lines; ++index) {
        lines.push_back("    " + printable(body[index], k_shown_line));
    }
    if (evidence.body_cut || body.size() > k_shown_lines) {
        lines.emplace_back("    …");
    }
}

bool is_host_of(const std::string& address, const std::string& url) {
    for (const std::string& host : {"://" + address, "://[" + address + "]"}) {
        const auto begin = url.find(host);
        const auto end = begin + host.size();
        if (begin != std::string::npos &&
            (end == url.size() || std::string_view(":/?#").find(url[end]) != std::string::npos)) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::string label_of(const core::OriginReport& origin) {
    const bool known = origin.address.empty() || is_host_of(origin.address, origin.url);
    return printable(known ? origin.probe : fmt::format("{} at {}", origin.probe, origin.address));
}

std::vector<std::string> details_of(const core::OriginReport& origin, Clock::System now) {
    std::vector<std::string> lines;
    const core::Evidence& evidence = origin.evidence;
    const std::string url = printable(origin.url);
    lines.push_back(origin.address.empty() ? fmt::format("{} at {}:", printable(origin.probe), url)
                                           : fmt::format("{} at {} ({}):", printable(origin.probe),
                                                         url, origin.address));
    if (!evidence.url.empty()) {
        lines.push_back(fmt::format("  answered by: {}", printable(evidence.url)));
    }
    lines.push_back(evidence.status == 0 ? "  status: none, no answer came"
                                         : fmt::format("  status: {}", evidence.status));
    lines.push_back("  timings: " + phases_of(evidence.timings));
    if (evidence.certificate_expiry) {
        lines.push_back("  certificate: " + expiry_of(*evidence.certificate_expiry, now));
    }
    add_body(lines, evidence);
    return lines;
}

nlohmann::ordered_json json_of(const core::VerifyReport& report) {
    nlohmann::ordered_json json;
    json["verdict"] = report.converged() ? "healthy" : "unhealthy";
    json["outcome"] = word_of(report.outcome);
    json["words"] = report.words;
    json["version_proven"] = report.version_proven;
    json["requests"] = report.requests;
    json["seconds"] = static_cast<double>(report.duration.count()) / 1000.0;
    json["watched_seconds"] = static_cast<double>(report.watched.count()) / 1000.0;
    json["regressed"] = report.regressed;
    auto& origins = json["origins"] = nlohmann::ordered_json::array();
    for (const core::OriginReport& origin : report.origins) {
        const core::Evidence& evidence = origin.evidence;
        const HttpTimings& timings = evidence.timings;
        nlohmann::ordered_json one;
        one["probe"] = origin.probe;
        one["url"] = origin.url;
        one["address"] = origin.address;
        one["outcome"] = word_of(origin.outcome);
        one["words"] = origin.words;
        one["streak"] = origin.streak;
        one["requests"] = origin.requests;
        one["status"] = evidence.status == 0 ? nlohmann::ordered_json(nullptr)
                                             : nlohmann::ordered_json(evidence.status);
        one["timings_ms"] = {{"resolved", timings.resolved.count()},
                             {"connected", timings.connected.count()},
                             {"secured", timings.secured.count()},
                             {"first_byte", timings.first_byte.count()},
                             {"total", timings.total.count()}};
        one["certificate_expires"] =
            evidence.certificate_expiry
                ? nlohmann::ordered_json(
                      core::timestamp(evidence.certificate_expiry->time_since_epoch().count()))
                : nlohmann::ordered_json(nullptr);
        one["answered_by"] = evidence.url.empty() ? nlohmann::ordered_json(nullptr)
                                                  : nlohmann::ordered_json(evidence.url);
        one["body"] = origin.outcome == core::Outcome::converged
                          ? nlohmann::ordered_json(nullptr)
                          : nlohmann::ordered_json(evidence.body);
        origins.push_back(std::move(one));
    }
    return json;
}

}  // namespace headway::cli
