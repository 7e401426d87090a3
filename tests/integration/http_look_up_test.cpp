// All addresses of a name, as the resolver of the machine knows them.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "support/http_fixture.hpp"
#include "support/private_process.hpp"
#include "support/socket_server.hpp"

namespace headway::test {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

BatchOutcome looked_up(const std::string& url, std::chrono::milliseconds timeout = 20s) {
    ClientFixture fixture;
    const auto batch = fixture.client->open_batch();
    batch->look_up(7, url, timeout);
    auto outcomes = batch->wait(std::chrono::steady_clock::now() + 60s);
    REQUIRE(outcomes.size() == 1);
    REQUIRE(outcomes.front().ticket == 7);
    return std::move(outcomes.front());
}

/// "a b c", or "! because".
std::string found(const BatchOutcome& outcome) {
    if (const auto* error = std::get_if<TransportError>(&outcome.result)) {
        return "! " + error->because();
    }
    std::string text;
    for (const auto& address : std::get<Resolution>(outcome.result).addresses) {
        text += (text.empty() ? "" : " ") + address;
    }
    return text;
}

/// Runs `work` where `file` stands in the place of the machine's `place`.
std::string with_file_at(const std::string& file, const char* place,
                         const std::function<std::string()>& work) {
    return in_private_process(
        [&] {
            return (unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
                   mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                   mount(file.c_str(), place, nullptr, MS_BIND, nullptr) == 0;
        },
        work);
}

/// A name server on loopback that has three IPv4 and two IPv6 addresses for every name.
class NameServer {
public:
    NameServer() : m_socket(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(bind(m_socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(getsockname(m_socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        m_port = ntohs(address.sin_port);
        m_thread = std::thread([this] { answer_all(); });
    }
    NameServer(const NameServer&) = delete;
    NameServer& operator=(const NameServer&) = delete;
    ~NameServer() {
        shutdown(m_socket, SHUT_RDWR);
        m_thread.join();
        close(m_socket);
    }
    [[nodiscard]] int port() const noexcept { return m_port; }

private:
    void answer_all() const {
        std::array<char, 1024> packet{};
        for (;;) {
            sockaddr_in from{};
            socklen_t size = sizeof from;
            const ssize_t count = recvfrom(m_socket, packet.data(), packet.size(), 0,
                                           reinterpret_cast<sockaddr*>(&from), &size);
            if (count < 17) {
                return;
            }
            const std::string answer = answer_to({packet.data(), static_cast<std::size_t>(count)});
            sendto(m_socket, answer.data(), answer.size(), 0,
                   reinterpret_cast<const sockaddr*>(&from), size);
        }
    }

    /// RFC 1035, section 4: the header, the question again, and records that point to its name.
    static std::string answer_to(const std::string& query) {
        const std::size_t name_end = query.find('\0', 12);
        const std::string question = query.substr(12, name_end + 5 - 12);
        const bool is_v6 = question[question.size() - 3] == 28;
        const char count = is_v6 ? 2 : 3;
        std::string answer = query.substr(0, 2) + std::string("\x81\x80\0\1\0", 5) + count +
                             std::string(4, '\0') + question;
        for (char number = 1; number <= count; ++number) {
            answer += std::string("\xC0\x0C\0", 3) + (is_v6 ? '\x1C' : '\1') +
                      std::string("\0\1\0\0\0\x3C\0", 7) + (is_v6 ? '\x10' : '\4');
            answer += is_v6 ? std::string("\x20\x01\x0D\xB8", 4) + std::string(11, '\0')
                            : std::string("\xC0\0\2", 3);
            answer += number;
        }
        return answer;
    }

    int m_socket;
    int m_port = 0;
    std::thread m_thread;
};

}  // namespace

TEST_CASE("an address in the URL is its own answer") {
    CHECK(found(looked_up("http://127.0.0.9:8080/x")) == "127.0.0.9");
    CHECK(found(looked_up("https://[2001:db8::7]/")) == "2001:db8::7");
}

TEST_CASE("all addresses that the machine's own file has for a name") {
    const TemporaryFolder folder;
    const std::string hosts =
        folder.write("hosts",
                     "127.0.0.3 app.example.com\n127.0.0.1 app.example.com\n"
                     "2001:db8::2 app.example.com\n::1 app.example.com\n"
                     "127.0.0.2 app.example.com\n127.0.0.5 other.example.com\n"
                     "127.0.0.3 app.example.com\n");
    CHECK(with_file_at(hosts, "/etc/hosts", [] {
              return found(looked_up("https://app.example.com/"));
          }) == "127.0.0.1 127.0.0.2 127.0.0.3 2001:db8::2 ::1");
}

TEST_CASE("all addresses that a name server has, A and AAAA, and asked afresh") {
    const TemporaryFolder folder;
    const std::string settings = folder.write("resolv.conf", "");
    const std::string text = with_file_at(settings, "/etc/resolv.conf", [&] {
        const NameServer server;
        static_cast<void>(folder.write(
            "resolv.conf", "nameserver 127.0.0.1:" + std::to_string(server.port()) + "\n"));
        return found(looked_up("https://app.example.com/"));
    });
    CHECK(text == "192.0.2.1 192.0.2.2 192.0.2.3 2001:db8::1 2001:db8::2");
}

TEST_CASE("a name without an address") {
    const auto outcome = looked_up("https://app.onion/");
    const auto& error = std::get<TransportError>(outcome.result);
    CHECK(error.fault() == TransportFault::resolve);
    CHECK(error.because() == "no address was found for the name 'app.onion'");
    CHECK_THAT(all_of(error), ContainsSubstring("/etc/resolv.conf"));
}

TEST_CASE("where a proxy leads nothing is looked up, and the proxy is not spoken to") {
    SocketServer proxy(always(ok("never")));
    ClientFixture fixture;
    const ScopedVariable variable("https_proxy",
                                  "http://127.0.0.1:" + std::to_string(proxy.port()));
    const ScopedVariable around("no_proxy", "127.0.0.1");
    const auto batch = fixture.client->open_batch();
    batch->look_up(1, "https://app.example.com/", 20s);
    auto outcomes = batch->wait(std::chrono::steady_clock::now() + 60s);
    REQUIRE(outcomes.size() == 1);
    const auto& resolution = std::get<Resolution>(outcomes.front().result);
    CHECK(resolution.through_proxy);
    CHECK(resolution.addresses.empty());
    CHECK(proxy.connections() == 0);
    batch->look_up(2, "https://127.0.0.1/", 20s);
    outcomes = batch->wait(std::chrono::steady_clock::now() + 60s);
    REQUIRE(outcomes.size() == 1);
    CHECK(std::get<Resolution>(outcomes.front().result).addresses ==
          std::vector<std::string>{"127.0.0.1"});
}

}  // namespace headway::test
