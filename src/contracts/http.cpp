#include "headway/http.hpp"

#include <algorithm>

namespace headway {

namespace {

char lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const noexcept {
    for (const auto& candidate : headers) {
        if (std::equal(candidate.name.begin(), candidate.name.end(), name.begin(), name.end(),
                       [](char left, char right) { return lower(left) == lower(right); })) {
            return candidate.value;
        }
    }
    return {};
}

}  // namespace headway
