#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <string>
#include <vector>

#include "headway/error.hpp"
#include "http/ca_store.hpp"

namespace headway::http {

using Catch::Matchers::ContainsSubstring;

namespace {

using Paths = std::vector<std::string>;

const Paths k_bundles{"/bundle/1", "/bundle/2"};

Paths chosen(const CaSettings& settings, const Paths& readable) {
    const CaChoice choice = choose_ca_files(settings, k_bundles, [&](const std::string& path) {
        return std::find(readable.begin(), readable.end(), path) != readable.end();
    });
    Paths paths;
    for (const auto& file : choice.files) {
        paths.push_back(file.path);
    }
    return paths;
}

}  // namespace

TEST_CASE("the first readable bundle of the system is taken") {
    CHECK(chosen({}, {"/bundle/1", "/bundle/2"}) == Paths{"/bundle/1"});
    CHECK(chosen({}, {"/bundle/2"}) == Paths{"/bundle/2"});
}

TEST_CASE("files of --ca-file and CI_SERVER_TLS_CA_FILE are added to it") {
    const CaSettings settings{{"/a", "/b"}, "/ci", ""};
    CHECK(chosen(settings, {"/bundle/1", "/a", "/b", "/ci"}) ==
          Paths{"/bundle/1", "/a", "/b", "/ci"});
    CHECK(chosen(settings, {"/a", "/b", "/ci"}) == Paths{"/a", "/b", "/ci"});
}

TEST_CASE("SSL_CERT_FILE takes the bundle's place") {
    CHECK(chosen({{}, "", "/own"}, {"/bundle/1", "/own"}) == Paths{"/own"});
    CHECK(chosen({{"/a"}, "", "/own"}, {"/bundle/1", "/own", "/a"}) == Paths{"/own", "/a"});
}

TEST_CASE("a named file that cannot be read is told, with who named it") {
    struct Case {
        CaSettings settings;
        std::string named_by;
    };
    for (const auto& [settings, named_by] :
         {Case{{{"/x"}, "", ""}, "--ca-file"}, Case{{{}, "/x", ""}, "CI_SERVER_TLS_CA_FILE"},
          Case{{{}, "", "/x"}, "SSL_CERT_FILE"}}) {
        try {
            static_cast<void>(chosen(settings, {"/bundle/1"}));
            FAIL("accepted");
        } catch (const Error& error) {
            CHECK(error.code() == ExitCode::usage);
            CHECK(std::string(error.what()) == "the CA file /x cannot be used");
            CHECK(error.because() == "it cannot be read (named by " + named_by + ")");
        }
    }
}

TEST_CASE("with no certificates at all, what was tried is listed") {
    try {
        static_cast<void>(chosen({}, {}));
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::usage);
        CHECK_THAT(error.because(),
                   ContainsSubstring("/bundle/1, /bundle/2") && ContainsSubstring("SSL_CERT_FILE"));
        CHECK(error.hints().size() == 2);
    }
}

TEST_CASE("Debian's bundle is known") {
    const auto& known = system_ca_bundles();
    CHECK(known.front() == "/etc/ssl/certs/ca-certificates.crt");
    CHECK(std::find(known.begin(), known.end(), "/etc/pki/tls/certs/ca-bundle.crt") != known.end());
}

}  // namespace headway::http
