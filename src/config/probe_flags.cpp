#include "config/probe_flags.hpp"

#include <utility>

#include <fmt/format.h>

#include "config/probe_values.hpp"
#include "config/sources.hpp"
#include "config/urls.hpp"
#include "config/values.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

/// The two parts around a separator; the text is not repeated, as it may hold a secret.
std::pair<std::string_view, std::string_view> split(std::string_view text, char separator,
                                                    const std::string& what,
                                                    const std::string& because,
                                                    const std::string& example,
                                                    const Origin& origin) {
    const auto place = text.find(separator);
    if (place == std::string_view::npos) {
        refuse(origin, what, because + "; the text is not shown, as it may hold a secret",
               {example});
    }
    return {trimmed(text.substr(0, place)), text.substr(place + 1)};
}

struct Relation {
    std::string_view where;
    Comparison how = Comparison::equals;
    std::string_view text;
};

/// "WHERE=TEXT" or "WHERE~REGEX", whichever sign comes first; nothing when there is none. In a
/// JSON pointer "~0" and "~1" are letters (RFC 6901).
enum class Escapes { none, of_pointers };
std::optional<Relation> relation_in(std::string_view text, Escapes escapes) {
    for (auto place = text.find_first_of("=~"); place != std::string_view::npos;
         place = text.find_first_of("=~", place + 1)) {
        const char next = place + 1 < text.size() ? text[place + 1] : '\0';
        if (text[place] == '~' && escapes == Escapes::of_pointers && (next == '0' || next == '1')) {
            continue;
        }
        return Relation{text.substr(0, place),
                        text[place] == '=' ? Comparison::equals : Comparison::matches,
                        text.substr(place + 1)};
    }
    return std::nullopt;
}

/// Reads the flags of one probe.
class Reader {
public:
    Reader(const Flags& flags, const Variables& variables, const TemplateNames& names)
        : m_flags(flags), m_variables(variables), m_names(names) {}

    [[nodiscard]] std::optional<ProbeConfiguration> read();

private:
    template <typename Target, typename Check>
    void one(Target& target, const std::optional<std::string>& flag, std::string_view name,
             Check check) {
        if (const Text text = given(flag, name, m_variables)) {
            target = check(text->value, text->origin);
            note(text->origin);
        }
    }
    template <typename Take>
    void each(const std::vector<std::string>& flag, std::string_view name, Take take) {
        for (const Setting<std::string>& setting : given_lines(flag, name, m_variables)) {
            note(setting.origin);
            take(setting.value, setting.origin);
        }
    }
    void note(const Origin& origin) { m_first = m_first ? m_first : std::optional(origin); }

    void read_headers();
    void read_body();
    void read_status();
    void read_answer();
    void read_way();
    void expect(std::vector<Expectation>& expectations, const Relation& relation, std::string where,
                const Origin& origin) const;

    const Flags& m_flags;
    const Variables& m_variables;
    const TemplateNames& m_names;
    ProbeConfiguration m_probe;
    ProbePlaces m_places;
    std::optional<Origin> m_first;
};

std::optional<ProbeConfiguration> Reader::read() {
    m_probe.url.clear();
    one(m_probe.url, m_flags.probe, "--probe", [&](std::string_view text, const Origin& origin) {
        return checked_probe_url(text, m_names, origin);
    });
    one(m_probe.method, m_flags.method, "--method", checked_method);
    read_headers();
    read_body();
    read_status();
    read_answer();
    read_way();
    if (!m_first) {
        return std::nullopt;
    }
    check_together(m_probe, m_places);
    m_probe.origin = *m_first;
    return m_probe;
}

void Reader::read_headers() {
    each(m_flags.header, "--header", [&](std::string_view text, const Origin& origin) {
        const auto [before, after] =
            split(text, ':', "this is not a header", "a header is a name, ':' and a value",
                  "--header 'Accept: application/json'", origin);
        const std::string name = checked_request_header(before, origin);
        ProbeText value;
        value.origin = origin;
        value.text = checked_header_value(name, trimmed(after), m_names, origin,
                                          fmt::format("--header-env '{}=NAME'", name));
        add_header(m_probe.headers, {name, std::move(value)}, origin);
    });
    each(m_flags.header_env, "--header-env", [&](std::string_view text, const Origin& origin) {
        const auto [before, after] =
            split(text, '=', "this is not a header and a variable",
                  "it takes the header's name, '=' and the variable's name",
                  "--header-env 'Authorization=NAME'", origin);
        const std::string name = checked_request_header(before, origin);
        ProbeText value;
        value.origin = origin;
        value.secret = true;
        value.reference = SecretReference{SecretSource::environment,
                                          checked_variable(trimmed(after), origin), origin};
        add_header(m_probe.headers, {name, std::move(value)}, origin);
    });
}

void Reader::read_body() {
    const bool flagged = m_flags.body || m_flags.body_file;
    const Variables none = [](std::string_view) { return std::optional<std::string>{}; };
    const Text text = given(m_flags.body, "--body", flagged ? none : m_variables);
    const Text file = given(m_flags.body_file, "--body-file", flagged ? none : m_variables);
    if (text && file) {
        refuse(file->origin, fmt::format("{} is given as well", text->origin.text),
               "a request has one body", {"keep one of the two"});
    }
    if (text) {
        m_probe.body.text = checked_body(text->value, m_names, text->origin, "--body-file FILE");
        m_probe.body.origin = text->origin;
    }
    if (file) {
        m_probe.body.secret = true;
        m_probe.body.origin = file->origin;
        m_probe.body.reference = SecretReference{
            SecretSource::file, checked_secret_path(file->value, file->origin), file->origin};
    }
    if (text || file) {
        note(m_probe.body.origin);
        m_places.body = m_probe.body.origin;
    }
}

void Reader::read_status() {
    const Text text = given(m_flags.status, "--status", m_variables);
    if (!text) {
        return;
    }
    note(text->origin);
    m_probe.status.clear();
    std::string_view rest = text->value;
    while (true) {
        const auto comma = rest.find(',');
        add_status(m_probe.status, checked_status(trimmed(rest.substr(0, comma)), text->origin),
                   text->origin);
        if (comma == std::string_view::npos) {
            return;
        }
        rest.remove_prefix(comma + 1);
    }
}

void Reader::expect(std::vector<Expectation>& expectations, const Relation& relation,
                    std::string where, const Origin& origin) const {
    const auto check =
        relation.how == Comparison::matches ? checked_pattern : checked_expected_text;
    add_expectation(expectations,
                    {std::move(where), relation.how, check(relation.text, m_names, origin)},
                    origin);
}

void Reader::read_answer() {
    each(m_flags.expect, "--expect", [&](std::string_view text, const Origin& origin) {
        const auto relation = relation_in(text, Escapes::of_pointers);
        if (!relation) {
            refuse(origin, fmt::format("{} is not an expectation", in_quotes(text)),
                   "an expectation is a JSON pointer, '=' and the expected text, or '~' and a "
                   "regular expression",
                   {"/version=${short_commit}", "/version~^[0-9]"});
        }
        expect(m_probe.json, *relation, checked_pointer(relation->where, origin), origin);
    });
    each(m_flags.expect_header, "--expect-header",
         [&](std::string_view text, const Origin& origin) {
             const auto relation = relation_in(text, Escapes::none);
             if (!relation) {
                 refuse(origin, fmt::format("{} is not an expectation", in_quotes(text)),
                        "an expectation is a header's name, '=' and the expected text, or '~' and "
                        "a regular expression",
                        {"X-Version=${tag}", "Content-Type~json"});
             }
             expect(m_probe.answer_headers, *relation, checked_header_name(relation->where, origin),
                    origin);
         });
    each(m_flags.contains, "--contains", [&](std::string_view text, const Origin& origin) {
        expect(m_probe.answer_body, {"", Comparison::contains, text}, "", origin);
    });
    each(m_flags.matches, "--matches", [&](std::string_view text, const Origin& origin) {
        expect(m_probe.answer_body, {"", Comparison::matches, text}, "", origin);
    });
}

void Reader::read_way() {
    const auto time = [](std::string_view text, const Origin& origin) {
        return checked_duration(text, k_request_bounds, origin);
    };
    one(m_probe.max_latency, m_flags.max_latency, "--max-latency", time);
    one(m_probe.timeout, m_flags.request_timeout, "--request-timeout", time);
    one(m_probe.redirects, m_flags.redirects, "--redirects", checked_redirects);
    each(m_flags.resolve, "--resolve", [&](std::string_view text, const Origin& origin) {
        m_places.addresses = origin;
        add_address(m_probe.addresses, checked_address(text, origin), origin);
    });
    one(m_probe.unix_socket, m_flags.unix_socket, "--unix-socket", checked_socket);
    one(m_probe.client_certificate, m_flags.client_cert, "--client-cert", checked_secret_path);
    one(m_probe.client_key, m_flags.client_key, "--client-key",
        [&](std::string_view text, const Origin& origin) {
            m_places.client_key = origin;
            return checked_secret_path(text, origin);
        });
}

}  // namespace

TemplateVariables variable_flags(const Flags& flags, const Variables& variables) {
    TemplateVariables named;
    for (const auto& [text, origin] : given_lines(flags.var, "--var", variables)) {
        const auto [before, after] =
            split(text, '=', "this is not a variable", "it takes a name, '=' and a value",
                  "--var region=eu-1", origin);
        const std::string name = checked_template_name(before, origin);
        ProbeText value;
        value.origin = origin;
        value.text = checked_variable_value(name, after, origin);
        if (!named.emplace(name, std::move(value)).second) {
            refuse(origin, fmt::format("the variable {} is given twice", in_quotes(name)), {},
                   {"keep one of the two"});
        }
        if (named.size() > k_max_variables) {
            refuse(origin, "too many variables",
                   fmt::format("at most {} are possible", k_max_variables));
        }
    }
    return named;
}

std::optional<ProbeConfiguration> probe_flags(const Flags& flags, const Variables& variables,
                                              const TemplateNames& names) {
    return Reader(flags, variables, names).read();
}

}  // namespace headway::config
