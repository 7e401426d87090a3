#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/config.hpp"

/// Whatever the file holds, reading it ends in a configuration or in an error with exit code 2.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace config = headway::config;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const config::Variables none = [](std::string_view) { return std::optional<std::string>{}; };
    try {
        const config::FileConfiguration file = config::parse_file(text, "f.yml");
        const headway::Configuration all = config::resolve(&file, {}, none, {});
        for (const auto& environment : all.environments) {
            if (config::describe(all, environment.name).empty()) {
                std::abort();
            }
        }
    } catch (const headway::Error& error) {
        if (error.code() != headway::ExitCode::usage ||
            std::string_view(error.what()).substr(0, 5) != "f.yml") {
            std::abort();
        }
    }
    return 0;
}
