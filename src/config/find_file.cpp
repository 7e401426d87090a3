#include <filesystem>

#include "config/config.hpp"

namespace headway::config {

std::optional<std::string> find_file(std::string_view folder,
                                     const std::function<bool(const std::string&)>& exists) {
    std::filesystem::path place = std::filesystem::path(folder).lexically_normal();
    while (true) {
        const std::string candidate = (place / k_file_name).string();
        if (exists(candidate)) {
            return candidate;
        }
        const std::filesystem::path above = place.parent_path();
        if (above == place || above.empty()) {
            return std::nullopt;
        }
        place = above;
    }
}

}  // namespace headway::config
