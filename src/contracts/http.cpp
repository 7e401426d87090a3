#include "headway/http.hpp"

#include <algorithm>

namespace headway {

namespace {

char lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

}  // namespace

bool same_header_name(std::string_view left, std::string_view right) noexcept {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char one, char other) { return lower(one) == lower(other); });
}

std::string_view HttpResponse::header(std::string_view name) const noexcept {
    for (const auto& candidate : headers) {
        if (same_header_name(candidate.name, name)) {
            return candidate.value;
        }
    }
    return {};
}

}  // namespace headway
