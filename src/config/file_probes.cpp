#include "config/file_probes.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "config/probe_values.hpp"
#include "config/urls.hpp"
#include "config/values.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

constexpr std::size_t k_max_probes = 50;
constexpr std::size_t k_max_probe_name = 100;

constexpr std::array<std::string_view, 18> k_probe_keys{
    "name",       "url",         "method",         "headers",  "body",
    "status",     "json",        "answer_headers", "contains", "matches",
    "timeout",    "max_latency", "redirects",      "ca_file",  "client_certificate",
    "client_key", "unix_socket", "resolve"};
constexpr std::array<Hint, 15> k_probe_hints{{
    {"client_cert", "did you mean \"client_certificate\"?"},
    {"regex", "did you mean \"matches\"?"},
    {"regexp", "did you mean \"matches\"?"},
    {"body_matches", "did you mean \"matches\"?"},
    {"body_contains", "did you mean \"contains\"?"},
    {"body_regex", "did you mean \"matches\"?"},
    {"text", "did you mean \"contains\"?"},
    {"version", "json: {/version: \"${short_commit}\"}"},
    {"json_pointer", "json: {/version: \"${short_commit}\"}"},
    {"header", "headers, of the request, or answer_headers"},
    {"response_headers", "did you mean \"answer_headers\"?"},
    {"latency", "did you mean \"max_latency\"?"},
    {"follow_redirects", "redirects: same-origin"},
    {"addresses", "did you mean \"resolve\"?"},
    {"insecure", "ca_file: PATH of the certificate that signs the server's"},
}};
constexpr Schema k_probe{"the probe", k_probe_keys, {}, k_probe_hints};

constexpr std::array<std::string_view, 2> k_expectation_keys{"equals", "matches"};
constexpr Schema k_expectation{"the expectation", k_expectation_keys};

/// The items of a list that is not empty, or the one value that stands in its place.
std::vector<Entry> one_or_more(const Document& document, const Entry& entry) {
    if (entry.value->kind != NodeKind::list) {
        return {entry};
    }
    require_list(document, entry);
    if (entry.value->items.size() > k_max_items) {
        refuse(document.at(entry), fmt::format("{} is too long", in_quotes(entry.key->text)),
               fmt::format("it has {} items, and at most {} are possible",
                           entry.value->items.size(), k_max_items));
    }
    std::vector<Entry> items;
    for (const NodePointer& item : entry.value->items) {
        items.push_back({entry.key, item});
    }
    return items;
}

/// The entries of a map that is not empty.
std::vector<Entry> some_entries(const Document& document, const Entry& entry,
                                std::string_view example) {
    require_map(document, entry);
    std::vector<Entry> entries = merged_entries(document, *entry.value);
    if (entries.empty()) {
        refuse(document.at(entry), fmt::format("{} names nothing", in_quotes(entry.key->text)), {},
               {std::string(example)});
    }
    return entries;
}

bool true_or_false(const Document& document, const Entry& entry) {
    const std::string text = text_of(document, entry);
    if (text != "true" && text != "false") {
        refuse(document.at(entry), fmt::format("{} is neither true nor false", in_quotes(text)), {},
               {"secret: false, where everybody may see the value"});
    }
    return text == "true";
}

/// {env: NAME} or {file: PATH}, with "secret" beside it.
ProbeText read_reference(const Document& document, const Entry& entry, std::string_view because,
                         const std::string& example) {
    ProbeText text;
    text.secret = true;
    Entry reference = entry;
    if (entry.value->kind == NodeKind::map) {
        auto map = std::make_shared<Node>(*entry.value);
        map->entries = merged_entries(document, *entry.value);
        const auto secret =
            std::find_if(map->entries.begin(), map->entries.end(),
                         [](const Entry& one) { return one.key->text == "secret"; });
        if (secret != map->entries.end()) {
            text.secret = true_or_false(document, *secret);
            map->entries.erase(secret);
        }
        reference.value = std::move(map);
    }
    text.reference = secret_of(document, reference, because, example);
    text.origin = text.reference->origin;
    return text;
}

std::string env_example(std::string_view name) {
    return fmt::format("{}: {{env: NAME}}", printable(name, 80));
}

/// Reads one probe of a file.
class ProbeReader {
public:
    ProbeReader(const Document& document, const TemplateNames& names)
        : m_document(document), m_names(names) {}

    [[nodiscard]] ProbeConfiguration read(const Entry& entry);

private:
    template <typename Target, typename Check>
    void optional(Target& target, const Fields& fields, std::string_view key, Check check) const {
        if (const Entry* entry = fields.find(key)) {
            target = check(text_of(m_document, *entry), m_document.at(*entry));
        }
    }
    [[nodiscard]] std::string name(const Entry& entry) const;
    void read_request(ProbeConfiguration& probe, const Fields& fields);
    void read_way(ProbeConfiguration& probe, const Fields& fields);
    void read_answer(ProbeConfiguration& probe, const Fields& fields) const;
    void header(ProbeConfiguration& probe, const Entry& entry) const;
    [[nodiscard]] ProbeText body(const Entry& entry) const;
    [[nodiscard]] Expectation expectation(std::string where, const Entry& entry) const;

    const Document& m_document;
    const TemplateNames& m_names;
    ProbePlaces m_places;
};

ProbeConfiguration ProbeReader::read(const Entry& entry) {
    if (entry.value->kind != NodeKind::map) {
        refuse(m_document.at(entry), "a probe is a map", {},
               {"- {name: health, url: /health, status: 200}"});
    }
    ProbeConfiguration probe;
    const Fields fields(m_document, *entry.value, k_probe);
    const Entry* url = fields.find("url");
    if (url == nullptr) {
        refuse(m_document.at(entry), "the probe has no url", {}, {"url: /health"});
    }
    probe.url = checked_probe_url(text_of(m_document, *url), m_names, m_document.at(*url));
    probe.origin = m_document.at(*url);
    const Entry* named = fields.find("name");
    probe.name = named != nullptr ? name(*named) : probe.url;
    read_request(probe, fields);
    read_way(probe, fields);
    read_answer(probe, fields);
    check_together(probe, m_places);
    return probe;
}

std::string ProbeReader::name(const Entry& entry) const {
    std::string text = text_of(m_document, entry);
    if (text.size() > k_max_probe_name) {
        refuse(m_document.at(entry), "the probe's name is too long",
               fmt::format("a name has at most {} bytes", k_max_probe_name));
    }
    return text;
}

void ProbeReader::read_request(ProbeConfiguration& probe, const Fields& fields) {
    optional(probe.method, fields, "method", checked_method);
    if (const Entry* headers = fields.find("headers")) {
        for (const Entry& one :
             some_entries(m_document, *headers, "headers: {Accept: application/json}")) {
            header(probe, one);
        }
    }
    if (const Entry* text = fields.find("body")) {
        probe.body = body(*text);
        m_places.body = m_document.at(*text);
    }
    const auto time = [](std::string_view text, const Origin& origin) {
        return checked_duration(text, k_request_bounds, origin);
    };
    optional(probe.timeout, fields, "timeout", time);
    optional(probe.max_latency, fields, "max_latency", time);
    optional(probe.redirects, fields, "redirects", checked_redirects);
}

void ProbeReader::read_way(ProbeConfiguration& probe, const Fields& fields) {
    optional(probe.ca_file, fields, "ca_file", checked_secret_path);
    optional(probe.client_certificate, fields, "client_certificate", checked_secret_path);
    optional(probe.client_key, fields, "client_key", checked_secret_path);
    optional(probe.unix_socket, fields, "unix_socket", checked_socket);
    if (const Entry* key = fields.find("client_key")) {
        m_places.client_key = m_document.at(*key);
    }
    if (const Entry* addresses = fields.find("resolve")) {
        m_places.addresses = m_document.at(*addresses);
        for (const Entry& one : one_or_more(m_document, *addresses)) {
            const Origin origin = m_document.at(one);
            add_address(probe.addresses, checked_address(text_of(m_document, one), origin), origin);
        }
    }
}

void ProbeReader::read_answer(ProbeConfiguration& probe, const Fields& fields) const {
    if (const Entry* status = fields.find("status")) {
        probe.status.clear();
        for (const Entry& one : one_or_more(m_document, *status)) {
            const Origin origin = m_document.at(one);
            add_status(probe.status, checked_status(text_of(m_document, one), origin), origin);
        }
    }
    if (const Entry* json = fields.find("json")) {
        for (const Entry& one :
             some_entries(m_document, *json, "json: {/version: \"${short_commit}\"}")) {
            const Origin place = m_document.at(*one.key);
            add_expectation(probe.json, expectation(checked_pointer(one.key->text, place), one),
                            place);
        }
    }
    if (const Entry* headers = fields.find("answer_headers")) {
        for (const Entry& one :
             some_entries(m_document, *headers, "answer_headers: {X-Version: \"${tag}\"}")) {
            const Origin place = m_document.at(*one.key);
            add_expectation(probe.answer_headers,
                            expectation(checked_header_name(one.key->text, place), one), place);
        }
    }
    for (const auto how : {Comparison::contains, Comparison::matches}) {
        const bool contains = how == Comparison::contains;
        const Entry* texts = fields.find(contains ? "contains" : "matches");
        if (texts == nullptr) {
            continue;
        }
        for (const Entry& one : one_or_more(m_document, *texts)) {
            const Origin origin = m_document.at(one);
            const auto check = contains ? checked_expected_text : checked_pattern;
            add_expectation(probe.answer_body,
                            {"", how, check(text_of(m_document, one), m_names, origin)}, origin);
        }
    }
}

void ProbeReader::header(ProbeConfiguration& probe, const Entry& entry) const {
    const Origin place = m_document.at(*entry.key);
    const std::string name = checked_request_header(entry.key->text, place);
    const std::string example = env_example(name);
    ProbeText value;
    if (entry.value->kind == NodeKind::text) {
        value.origin = m_document.at(entry);
        value.text = checked_header_value(name, text_or_empty(m_document, entry), m_names,
                                          value.origin, example);
    } else {
        value =
            read_reference(m_document, entry, "a header's value is one of these, or text", example);
    }
    add_header(probe.headers, {name, std::move(value)}, place);
}

ProbeText ProbeReader::body(const Entry& entry) const {
    if (entry.value->kind != NodeKind::text || entry.value->text.empty()) {
        if (entry.value->kind == NodeKind::text) {
            static_cast<void>(text_of(m_document, entry));
        }
        return read_reference(m_document, entry, "a body is one of these, or text",
                              R"(body: '{"ping": true}')");
    }
    ProbeText text;
    text.origin = m_document.at(entry);
    text.text = checked_body(entry.value->text, m_names, text.origin, "body: {file: PATH}");
    return text;
}

Expectation ProbeReader::expectation(std::string where, const Entry& entry) const {
    Expectation expectation;
    expectation.where = std::move(where);
    Entry text = entry;
    if (entry.value->kind == NodeKind::map) {
        const Fields fields(m_document, *entry.value, k_expectation);
        const Entry* equals = fields.find("equals");
        const Entry* matches = fields.find("matches");
        if ((equals == nullptr) == (matches == nullptr)) {
            refuse(m_document.at(entry), "an expectation is a text or a regular expression",
                   "exactly one of the two", {"{equals: TEXT}", "{matches: REGEX}"});
        }
        expectation.how = matches != nullptr ? Comparison::matches : Comparison::equals;
        text = matches != nullptr ? *matches : *equals;
    }
    const Origin origin = m_document.at(text);
    expectation.text =
        expectation.how == Comparison::matches
            ? checked_pattern(text_of(m_document, text), m_names, origin)
            : checked_expected_text(text_or_empty(m_document, text), m_names, origin);
    return expectation;
}

}  // namespace

TemplateVariables read_variables(const Document& document, const Entry& entry) {
    TemplateVariables variables;
    const auto entries = some_entries(document, entry, "variables: {region: eu-1}");
    if (entries.size() > k_max_variables) {
        refuse(document.at(entry), "too many variables",
               fmt::format("at most {} are possible", k_max_variables));
    }
    for (const Entry& one : entries) {
        const std::string name = checked_template_name(one.key->text, document.at(*one.key));
        ProbeText value;
        if (one.value->kind == NodeKind::text) {
            value.origin = document.at(one);
            value.text = checked_variable_value(name, text_or_empty(document, one), value.origin);
        } else {
            value = read_reference(document, one, "a variable's value is one of these, or text",
                                   env_example(name));
        }
        variables.emplace(name, std::move(value));
    }
    return variables;
}

std::vector<ProbeConfiguration> read_probes(const Document& document, const Entry& entry,
                                            const TemplateNames& names) {
    require_list(document, entry);
    if (entry.value->items.size() > k_max_probes) {
        refuse(document.at(entry), "too many probes",
               fmt::format("an environment has at most {}", k_max_probes));
    }
    std::vector<ProbeConfiguration> probes;
    std::set<std::string> taken;
    for (const NodePointer& item : entry.value->items) {
        probes.push_back(ProbeReader(document, names).read({entry.key, item}));
        const std::string& name = probes.back().name;
        if (!taken.insert(name).second) {
            refuse(document.at(*item), fmt::format("a second probe is named {}", in_quotes(name)),
                   "messages tell probes apart by their names",
                   {"give each a \"name\" of its own"});
        }
    }
    return probes;
}

}  // namespace headway::config
