#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "git/remotes.hpp"
#include "git_wire_support.hpp"

namespace headway::test {

/// A remote whose server answers from a script.
struct Scene {
    ScriptedClient client;
    WordsForge forge;
    WireTrace trace;
    std::unique_ptr<GitRemote> remote =
        git::open_smart_http(client, forge, trace,
                             {.url = "https://git.example.com/group/app.git",
                              .credentials = BasicCredentials{"bot", Secret("t0ken-t0ken")},
                              .timeout = std::chrono::seconds(9),
                              .environment = "staging",
                              .token_name = "$TOKEN"});

    /// A server with everything git has.
    Scene& offer_v2() {
        client.advertise(recorded("capabilities_v2"));
        return *this;
    }
    [[nodiscard]] std::string sent(std::size_t index) const {
        return client.requests.at(index).body;
    }
    [[nodiscard]] static std::string header(const HttpRequest& request, std::string_view name) {
        for (const HttpHeader& candidate : request.headers) {
            if (candidate.name == name) {
                return candidate.value;
            }
        }
        return {};
    }
};

[[nodiscard]] inline bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace headway::test
