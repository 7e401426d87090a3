#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/templates.hpp"
#include "headway/probe_configuration.hpp"

/// Checks of what a probe sends and expects, the same for file, flags and variables. Each throws
/// Error(usage) whose text begins with where the value stands, and repeats no secret.
namespace headway::config {

inline constexpr std::size_t k_max_body = 16U * 1024U;
inline constexpr std::size_t k_max_items = 50;  ///< Headers, expectations of a kind, addresses.

[[nodiscard]] HttpMethod checked_method(std::string_view text, const Origin& origin);
/// "GET"
[[nodiscard]] std::string_view word_of(HttpMethod method);

[[nodiscard]] Redirects checked_redirects(std::string_view text, const Origin& origin);
/// "same-origin"
[[nodiscard]] std::string_view word_of(Redirects redirects);

/// "200", "200-299" or "2xx".
[[nodiscard]] StatusRange checked_status(std::string_view text, const Origin& origin);
/// "200" or "200-299"
[[nodiscard]] std::string text_of(const StatusRange& range);

/// A header's name (RFC 9110, section 5.6.2).
[[nodiscard]] std::string checked_header_name(std::string_view text, const Origin& origin);
/// One that a probe may set: not one that belongs to the connection.
[[nodiscard]] std::string checked_request_header(std::string_view text, const Origin& origin);
/// A header's value that stands in the configuration: a template; refused where the name or the
/// text says that it is a secret. `instead` is the hint.
[[nodiscard]] std::string checked_header_value(std::string_view name, std::string_view text,
                                               const TemplateNames& names, const Origin& origin,
                                               const std::string& instead);
/// A body that stands in the configuration: a template. Not empty, at most k_max_body bytes.
[[nodiscard]] std::string checked_body(std::string_view text, const TemplateNames& names,
                                       const Origin& origin, const std::string& instead);

/// An IPv4 or IPv6 address without brackets.
[[nodiscard]] std::string checked_address(std::string_view text, const Origin& origin);
/// The path of a socket (unix(7): at most 107 bytes).
[[nodiscard]] std::string checked_socket(std::string_view text, const Origin& origin);

/// Refuses a second header of the same name, and too many.
void add_header(std::vector<ProbeHeader>& headers, ProbeHeader header, const Origin& origin);
/// Refuses too many. An expectation that is there already changes nothing.
void add_expectation(std::vector<Expectation>& expectations, Expectation expectation,
                     const Origin& origin);
void add_address(std::vector<std::string>& addresses, std::string address, const Origin& origin);
void add_status(std::vector<StatusRange>& ranges, const StatusRange& range, const Origin& origin);

/// Where the parts of a probe stand that exclude each other; what is not given does not count.
struct ProbePlaces {
    Origin body;
    Origin client_key;
    Origin addresses;
};
void check_together(const ProbeConfiguration& probe, const ProbePlaces& places);

}  // namespace headway::config
