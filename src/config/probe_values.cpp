#include "config/probe_values.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "config/values.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

std::string lowered(std::string_view text) {
    std::string small(text);
    std::transform(small.begin(), small.end(), small.begin(), lower);
    return small;
}

template <typename Value>
struct Word {
    std::string_view text;
    Value value;
};
constexpr std::array<Word<HttpMethod>, 6> k_methods{{{"GET", HttpMethod::get},
                                                     {"HEAD", HttpMethod::head},
                                                     {"POST", HttpMethod::post},
                                                     {"PUT", HttpMethod::put},
                                                     {"PATCH", HttpMethod::patch},
                                                     {"DELETE", HttpMethod::del}}};
constexpr std::array<Word<Redirects>, 3> k_redirects{
    {{"none", Redirects::none}, {"same-origin", Redirects::same_origin}, {"any", Redirects::any}}};

template <typename Value, std::size_t Count>
Value checked_word(const std::array<Word<Value>, Count>& words, std::string_view text,
                   std::string_view what, const Origin& origin) {
    std::vector<std::string> known;
    for (const auto& word : words) {
        if (lowered(word.text) == lowered(text)) {
            return word.value;
        }
        known.emplace_back(word.text);
    }
    refuse(origin, fmt::format("{} is not {}", in_quotes(text), what),
           fmt::format("known are {}", joined(known, known.size())), suggestion(text, known));
}

template <typename Value, std::size_t Count>
std::string_view word_in(const std::array<Word<Value>, Count>& words, Value value) {
    const auto* const found = std::find_if(words.begin(), words.end(),
                                           [&](const auto& word) { return word.value == value; });
    return found == words.end() ? words.front().text : found->text;
}

/// Three digits from 100 to 599, or 0.
int code_in(std::string_view text) {
    const auto is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
    if (text.size() != 3 || !std::all_of(text.begin(), text.end(), is_digit)) {
        return 0;
    }
    const int code = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
    return code >= 100 && code <= 599 ? code : 0;
}

bool is_token(std::string_view name) {
    constexpr std::string_view k_marks = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::all_of(name.begin(), name.end(), [&](char letter) {
        const char small = lower(letter);
        return (small >= 'a' && small <= 'z') || (letter >= '0' && letter <= '9') ||
               k_marks.find(letter) != k_marks.npos;
    });
}

bool names_secret(std::string_view header) {
    constexpr std::array<std::string_view, 3> k_names{"authorization", "proxy-authorization",
                                                      "cookie"};
    constexpr std::array<std::string_view, 4> k_parts{"token", "key", "secret", "password"};
    const std::string name = lowered(header);
    return std::find(k_names.begin(), k_names.end(), name) != k_names.end() ||
           std::any_of(k_parts.begin(), k_parts.end(),
                       [&](std::string_view part) { return name.find(part) != std::string::npos; });
}

constexpr std::string_view k_never = "a secret is never written into the configuration";

void refuse_too_many(std::size_t count, std::string_view what, const Origin& origin) {
    if (count > k_max_items) {
        refuse(origin, fmt::format("too many {}", what),
               fmt::format("a probe has at most {}", k_max_items));
    }
}

}  // namespace

HttpMethod checked_method(std::string_view text, const Origin& origin) {
    return checked_word(k_methods, text, "a method that a probe can use", origin);
}

std::string_view word_of(HttpMethod method) {
    return word_in(k_methods, method);
}

Redirects checked_redirects(std::string_view text, const Origin& origin) {
    return checked_word(k_redirects, text, "what can be done with a redirect", origin);
}

std::string_view word_of(Redirects redirects) {
    return word_in(k_redirects, redirects);
}

StatusRange checked_status(std::string_view text, const Origin& origin) {
    const std::string_view kind = text.substr(0, 1);
    if (text.size() == 3 && lowered(text.substr(1)) == "xx" && kind >= "1" && kind <= "5") {
        const int first = (kind.front() - '0') * 100;
        return {first, first + 99};
    }
    const auto dash = text.find('-');
    const int first = code_in(trimmed(text.substr(0, dash)));
    const int last = dash == text.npos ? first : code_in(trimmed(text.substr(dash + 1)));
    if (first == 0 || last == 0) {
        refuse(origin, fmt::format("{} is not an HTTP status", in_quotes(text)),
               "a status is a number from 100 to 599, a range of them, or a class",
               {"200", "200-299", "2xx"});
    }
    if (first > last) {
        refuse(origin, fmt::format("{} is not a range", in_quotes(text)),
               "it ends before it begins", {fmt::format("{}-{}", last, first)});
    }
    return {first, last};
}

std::string text_of(const StatusRange& range) {
    return range.first == range.last ? std::to_string(range.first)
                                     : fmt::format("{}-{}", range.first, range.last);
}

std::string checked_header_name(std::string_view text, const Origin& origin) {
    constexpr std::size_t k_longest = 100;
    if (!is_token(text) || text.size() > k_longest) {
        refuse(origin, fmt::format("{} is not a header's name", in_quotes(text)),
               fmt::format("a name has letters, digits and '-', and at most {} bytes (RFC 9110)",
                           k_longest));
    }
    return std::string(text);
}

std::string checked_request_header(std::string_view text, const Origin& origin) {
    constexpr std::array<std::string_view, 4> k_own{"connection", "content-length", "expect",
                                                    "transfer-encoding"};
    std::string name = checked_header_name(text, origin);
    if (std::find(k_own.begin(), k_own.end(), lowered(name)) != k_own.end()) {
        refuse(origin, fmt::format("the header {} cannot be set", in_quotes(name)),
               "it tells how the request is sent, which headway decides", {"leave it out"});
    }
    return name;
}

std::string checked_header_value(std::string_view name, std::string_view text,
                                 const TemplateNames& names, const Origin& origin,
                                 const std::string& instead) {
    if (names_secret(name) || looks_like_secret(text)) {
        refuse(origin,
               fmt::format("the value of the header {} must not stand here", in_quotes(name)),
               std::string(k_never), {instead});
    }
    return checked_template(text, names, origin);
}

std::string checked_body(std::string_view text, const TemplateNames& names, const Origin& origin,
                         const std::string& instead) {
    if (looks_like_secret(text)) {
        refuse(origin, "the body looks as if there were a secret in it", std::string(k_never),
               {instead});
    }
    if (text.size() > k_max_body) {
        refuse(
            origin, "the body is too long",
            fmt::format("it has {} bytes, and at most {} can stand here", text.size(), k_max_body),
            {instead});
    }
    return checked_template(text, names, origin);
}

std::string checked_address(std::string_view text, const Origin& origin) {
    std::string address(text);
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    if (inet_pton(AF_INET, address.c_str(), bytes.data()) != 1 &&
        inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) {
        refuse(origin, fmt::format("{} is not an IP address", in_quotes(text)),
               "an address stands without brackets, port and name", {"192.0.2.1", "2001:db8::1"});
    }
    return address;
}

std::string checked_socket(std::string_view text, const Origin& origin) {
    constexpr std::size_t k_longest = 107;
    std::string path = checked_secret_path(text, origin);
    if (path.size() > k_longest) {
        refuse(origin, "the socket's path is too long",
               fmt::format("it has {} bytes, and unix(7) allows {}", path.size(), k_longest));
    }
    if (!variable_in(path).empty()) {
        refuse(origin, fmt::format("{} is not a socket's path", in_quotes(path)),
               "no variable is looked up here", {"write the path itself"});
    }
    return path;
}

void add_header(std::vector<ProbeHeader>& headers, ProbeHeader header, const Origin& origin) {
    const bool there = std::any_of(headers.begin(), headers.end(), [&](const ProbeHeader& other) {
        return lowered(other.name) == lowered(header.name);
    });
    if (there) {
        refuse(origin, fmt::format("the header {} is given twice", in_quotes(header.name)),
               "upper and lower case are the same in a header's name", {"keep one of the two"});
    }
    headers.push_back(std::move(header));
    refuse_too_many(headers.size(), "headers", origin);
}

void add_expectation(std::vector<Expectation>& expectations, Expectation expectation,
                     const Origin& origin) {
    if (std::find(expectations.begin(), expectations.end(), expectation) == expectations.end()) {
        expectations.push_back(std::move(expectation));
        refuse_too_many(expectations.size(), "expectations", origin);
    }
}

void add_address(std::vector<std::string>& addresses, std::string address, const Origin& origin) {
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
        addresses.push_back(std::move(address));
        refuse_too_many(addresses.size(), "addresses", origin);
    }
}

void add_status(std::vector<StatusRange>& ranges, const StatusRange& range, const Origin& origin) {
    if (std::find(ranges.begin(), ranges.end(), range) == ranges.end()) {
        ranges.push_back(range);
        refuse_too_many(ranges.size(), "statuses", origin);
    }
}

void check_together(const ProbeConfiguration& probe, const ProbePlaces& places) {
    const bool no_body = probe.method == HttpMethod::get || probe.method == HttpMethod::head;
    if (no_body && (probe.body.reference || !probe.body.text.empty())) {
        refuse(places.body, fmt::format("a {} request has no body", word_of(probe.method)),
               "servers may take one amiss (RFC 9110, section 9.3)",
               {"method: POST in the file, or --method POST"});
    }
    if (probe.client_certificate.empty() && !probe.client_key.empty()) {
        refuse(places.client_key, "the key of a client certificate is given without it", {},
               {"client_certificate: PATH in the file, or --client-cert PATH"});
    }
    if (!probe.addresses.empty() && !probe.unix_socket.empty()) {
        refuse(places.addresses, "addresses are given, and a unix socket as well",
               "a request goes to one of the two", {"keep one of the two"});
    }
}

}  // namespace headway::config
