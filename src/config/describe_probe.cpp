#include "config/describe_probe.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "config/probe_values.hpp"
#include "config/values.hpp"

namespace headway::config {

namespace {

std::string expected(const Expectation& expectation) {
    switch (expectation.how) {
        case Comparison::equals:
            return fmt::format("is \"{}\"", expectation.text);
        case Comparison::contains:
            return fmt::format("contains \"{}\"", expectation.text);
        case Comparison::matches:
            break;
    }
    return fmt::format("matches \"{}\"", expectation.text);
}

void add_request(std::vector<std::string>& words, const ProbeConfiguration& probe) {
    words.push_back(fmt::format("{} {}", word_of(probe.method), probe.url));
    for (const ProbeHeader& header : probe.headers) {
        words.push_back(fmt::format("{}: {}", header.name, shown(header.value)));
    }
    if (probe.body.reference) {
        words.push_back(fmt::format("body {}", shown(probe.body)));
    } else if (!probe.body.text.empty()) {
        words.push_back(fmt::format("body of {} bytes", probe.body.text.size()));
    }
    if (!probe.unix_socket.empty()) {
        words.push_back(fmt::format("unix socket {}", probe.unix_socket));
    }
    if (!probe.addresses.empty()) {
        words.push_back(fmt::format("at {}", fmt::join(probe.addresses, " and ")));
    }
    if (!probe.ca_file.empty()) {
        words.push_back(fmt::format("ca_file {}", probe.ca_file));
    }
    if (!probe.client_certificate.empty()) {
        words.push_back(fmt::format("client_certificate {}", probe.client_certificate));
    }
    if (!probe.client_key.empty()) {
        words.push_back(fmt::format("client_key {}", probe.client_key));
    }
}

void add_answer(std::vector<std::string>& words, const ProbeConfiguration& probe) {
    std::vector<std::string> codes(probe.status.size());
    std::transform(probe.status.begin(), probe.status.end(), codes.begin(), text_of);
    words.push_back(fmt::format("status {}", fmt::join(codes, " or ")));
    for (const Expectation& one : probe.json) {
        words.push_back(fmt::format("{} {}", one.where, expected(one)));
    }
    for (const Expectation& one : probe.answer_headers) {
        words.push_back(fmt::format("header {} {}", one.where, expected(one)));
    }
    for (const Expectation& one : probe.answer_body) {
        words.push_back(fmt::format("body {}", expected(one)));
    }
}

}  // namespace

std::string shown(const ProbeText& text) {
    if (text.reference) {
        return text.reference->describe();
    }
    return text.secret ? "***" : text.text;
}

std::string probe_words(const ProbeConfiguration& probe) {
    std::vector<std::string> words;
    add_request(words, probe);
    add_answer(words, probe);
    words.push_back(fmt::format("timeout {}", format_duration(probe.timeout)));
    if (probe.max_latency) {
        words.push_back(fmt::format("max_latency {}", format_duration(*probe.max_latency)));
    }
    if (probe.redirects != Redirects::none) {
        words.push_back(fmt::format("redirects {}", word_of(probe.redirects)));
    }
    return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace headway::config
