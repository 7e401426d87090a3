#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "certificates.hpp"

namespace headway::test {

/// The server's end of one connection.
class Peer {
public:
    Peer(int socket, int number) : m_socket(socket), m_number(number) {}
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    ~Peer();

    /// 0 for the server's first connection.
    [[nodiscard]] int number() const noexcept { return m_number; }
    /// The next request with its body (Content-Length); empty when the client closed.
    std::string read_request();
    /// Blocks until something came.
    void read_some();
    /// What comes until the client closes.
    std::string read_to_end();
    /// Blocks until the client closes.
    void wait_for_close() { read_to_end(); }
    /// False when the client has closed.
    bool write(std::string_view bytes);
    /// Ends the connection with a TCP reset.
    void reset();

    /// Server side of a handshake; false when it failed.
    bool secure(SSL_CTX* context);
    /// Wakes a thread that is blocked in this connection.
    void shut() const noexcept;

private:
    [[nodiscard]] long receive(char* data, std::size_t size);

    int m_socket;
    int m_number;
    std::unique_ptr<SSL, void (*)(SSL*)> m_tls{nullptr, SSL_free};
    std::string m_buffer;
};

struct TlsSettings {
    Identity identity;
    int max_version = TLS1_3_VERSION;  ///< TLS1_1_VERSION makes an outdated server.
    std::string client_ca{};           ///< PEM file; a certificate of it is required.
};

/// Where a server listens.
struct Place {
    std::string address = "127.0.0.1";  ///< Of the loopback network.
    int port = 0;                       ///< 0: a free one.
    std::string unix_socket{};          ///< Path; then there is no port.
};

/// A server on a free loopback port that runs `script` once for each connection, each in its own
/// thread; the connection closes when the script returns.
class SocketServer {
public:
    using Script = std::function<void(Peer&)>;

    explicit SocketServer(Script script, const Place& place = {});
    SocketServer(Script script, const TlsSettings& tls, const Place& place = {});
    SocketServer(const SocketServer&) = delete;
    SocketServer& operator=(const SocketServer&) = delete;
    ~SocketServer();

    [[nodiscard]] int port() const noexcept { return m_port; }
    [[nodiscard]] std::string url(std::string_view path = "/") const;
    [[nodiscard]] std::size_t connections() const;

private:
    void listen_at(const Place& place);
    void accept_all();

    Script m_script;
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> m_context{nullptr, SSL_CTX_free};
    int m_listener = -1;
    int m_port = 0;
    mutable std::mutex m_mutex;
    bool m_stopping = false;
    std::list<Peer> m_peers;
    std::vector<std::thread> m_threads;
    std::thread m_acceptor;
};

/// A script that answers every request of a connection with `answer`.
[[nodiscard]] SocketServer::Script always(std::string answer);

/// "HTTP/1.1 200 OK" with Content-Length.
[[nodiscard]] std::string ok(std::string_view body);

/// A loopback port whose queue of connections is full, so that the kernel answers no more.
class FullListener {
public:
    FullListener();
    FullListener(const FullListener&) = delete;
    FullListener& operator=(const FullListener&) = delete;
    ~FullListener();
    [[nodiscard]] int port() const noexcept { return m_port; }

private:
    int m_port = 0;
    std::vector<int> m_sockets;
};

/// A loopback port on which nobody listens.
[[nodiscard]] int closed_port();

}  // namespace headway::test
