#include "http_fixture.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <stdexcept>

namespace headway::test {

FakeInterrupt::FakeInterrupt() {
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        throw std::runtime_error("no pipe");
    }
    m_reader = ends[0];
    m_writer = ends[1];
}

FakeInterrupt::~FakeInterrupt() {
    close(m_reader);
    close(m_writer);
}

void FakeInterrupt::signal() const {
    if (write(m_writer, "!", 1) != 1) {
        throw std::runtime_error("the pipe is full");
    }
}

bool FakeInterrupt::waiting() const {
    pollfd entry{m_reader, POLLIN, 0};
    return poll(&entry, 1, 0) == 1;
}

int FakeInterrupt::count() {
    char byte = 0;
    while (read(m_reader, &byte, 1) == 1) {
        ++m_count;
    }
    return m_count;
}

void RecordingTrace::line(Verbosity /*level*/, std::string_view text) {
    m_lines.emplace_back(text);
}

std::string RecordingTrace::all() const {
    std::string text;
    for (const auto& line : m_lines) {
        text += line + "\n";
    }
    return text;
}

TemporaryFolder::TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "headway-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("no temporary folder");
    }
    m_path = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
}

std::string TemporaryFolder::path(const std::string& name) const {
    return (m_path / name).string();
}

std::string TemporaryFolder::write(const std::string& name, std::string_view text) const {
    std::ofstream file(m_path / name, std::ios::binary);
    file << text;
    file.close();
    if (!file) {
        throw std::runtime_error("cannot write " + path(name));
    }
    return path(name);
}

ScopedVariable::ScopedVariable(const char* name, const std::string& value) : m_name(name) {
    if (const char* before = std::getenv(name)) {
        m_before = before;
    }
    if (value.empty()) {
        unsetenv(name);
    } else {
        setenv(name, value.c_str(), 1);
    }
}

ScopedVariable::~ScopedVariable() {
    if (m_before) {
        setenv(m_name.c_str(), m_before->c_str(), 1);
    } else {
        unsetenv(m_name.c_str());
    }
}

ClientFixture::ClientFixture(http::ClientSettings settings) {
    for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                             "no_proxy", "NO_PROXY"}) {
        no_proxies.push_back(std::make_unique<ScopedVariable>(name, ""));
    }
    client = http::make_client(std::move(settings), interrupt, trace);
}

HttpResponse ClientFixture::get(const std::string& url) const {
    HttpRequest request;
    request.url = url;
    return client->perform(request);
}

TransportError failure_of(HttpClient& client, const HttpRequest& request) {
    try {
        const HttpResponse response = client.perform(request);
        FAIL("no failure, but status " << response.status << " and body " << response.body);
    } catch (const TransportError& error) {
        return error;
    }
    throw std::logic_error("not reached");
}

TransportError failure_of(HttpClient& client, const std::string& url) {
    HttpRequest request;
    request.url = url;
    return failure_of(client, request);
}

Error error_of(HttpClient& client, const HttpRequest& request) {
    try {
        const HttpResponse response = client.perform(request);
        FAIL("no failure, but status " << response.status << " and body " << response.body);
    } catch (const Error& error) {
        return error;
    }
    throw std::logic_error("not reached");
}

std::string all_of(const Error& error) {
    std::string text = std::string(error.what()) + "\n" + error.because() + "\n";
    for (const auto& hint : error.hints()) {
        text += hint + "\n";
    }
    return text;
}

http::ClientSettings trusting_only(const std::string& ca_file) {
    http::ClientSettings settings;
    settings.certificates.ssl_cert_file = ca_file;
    return settings;
}

}  // namespace headway::test
