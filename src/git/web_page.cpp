#include "git/web_page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "headway/object_id.hpp"
#include "headway/text.hpp"

namespace headway::git {

namespace {

constexpr std::size_t k_max_summary = 500;

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return result;
}

/// The text between `<name …>` and `</name>`, the first of them.
std::string_view element(std::string_view page, std::string_view lowered, std::string_view name) {
    const auto open = lowered.find(fmt::format("<{}", name));
    const auto start = open == std::string_view::npos ? open : lowered.find('>', open);
    if (start == std::string_view::npos) {
        return {};
    }
    const auto end = lowered.find(fmt::format("</{}", name), start);
    return page.substr(start + 1, end == std::string_view::npos ? end : end - start - 1);
}

/// Without tags, and with one space where several stood.
std::string plain_text(std::string_view page) {
    std::string text;
    bool in_tag = false;
    for (const char letter : page) {
        if (letter == '<' || letter == '>') {
            in_tag = letter == '<';
        } else if (!in_tag) {
            const bool space = letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r';
            if (!space) {
                text += letter;
            } else if (!text.empty() && text.back() != ' ') {
                text += ' ';
            }
        }
    }
    return text;
}

bool is_dumb_protocol(std::string_view content_type, std::string_view body) {
    return content_type.starts_with("text/plain") && body.size() > ObjectId::k_hex_size &&
           ObjectId::parse(body.substr(0, ObjectId::k_hex_size)) &&
           body[ObjectId::k_hex_size] == '\t';
}

}  // namespace

std::string page_summary(std::string_view body) {
    const std::string lowered = lower(body);
    const bool is_html = lowered.find("<html") != std::string::npos ||
                         lowered.find("<!doctype") != std::string::npos ||
                         lowered.find("<body") != std::string::npos;
    if (!is_html) {
        return printable(trimmed(body), k_max_summary);
    }
    const std::string title = plain_text(element(body, lowered, "title"));
    const std::string_view rest = element(body, lowered, "body");
    return printable(trimmed(title.empty() ? plain_text(rest.empty() ? body : rest) : title),
                     k_max_summary);
}

Error not_git_error(std::string_view url, std::string_view content_type, std::string_view body) {
    if (is_dumb_protocol(content_type, body)) {
        return {ExitCode::failed,
                fmt::format("{} cannot be pushed to", url),
                "its server offers git's old \"dumb\" protocol, which only hands out files",
                {"serve the repository by git http-backend or a forge"}};
    }
    const std::string summary = page_summary(body);
    std::string because = summary.empty() ? fmt::format("the answer is empty and of type \"{}\"",
                                                        printable(content_type, 80))
                                          : fmt::format("it answered with \"{}\"", summary);
    return {ExitCode::failed,
            fmt::format("{} is not a git repository's address", url),
            std::move(because),
            {"check the remote's URL: it is what git clone takes",
             "check that no sign-in page or proxy stands before the git server"}};
}

}  // namespace headway::git
