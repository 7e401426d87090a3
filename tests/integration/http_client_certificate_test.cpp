// Servers that ask for a client certificate, and what a probe may add to the trust.

#include <openssl/pem.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <memory>
#include <string>

#include "support/certificates.hpp"
#include "support/http_fixture.hpp"
#include "support/socket_server.hpp"

namespace headway::test {

using Catch::Matchers::ContainsSubstring;

namespace {

std::string key_pem(const Identity& identity, const EVP_CIPHER* cipher = nullptr) {
    const std::unique_ptr<BIO, void (*)(BIO*)> memory(BIO_new(BIO_s_mem()), BIO_free_all);
    const std::string word = "passphrase";
    REQUIRE(PEM_write_bio_PKCS8PrivateKey(
                memory.get(), identity.key.get(), cipher, cipher == nullptr ? nullptr : word.data(),
                cipher == nullptr ? 0 : static_cast<int>(word.size()), nullptr, nullptr) == 1);
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

/// A server that lets in whom `clients` has issued a certificate.
struct Scene {
    Authority servers{"headway test authority"};
    Authority clients{"clients' authority"};
    TemporaryFolder folder;
    Identity client = clients.issue();
    std::string certificate = folder.write("client.pem", client.pem());
    std::string key = folder.write("client.key", key_pem(client));
    int version = TLS1_3_VERSION;
    ClientFixture fixture{trusting_only(folder.write("ca.pem", servers.pem()))};
    std::string client_ca = folder.write("clients.pem", clients.pem());

    [[nodiscard]] TlsSettings settings() const { return {servers.issue(), version, client_ca}; }
    static HttpRequest request(const SocketServer& server, ::headway::TlsSettings tls) {
        HttpRequest request;
        request.url = server.url();
        request.tls = std::make_shared<const ::headway::TlsSettings>(std::move(tls));
        return request;
    }
};

}  // namespace

TEST_CASE("a client certificate lets in, with its key in a file of its own or in the same") {
    Scene scene;
    scene.version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    SocketServer server(always(ok("welcome")), scene.settings());
    const std::string both =
        scene.folder.write("both.pem", scene.client.pem() + key_pem(scene.client));
    for (const auto& tls : {::headway::TlsSettings{{}, scene.certificate, scene.key},
                            ::headway::TlsSettings{{}, both, {}}}) {
        CHECK(scene.fixture.client->perform(Scene::request(server, tls)).body == "welcome");
    }
}

TEST_CASE("a server that asks for a client certificate is told as that") {
    Scene scene;
    scene.version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    SocketServer server(always(ok("never")), scene.settings());
    const auto error = failure_of(*scene.fixture.client, server.url());
    CHECK(error.fault() == TransportFault::tls);
    CHECK_THAT(error.because(), ContainsSubstring("asks for a client certificate"));
    CHECK_THAT(all_of(error), ContainsSubstring("client_certificate: FILE"));
}

TEST_CASE("a client certificate that the server does not accept is told as that") {
    Scene scene;
    scene.version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    SocketServer server(always(ok("never")), scene.settings());
    const Identity stranger = self_signed();
    const ::headway::TlsSettings tls{{},
                                     scene.folder.write("stranger.pem", stranger.pem()),
                                     scene.folder.write("stranger.key", key_pem(stranger))};
    const auto error = failure_of(*scene.fixture.client, Scene::request(server, tls));
    CHECK(error.fault() == TransportFault::tls);
    CHECK_THAT(error.because(), ContainsSubstring("does not accept the client certificate"));
    CHECK_THAT(all_of(error), ContainsSubstring("openssl x509 -noout -issuer -enddate"));
}

TEST_CASE("a client certificate that is of no use is told before any traffic") {
    Scene scene;
    SocketServer server(always(ok("never")), scene.settings());
    const auto expect = [&](const ::headway::TlsSettings& tls, const std::string& because,
                            const std::string& hint) {
        const Error error = error_of(*scene.fixture.client, Scene::request(server, tls));
        CHECK(error.code() == ExitCode::usage);
        CHECK_THAT(error.because(), ContainsSubstring(because));
        CHECK_THAT(all_of(error), ContainsSubstring(hint));
    };
    const std::string text = scene.folder.write("text.pem", "no PEM at all");
    const std::string missing = scene.folder.path("missing.pem");
    expect({{}, missing, {}}, "it cannot be read", "the probe's client_certificate");
    expect({{}, text, {}}, "holds no certificate in PEM form", "the probe's client_certificate");
    expect({{}, scene.certificate, missing}, "it cannot be read", "the probe's client_key");
    expect({{}, scene.certificate, {}}, "holds no private key", "the probe's client_key");
    expect({{},
            scene.certificate,
            scene.folder.write("locked.key", key_pem(scene.client, EVP_aes_128_cbc()))},
           "it is encrypted", "openssl pkey -in");
    expect({{}, scene.certificate, scene.folder.write("other.key", key_pem(scene.clients.issue()))},
           "does not belong to the certificate", "the key that the certificate was made for");
    expect({{}, {}, scene.key}, "no certificate that it belongs to", "client_certificate");
    CHECK(server.connections() == 0);
}

TEST_CASE("a request's own CA file is trusted by that request alone") {
    const Authority own("the probe's own authority");
    const Authority other("headway test authority");
    const TemporaryFolder folder;
    SocketServer server(always(ok("secure")), TlsSettings{own.issue()});
    ClientFixture fixture(trusting_only(folder.write("ca.pem", other.pem())));
    const auto trusting = Scene::request(server, {{folder.write("own.pem", own.pem())}, {}, {}});
    CHECK(fixture.client->perform(trusting).body == "secure");
    // Neither by the connection nor by the TLS session of the one before.
    CHECK(failure_of(*fixture.client, server.url()).fault() == TransportFault::tls);
    CHECK(fixture.client->perform(trusting).body == "secure");
    const Error error =
        error_of(*fixture.client, Scene::request(server, {{folder.path("none.pem")}, {}, {}}));
    CHECK(error.code() == ExitCode::usage);
    CHECK(error.because() == "it cannot be read (named by the probe's ca_file)");
}

}  // namespace headway::test
