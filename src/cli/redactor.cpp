#include "cli/redactor.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "headway/error.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

constexpr std::size_t k_least_secret = 4;

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

std::string url_alphabet(std::string text) {
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return text;
}

/// As JSON and C-like quoting write it.
std::string escaped(std::string_view text) {
    std::string result;
    for (const char letter : text) {
        if (letter == '"' || letter == '\\' || letter == '/') {
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
    add_form(text);
    add_form(escaped(text));
    const std::string encoded = percent_encode(text);
    add_form(encoded);
    add_form(with_lower_hex(encoded));
    add_form(encode_all(text));
    add_form(with_lower_hex(encode_all(text)));
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
    return clean;
}

}  // namespace headway::cli
