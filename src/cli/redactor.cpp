#include "cli/redactor.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "headway/error.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

constexpr std::size_t k_least_secret = 4;
constexpr std::string_view k_quoted = "\"\\";
constexpr std::string_view k_quoted_all = "\"\\/";
constexpr std::string_view k_ellipsis = "…";  // What headway::printable ends a cut text in.

std::string with_lower_hex(std::string encoded) {
    for (std::size_t index = 0; index + 2 < encoded.size(); ++index) {
        if (encoded[index] == '%') {
            for (const std::size_t digit : {index + 1, index + 2}) {
                encoded[digit] =
                    static_cast<char>(std::tolower(static_cast<unsigned char>(encoded[digit])));
            }
        }
    }
    return encoded;
}

/// Every character as %XX, as over-eager encoders write it.
std::string encode_all(std::string_view text) {
    constexpr std::string_view k_digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        encoded += {'%', k_digits[byte >> 4U], k_digits[byte & 0x0FU]};
    }
    return encoded;
}

/// The base64 digits that any text holds which encodes `secret` after `offset` other bytes
/// (modulo 3): the digits that neighbouring bytes reach into are left out.
std::string inner_base64(std::string_view secret, std::size_t offset) {
    std::string padded(offset, '\0');
    padded += secret;
    std::string encoded = base64_encode(padded);
    const std::size_t first = (offset * 8 + 5) / 6;
    const std::size_t end = padded.size() * 8 / 6;
    return end > first ? encoded.substr(first, end - first) : std::string();
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

std::string url_alphabet(std::string text) {
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return text;
}

/// As JSON and C-like quoting write it; some writers escape the slash, too.
std::string escaped(std::string_view text, std::string_view special) {
    std::string result;
    for (const char letter : text) {
        if (special.find(letter) != std::string_view::npos) {
            result += '\\';
        }
        result += letter;
    }
    return result;
}

}  // namespace

void Redactor::add(const Secret& secret) {
    const std::string& text = secret.reveal();
    if (text.size() < k_least_secret) {
        throw Error(ExitCode::usage, "a secret is too short to be kept out of the output",
                    "secrets have at least 4 characters",
                    {"check the variable or file that it comes from"});
    }
    for (const std::string& form : {text, escaped(text, k_quoted), escaped(text, k_quoted_all)}) {
        add_form(form);
        add_form(escaped(form, k_quoted));  // What a server quoted, in a document of our own.
    }
    const std::string encoded = percent_encode(text);
    for (const std::string& form :
         {encoded, replaced(encoded, "%2F", "/"), replaced(encoded, "%20", "+"), encode_all(text),
          percent_encode(encoded)}) {
        add_form(form);
        add_form(with_lower_hex(form));
    }
    for (std::size_t offset = 0; offset < 3; ++offset) {
        const std::string inner = inner_base64(text, offset);
        add_form(inner);
        add_form(url_alphabet(inner));
    }
    std::sort(m_forms.begin(), m_forms.end(), [](const auto& left, const auto& right) {
        return std::pair(right.size(), left) < std::pair(left.size(), right);
    });
    m_forms.erase(std::unique(m_forms.begin(), m_forms.end()), m_forms.end());
}

void Redactor::add_form(std::string form) {
    if (form.size() >= k_least_secret) {
        m_forms.push_back(std::move(form));
    }
}

std::string Redactor::scrub(std::string_view text) const {
    std::string clean(text);
    for (const std::string& form : m_forms) {
        for (auto at = clean.find(form); at != std::string::npos; at = clean.find(form, at)) {
            clean.replace(at, form.size(), "***");
            at += 3;
        }
    }
    for (auto cut = clean.find(k_ellipsis); cut != std::string::npos;
         cut = clean.find(k_ellipsis, cut + k_ellipsis.size())) {
        const std::size_t left = size_of_rest(std::string_view(clean).substr(0, cut));
        if (left > 0) {
            clean.replace(cut - left, left, "***");
            cut = cut - left + 3;
        }
    }
    return clean;
}

std::size_t Redactor::size_of_rest(std::string_view text) const {
    std::size_t longest = 0;
    for (const std::string& form : m_forms) {
        for (std::size_t size = std::min(form.size() - 1, text.size());
             size >= k_least_secret && size > longest; --size) {
            if (text.ends_with(std::string_view(form).substr(0, size))) {
                longest = size;
            }
        }
    }
    return longest;
}

}  // namespace headway::cli
