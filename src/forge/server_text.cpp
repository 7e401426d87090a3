#include "forge/server_text.hpp"

#include <algorithm>
#include <array>

#include "headway/text.hpp"

namespace headway::forge {

namespace {

char lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool same_letter(char left, char right) noexcept {
    return lower(left) == lower(right);
}

std::size_t find(std::string_view text, std::string_view part) noexcept {
    const auto found = std::search(text.begin(), text.end(), part.begin(), part.end(), same_letter);
    return found == text.end() && !part.empty() ? std::string_view::npos
                                                : static_cast<std::size_t>(found - text.begin());
}

std::string_view without_prefixes(std::string_view line) {
    constexpr std::array<std::string_view, 5> k_prefixes{
        "remote:", "gitlab:", "error:", "fatal:", "rejected:"};
    bool again = true;
    while (again) {
        line = trimmed(line);
        again = false;
        for (const std::string_view prefix : k_prefixes) {
            if (find(line.substr(0, prefix.size()), prefix) == 0) {
                line.remove_prefix(prefix.size());
                again = true;
            }
        }
    }
    return line;
}

bool is_ruling(std::string_view line) {
    return line.find_first_not_of("=-*#_ ") == std::string_view::npos;
}

/// Between "<title>" and "</title>"; empty when there is none.
std::string_view title_of(std::string_view page) {
    constexpr std::string_view k_open = "<title>";
    const auto start = find(page, k_open);
    if (start == std::string_view::npos) {
        return {};
    }
    page.remove_prefix(start + k_open.size());
    return trimmed(page.substr(0, find(page, "</title>")));
}

}  // namespace

bool contains(std::string_view text, std::string_view part) noexcept {
    return find(text, part) != std::string_view::npos;
}

std::vector<Sentence> sentences_of(const std::string& reason) {
    const std::string line(without_prefixes(reason));
    return line.empty() ? std::vector<Sentence>{} : std::vector<Sentence>{{line, line}};
}

std::vector<Sentence> sentences_of(const ServerWords& words) {
    std::vector<Sentence> sentences;
    Sentence all;
    for (const std::string& message : words.messages) {
        const std::string line(without_prefixes(message));
        if (!is_ruling(line)) {
            sentences.push_back({line, line});
            all.text += (all.text.empty() ? "" : " ") + line;
        }
    }
    all.quote = all.text;
    const std::string_view body = trimmed(words.http_body);
    if (!body.empty()) {
        const std::string shown(body.starts_with('<') ? title_of(body) : without_prefixes(body));
        sentences.push_back({std::string(body), shown});
        all.text.append(all.text.empty() ? "" : " ").append(body);
        all.quote.append(all.quote.empty() || shown.empty() ? "" : " ").append(shown);
    }
    if (sentences.size() > 1) {
        sentences.push_back(std::move(all));
    }
    return sentences;
}

std::vector<std::string> refs_named_in(std::string_view sentence) {
    // What git-check-ref-format forbids in a name ends it, and so does what ends a sentence.
    constexpr std::string_view k_prefix = "refs/";
    constexpr std::string_view k_ends = " \t~^:?*[\\'\"`,;()<>";
    std::vector<std::string> names;
    for (auto start = sentence.find(k_prefix); start != std::string_view::npos;
         start = sentence.find(k_prefix)) {
        sentence.remove_prefix(start);
        std::string_view name = sentence.substr(0, sentence.find_first_of(k_ends));
        sentence.remove_prefix(name.size());
        while (name.ends_with('.')) {
            name.remove_suffix(1);
        }
        names.emplace_back(name);
    }
    return names;
}

}  // namespace headway::forge
