#include "socket_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace headway::test {

namespace {

int unix_socket_at(const std::string& path) {
    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (listener < 0 ||
        bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("no socket at " + path);
    }
    return listener;
}

int bound_socket(int& port, const std::string& host = "127.0.0.1") {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    const int reuse = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
    socklen_t size = sizeof address;
    if (listener < 0 || bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("no free loopback port");
    }
    port = ntohs(address.sin_port);
    return listener;
}

/// A peer that went away must not end the test program; the client is not covered by this.
void ignore_broken_pipes_in_this_thread() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

std::size_t content_length(std::string_view head) {
    std::string lower(head);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
    });
    constexpr std::string_view k_name = "\r\ncontent-length:";
    const auto found = lower.find(k_name);
    return found == std::string::npos
               ? 0
               : std::strtoul(lower.c_str() + found + k_name.size(), nullptr, 10);
}

}  // namespace

Peer::~Peer() {
    m_tls.reset();
    if (m_socket >= 0) {
        close(m_socket);
    }
}

long Peer::receive(char* data, std::size_t size) {
    return m_tls ? SSL_read(m_tls.get(), data, static_cast<int>(size))
                 : recv(m_socket, data, size, 0);
}

std::string Peer::read_request() {
    std::array<char, 16384> piece{};
    for (;;) {
        const auto end = m_buffer.find("\r\n\r\n");
        if (end != std::string::npos) {
            const std::size_t total = end + 4 + content_length(m_buffer.substr(0, end + 2));
            if (m_buffer.size() >= total) {
                std::string request = m_buffer.substr(0, total);
                m_buffer.erase(0, total);
                return request;
            }
        }
        const long count = receive(piece.data(), piece.size());
        if (count <= 0) {
            return {};
        }
        m_buffer.append(piece.data(), static_cast<std::size_t>(count));
    }
}

void Peer::read_some() {
    std::array<char, 1024> piece{};
    const long count = receive(piece.data(), piece.size());
    if (count > 0) {
        m_buffer.append(piece.data(), static_cast<std::size_t>(count));
    }
}

std::string Peer::read_to_end() {
    std::array<char, 16384> piece{};
    std::string text = std::exchange(m_buffer, {});
    for (;;) {
        const long count = receive(piece.data(), piece.size());
        if (count <= 0) {
            return text;
        }
        text.append(piece.data(), static_cast<std::size_t>(count));
    }
}

bool Peer::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const long count =
            m_tls ? SSL_write(m_tls.get(), bytes.data(), static_cast<int>(bytes.size()))
                  : send(m_socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

void Peer::reset() {
    const linger at_once{1, 0};
    setsockopt(m_socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(std::exchange(m_socket, -1));
}

bool Peer::secure(SSL_CTX* context) {
    m_tls.reset(SSL_new(context));
    return SSL_set_fd(m_tls.get(), m_socket) == 1 && SSL_accept(m_tls.get()) == 1;
}

void Peer::shut() const noexcept {
    if (m_socket >= 0) {
        shutdown(m_socket, SHUT_RDWR);
    }
}

SocketServer::SocketServer(Script script, const Place& place) : m_script(std::move(script)) {
    listen_at(place);
}

SocketServer::SocketServer(Script script, const TlsSettings& tls, const Place& place)
    : m_script(std::move(script)), m_context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
    SSL_CTX* context = m_context.get();
    SSL_CTX_set_security_level(context, 0);  // An outdated server is one of the cases.
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, tls.max_version);
    install(context, tls.identity);
    if (!tls.client_ca.empty()) {
        if (SSL_CTX_load_verify_locations(context, tls.client_ca.c_str(), nullptr) != 1) {
            throw std::runtime_error("no certificates in " + tls.client_ca);
        }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    listen_at(place);
}

void SocketServer::listen_at(const Place& place) {
    m_port = place.port;
    m_listener = place.unix_socket.empty() ? bound_socket(m_port, place.address)
                                           : unix_socket_at(place.unix_socket);
    if (listen(m_listener, 1024) != 0) {
        throw std::runtime_error("cannot listen");
    }
    m_acceptor = std::thread([this] { accept_all(); });
}

void SocketServer::accept_all() {
    ignore_broken_pipes_in_this_thread();  // The connections' threads inherit it.
    for (int number = 0;; ++number) {
        const int socket = accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
        const std::lock_guard lock(m_mutex);
        if (socket < 0 || m_stopping) {
            if (socket >= 0) {
                close(socket);
            }
            return;
        }
        Peer& peer = m_peers.emplace_back(socket, number);
        m_threads.emplace_back([this, &peer] {
            if (!m_context || peer.secure(m_context.get())) {
                m_script(peer);
            }
            peer.shut();
        });
    }
}

SocketServer::~SocketServer() {
    {
        const std::lock_guard lock(m_mutex);
        m_stopping = true;
        for (Peer& peer : m_peers) {
            peer.shut();
        }
    }
    shutdown(m_listener, SHUT_RDWR);
    m_acceptor.join();
    for (std::thread& thread : m_threads) {
        thread.join();
    }
    close(m_listener);
}

std::string SocketServer::url(std::string_view path) const {
    return (m_context ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(m_port) +
           std::string(path);
}

std::size_t SocketServer::connections() const {
    const std::lock_guard lock(m_mutex);
    return m_peers.size();
}

SocketServer::Script always(std::string answer) {
    return [answer = std::move(answer)](Peer& peer) {
        while (!peer.read_request().empty() && peer.write(answer)) {
        }
    };
}

std::string ok(std::string_view body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
}

FullListener::FullListener() {
    m_sockets.push_back(bound_socket(m_port));
    if (listen(m_sockets.front(), 0) != 0) {
        throw std::runtime_error("cannot listen");
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(m_port));
    for (int count = 0; count < 4; ++count) {  // A queue of 0 takes one or two.
        const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        m_sockets.push_back(client);
        static_cast<void>(
            connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address));
    }
}

FullListener::~FullListener() {
    for (const int socket : m_sockets) {
        close(socket);
    }
}

int closed_port() {
    // Bound but not listening, and freed again: a connection to it is refused.
    int port = 0;
    close(bound_socket(port));
    return port;
}

}  // namespace headway::test
