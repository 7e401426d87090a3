#include "core/probe.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "headway/text.hpp"

namespace headway::core {

namespace {

constexpr int k_most_nesting = 64;
constexpr std::size_t k_most_shown = 80;               // Bytes of a value.
constexpr std::size_t k_most_body = 1U << 20U;         // Bytes that expectations are looked for in.
constexpr std::size_t k_most_unread_body = 1U << 16U;  // Bytes where nothing is expected in it.

/// Parses hostile JSON without building more than `k_most_nesting` levels.
nlohmann::json parse_json(const std::string& body) {
    bool too_deep = false;
    auto value = nlohmann::json::parse(
        body,
        [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
            too_deep = too_deep || depth > k_most_nesting;
            return !too_deep;
        },
        false);
    return too_deep ? nlohmann::json(nlohmann::json::value_t::discarded) : value;
}

std::string text_of(const nlohmann::json& value) {
    return value.is_string() ? value.get<std::string>()
                             : value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string shown(std::string_view text) {
    return printable(text, k_most_shown);
}

bool is_accepted(const std::vector<StatusRange>& accepted, int status) {
    return std::any_of(accepted.begin(), accepted.end(), [&](const StatusRange& range) {
        return range.first <= status && status <= range.last;
    });
}

std::string listed(const std::vector<StatusRange>& accepted) {
    std::vector<std::string> words;
    std::transform(
        accepted.begin(), accepted.end(), std::back_inserter(words), [](const StatusRange& range) {
            return range.first == range.last ? std::to_string(range.first)
                                             : fmt::format("{}-{}", range.first, range.last);
        });
    return fmt::format("{}", fmt::join(words, " or "));
}

/// What comparing one text of the answer came to.
struct Finding {
    bool met = false;
    std::string words;  ///< ", /version is 1a2b3c4d"; or what is wrong: "/version is …, not …".
};

class Judge {
public:
    Judge(const ProbeConfiguration& probe, const ProbeSubject& subject,
          const HttpResponse& response)
        : m_probe(probe), m_subject(subject), m_response(response) {}

    [[nodiscard]] Judgement judge() {
        if (!is_accepted(m_probe.status, m_response.status)) {
            return {Answer::unhealthy,
                    fmt::format("status {}, not {}", m_response.status, listed(m_probe.status))};
        }
        if (auto problem = read_json()) {
            return unhealthy(*problem);
        }
        for (const Expectation& expectation : m_probe.json) {
            take(expectation, in_json(expectation));
        }
        for (const Expectation& expectation : m_probe.answer_headers) {
            take(expectation, in_header(expectation));
        }
        for (const Expectation& expectation : m_probe.answer_body) {
            take(expectation, in_body(expectation));
        }
        if (m_wrong) {
            return unhealthy(*m_wrong);
        }
        if (m_probe.max_latency && m_response.timings.total > *m_probe.max_latency) {
            return {Answer::unhealthy,
                    fmt::format("{} after {} ms, later than {} ms", m_response.status,
                                m_response.timings.total.count(), m_probe.max_latency->count())};
        }
        if (m_other) {
            return {Answer::other, fmt::format("{}, but {}", m_response.status, *m_other)};
        }
        return {Answer::expected, fmt::format("{}{}", m_response.status, m_seen)};
    }

private:
    [[nodiscard]] Judgement unhealthy(const std::string& problem) const {
        return {Answer::unhealthy, fmt::format("{}, but {}", m_response.status, problem)};
    }

    /// Why the body is not the JSON that is expected; nothing when it is, or when none is.
    std::optional<std::string> read_json() {
        if (m_probe.json.empty()) {
            return std::nullopt;
        }
        if (m_response.body_cut) {
            return fmt::format("its body has more than {} bytes, too many for JSON",
                               m_response.body.size());
        }
        if (trimmed(m_response.body).empty()) {
            return "the body is empty";
        }
        m_document = parse_json(m_response.body);
        if (m_document.is_discarded()) {
            return fmt::format("the body is no JSON: {}", shown(m_response.body));
        }
        return std::nullopt;
    }

    void take(const Expectation& expectation, const Finding& finding) {
        if (finding.met) {
            m_seen += finding.words;
            return;
        }
        auto& first = speaks_of_version(expectation) ? m_other : m_wrong;
        if (!first) {
            first = finding.words;
        }
    }

    [[nodiscard]] Finding compare(const Expectation& expectation, const std::string& where,
                                  std::string_view actual) const {
        switch (meets(expectation, actual, m_subject)) {
            case Pattern::Found::yes:
                return {true, fmt::format(", {} is {}", where, shown(actual))};
            case Pattern::Found::too_costly:
                return {false, fmt::format("{} takes too many steps to match '{}'", where,
                                           shown(expectation.text))};
            case Pattern::Found::no:
                break;
        }
        const std::string expected = shown(expand(expectation.text, m_subject));
        return {false, expectation.how == Comparison::matches
                           ? fmt::format("{} is {}, which does not match '{}'", where,
                                         shown(actual), expected)
                           : fmt::format("{} is {}, not {}", where, shown(actual), expected)};
    }

    [[nodiscard]] Finding in_json(const Expectation& expectation) const {
        const nlohmann::json::json_pointer path(expectation.where);
        if (!m_document.contains(path)) {
            return {false, fmt::format("there is no {}", expectation.where)};
        }
        return compare(expectation, expectation.where, text_of(m_document.at(path)));
    }

    [[nodiscard]] Finding in_header(const Expectation& expectation) const {
        const std::string_view value = m_response.header(expectation.where);
        return value.empty()
                   ? Finding{false, fmt::format("there is no header {}", expectation.where)}
                   : compare(expectation, "header " + expectation.where, value);
    }

    [[nodiscard]] Finding in_body(const Expectation& expectation) const {
        const Pattern::Found found = meets(expectation, m_response.body, m_subject);
        if (found == Pattern::Found::yes) {
            return {true, ""};
        }
        const std::string expected = shown(expand(expectation.text, m_subject));
        if (found == Pattern::Found::too_costly) {
            return {false, fmt::format("the body takes too many steps to match '{}'", expected)};
        }
        const std::string what = expectation.how == Comparison::matches
                                     ? fmt::format("does not match '{}'", expected)
                                     : fmt::format("does not contain '{}'", expected);
        return {false, m_response.body_cut ? fmt::format("the beginning of the body ({} bytes) {}",
                                                         m_response.body.size(), what)
                                           : fmt::format("the body {}", what)};
    }

    const ProbeConfiguration& m_probe;
    const ProbeSubject& m_subject;
    const HttpResponse& m_response;
    nlohmann::json m_document;
    std::string m_seen;                  ///< Of what was met.
    std::optional<std::string> m_wrong;  ///< The first that was not, but for the version.
    std::optional<std::string> m_other;  ///< The first that speaks of another version.
};

bool has_header(const HttpRequest& request, std::string_view name) {
    return std::any_of(
               request.headers.begin(), request.headers.end(),
               [&](const HttpHeader& header) { return same_header_name(header.name, name); }) ||
           std::any_of(request.secret_headers.begin(), request.secret_headers.end(),
                       [&](const auto& header) { return same_header_name(header.first, name); });
}

void add_header(HttpRequest& request, const ProbeHeader& header, const ProbeSubject& subject,
                const SecretFinder& find) {
    const ProbeText& value = header.value;
    if (!value.reference && has_secret(value.text, subject)) {
        request.secret_headers.emplace_back(header.name, Secret(expand(value.text, subject)));
    } else if (!value.reference) {
        request.headers.push_back({header.name, expand(value.text, subject)});
    } else if (value.secret) {
        request.secret_headers.emplace_back(header.name, find(*value.reference, true));
    } else {
        request.headers.push_back({header.name, find(*value.reference, false).reveal()});
    }
}

}  // namespace

Judgement judge(const ProbeConfiguration& probe, const ProbeSubject& subject,
                const HttpResponse& response) {
    return Judge(probe, subject, response).judge();
}

Judgement judge(const TransportError& error) {
    const bool answered = error.fault() == TransportFault::too_large ||
                          error.fault() == TransportFault::protocol ||
                          error.fault() == TransportFault::redirect;
    Judgement judgement{answered ? Answer::unhealthy : Answer::unreachable,
                        error.because().empty()
                            ? std::string(error.what())
                            : fmt::format("{}: {}", error.what(), error.because())};
    // What waiting does not mend; the rest may be a server that is just starting.
    if (error.fault() == TransportFault::tls || error.fault() == TransportFault::redirect ||
        error.fault() == TransportFault::proxy) {
        judgement.hints = error.hints();
    }
    return judgement;
}

HttpRequest prepare(const ProbeConfiguration& probe, const ProbeSubject& subject,
                    const SecretFinder& find) {
    HttpRequest request;
    request.method = probe.method;
    request.url = expand(probe.url, subject);
    request.has_secret =
        probe.body.secret || has_secret(probe.body.text, subject) || has_secret(probe.url, subject);
    request.connection = Connection::fresh;
    request.redirects = probe.redirects;
    request.on_large_body = OnLargeBody::cut;
    request.max_body =
        probe.json.empty() && probe.answer_body.empty() ? k_most_unread_body : k_most_body;
    request.unix_socket = probe.unix_socket;
    for (const ProbeHeader& header : probe.headers) {
        add_header(request, header, subject, find);
    }
    if (!has_header(request, "Cache-Control")) {
        request.headers.push_back({"Cache-Control", "no-cache"});
    }
    request.body = probe.body.reference ? find(*probe.body.reference, probe.body.secret).reveal()
                                        : expand(probe.body.text, subject);
    if (!probe.ca_file.empty() || !probe.client_certificate.empty()) {
        auto tls = std::make_shared<TlsSettings>();
        if (!probe.ca_file.empty()) {
            tls->ca_files.push_back(probe.ca_file);
        }
        tls->client_certificate = probe.client_certificate;
        tls->client_key = probe.client_key;
        request.tls = std::move(tls);
    }
    return request;
}

}  // namespace headway::core
