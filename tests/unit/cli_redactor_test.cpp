#include <catch2/catch_test_macros.hpp>

#include "cli/redactor.hpp"
#include "headway/error.hpp"
#include "headway/text.hpp"

using namespace headway;
using headway::cli::Redactor;

TEST_CASE("a secret is scrubbed in every form") {
    const std::string secret = "glpat-a/b+c d\"e=?";
    Redactor redactor;
    redactor.add(Secret(secret));
    const std::string percent = percent_encode(secret);
    std::string lower = percent;
    for (std::size_t at = lower.find('%'); at != std::string::npos; at = lower.find('%', at + 1)) {
        lower[at + 1] = static_cast<char>(std::tolower(lower[at + 1]));
        lower[at + 2] = static_cast<char>(std::tolower(lower[at + 2]));
    }
    for (const std::string& form : {secret, percent, lower}) {
        CHECK(redactor.scrub("x " + form + " y " + form) == "x *** y ***");
    }
    for (const std::string user : {"", "a:", "ab:", "oauth2:", "gitlab-ci-token:"}) {
        const std::string encoded = base64_encode(user + secret + ":tail");
        const std::string shown = redactor.scrub(encoded);
        INFO(user);
        CHECK(shown.find("***") != std::string::npos);
        CHECK(shown.size() < encoded.size() - 15);
    }
    CHECK(redactor.scrub("nothing to hide") == "nothing to hide");
    CHECK(redactor.scrub(R"({"token":"glpat-a\/b+c d\"e=?"})") == R"({"token":"***"})");
    CHECK(redactor.scrub(R"({"token":"glpat-a/b+c d\"e=?"})") == R"({"token":"***"})");
    CHECK(redactor.scrub(R"("{\"token\":\"glpat-a/b+c d\\\"e=?\"}")") ==
          R"("{\"token\":\"***\"}")");
    CHECK(redactor.scrub("/?t=glpat-a/b%2Bc%20d%22e%3D%3F&x") == "/?t=***&x");
    CHECK(redactor.scrub(percent_encode(percent)) == "***");
}

TEST_CASE("what a cut-off text has left of a secret is scrubbed") {
    Redactor redactor;
    redactor.add(Secret("glpat-0123456789"));
    CHECK(redactor.scrub("said: glpat-0123… and glpa… but gl…") == "said: ***… and ***… but gl…");
    CHECK(redactor.scrub("glpat-012345678…") == "***…");
    CHECK(redactor.scrub("glpat-0123 is not at the end") == "glpat-0123 is not at the end");
}

TEST_CASE("a secret that is too short to be hidden is refused") {
    Redactor redactor;
    CHECK_THROWS_AS(redactor.add(Secret("abc")), Error);
}

TEST_CASE("the longer secret wins where one holds the other") {
    Redactor redactor;
    redactor.add(Secret("token"));
    redactor.add(Secret("token-of-production"));
    CHECK(redactor.scrub("token-of-production token") == "*** ***");
}
