#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headway/clock.hpp"
#include "headway/http.hpp"
#include "headway/trace.hpp"
#include "http/client.hpp"

namespace headway::test {

/// Signals at will, from any thread.
class FakeInterrupt final : public Interrupt {
public:
    FakeInterrupt();
    FakeInterrupt(const FakeInterrupt&) = delete;
    FakeInterrupt& operator=(const FakeInterrupt&) = delete;
    ~FakeInterrupt() override;

    void signal() const;
    /// True while a signal has not been noticed. For the signalling thread.
    [[nodiscard]] bool waiting() const;

    bool requested() override { return count() > 0; }
    int count() override;
    int descriptor() const noexcept override { return m_reader; }

private:
    int m_reader = -1;
    int m_writer = -1;
    int m_count = 0;
};

class RecordingTrace final : public Trace {
public:
    void line(Verbosity level, std::string_view text) override;

    [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return m_lines; }
    [[nodiscard]] std::string all() const;

private:
    std::vector<std::string> m_lines;
};

/// A folder of its own that goes away with the test.
class TemporaryFolder {
public:
    TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();

    /// Writes the file and tells its path.
    [[nodiscard]] std::string write(const std::string& name, std::string_view text) const;
    [[nodiscard]] std::string path(const std::string& name) const;

private:
    std::filesystem::path m_path;
};

/// Sets an environment variable for the time of a scope; an empty value removes it.
class ScopedVariable {
public:
    ScopedVariable(const char* name, const std::string& value);
    ScopedVariable(const ScopedVariable&) = delete;
    ScopedVariable& operator=(const ScopedVariable&) = delete;
    ~ScopedVariable();

private:
    std::string m_name;
    std::optional<std::string> m_before;
};

/// A client whose surroundings are the test's own.
struct ClientFixture {
    explicit ClientFixture(http::ClientSettings settings = {});

    HttpResponse get(const std::string& url) const;

    std::vector<std::unique_ptr<ScopedVariable>> no_proxies;
    FakeInterrupt interrupt;
    RecordingTrace trace;
    std::unique_ptr<HttpClient> client;
};

/// The failure of `request` as the caller gets it; the test fails when there is none.
[[nodiscard]] TransportError failure_of(HttpClient& client, const HttpRequest& request);
[[nodiscard]] TransportError failure_of(HttpClient& client, const std::string& url);

/// The failure of anything that throws Error.
[[nodiscard]] Error error_of(HttpClient& client, const HttpRequest& request);

/// What a person would read of it: what, because, hints.
[[nodiscard]] std::string all_of(const Error& error);

/// Settings that trust the PEM certificates in `ca_file` and nothing of the system.
[[nodiscard]] http::ClientSettings trusting_only(const std::string& ca_file);

}  // namespace headway::test
