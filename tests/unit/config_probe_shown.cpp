#include <catch2/catch_test_macros.hpp>

#include <functional>

#include "config_support.hpp"

/// The tag, what a dry run shows of a probe, and what a probe refers to.
namespace headway::config::testing {
namespace {

using Named = std::map<std::string, std::string, std::less<>>;

/// As `verify --url` asks for it.
Flags url_flags() {
    Flags flags;
    flags.environments = {"url"};
    flags.branch_need = BranchNeed::optional;
    flags.url = "https://a.example/app";
    return flags;
}

TEST_CASE("config probe: the tag, and where one is needed") {
    const auto shown = [](const Flags& flags, const Named& named) {
        const auto tag = resolve(nullptr, flags, variables(named), {}).tag;
        return tag.value + " (" + tag.origin.text + ")";
    };
    Flags flags = url_flags();
    CHECK(shown(flags, {}) == " (default)");
    CHECK(shown(flags, {{"CI_COMMIT_TAG", "v1"}}) == "v1 (CI_COMMIT_TAG)");
    CHECK(shown(flags, {{"CI_COMMIT_TAG", "v1"}, {"HEADWAY_TAG", "v2"}}) == "v2 (HEADWAY_TAG)");
    flags.tag = "refs/tags/release/3";
    CHECK(shown(flags, {{"HEADWAY_TAG", "v2"}}) == "release/3 (--tag)");

    const std::vector<std::function<void(Flags&)>> uses{
        [](Flags& use) { use.probe = "/${tag}"; },
        [](Flags& use) { use.header = {"A: ${tag}"}; },
        [](Flags& use) {
            use.method = "POST";
            use.body = "${tag}";
        },
        [](Flags& use) { use.expect = {"/v=${tag}"}; },
        [](Flags& use) { use.expect_header = {"V=${tag}"}; },
        [](Flags& use) { use.matches = {"^${tag}"}; },
    };
    for (const auto& use : uses) {
        Flags needs = url_flags();
        use(needs);
        const Configuration without = resolve(nullptr, needs, variables(), {});
        const EnvironmentConfiguration& environment = without.environments.at(0);
        CHECK(failure([&] { require_tag(without, environment); }) ==
              environment.verify.probes.at(0).origin.text +
                  ": no tag is known for ${tag}\n"
                  "  because: the probe \"health\" names it, and there is no --tag, HEADWAY_TAG or "
                  "CI_COMMIT_TAG\n"
                  "  try: --tag TAG\n"
                  "  try: run it in a pipeline of a tag, where GitLab sets CI_COMMIT_TAG");
        const Configuration with =
            resolve(nullptr, needs, variables({{"CI_COMMIT_TAG", "v1"}}), {});
        CHECK(failure([&] { require_tag(with, with.environments.at(0)); }) == "no failure");
    }
    const Configuration plain = resolve(nullptr, url_flags(), variables(), {});
    CHECK(failure([&] { require_tag(plain, plain.environments.at(0)); }) == "no failure");
}

TEST_CASE("config probe: what a dry run shows") {
    const FileConfiguration file = parse_file(R"yaml(
environments:
  s:
    branch: b
    url: https://a.example
    verify:
      watch: 10m
      variables: {region: eu, key: {env: KEY}}
      probes:
        - name: all
          url: /x
          method: POST
          headers: {Accept: a/b, Authorization: {env: TOKEN}}
          body: hello
          status: [2xx, 304]
          json: {/v: "${tag}", /w: {matches: "^1"}}
          answer_headers: {V: "${commit}"}
          contains: ready
          matches: "[a]"
          redirects: any
          resolve: [192.0.2.1, 192.0.2.2]
          ca_file: $CA
          client_certificate: c.pem
          client_key: k.pem
        - {name: socket, url: "http://app/", unix_socket: /s, method: PUT, body: {file: f}}
)yaml",
                                              "f.yml");
    const Configuration configuration =
        resolve(&file, {}, variables({{"CI_COMMIT_TAG", "v1"}}), {});
    const std::string text = describe(configuration, "s");
    CHECK(text.find("\ntag = v1  (CI_COMMIT_TAG)\n") != std::string::npos);
    CHECK(text.substr(text.find("verify.watch")) ==
          "verify.watch = 10m  (f.yml:7:14)\n"
          "variable key = $KEY  (f.yml:8:42)\n"
          "variable region = eu  (f.yml:8:27)\n"
          "probe all = POST https://a.example/x, Accept: a/b, Authorization: $TOKEN, body of 5 "
          "bytes, at 192.0.2.1 and 192.0.2.2, ca_file $CA, client_certificate c.pem, client_key "
          "k.pem, status 200-299 or 304, /v is \"${tag}\", /w matches \"^1\", header V is "
          "\"${commit}\", body contains \"ready\", body matches \"[a]\", timeout 10s, redirects any"
          "  (f.yml:11:16)\n"
          "probe socket = PUT http://app/, body file f, unix socket /s, status 200, timeout 10s"
          "  (f.yml:25:31)\n");
}

TEST_CASE("config probe: texts and paths that a probe refers to") {
    const Variables known = variables({{"BODY", "line\nother\n"}, {"CA", "/run/ca.pem"}});
    const SecretReaders readers{[](const std::string&, std::size_t) {
                                    return ReadResult{"{\n}\n", {}};
                                },
                                {}};
    const Origin here{"here"};
    CHECK(read_text({SecretSource::environment, "BODY", here}, known, readers).reveal() ==
          "line\nother");
    CHECK(read_text({SecretSource::file, "f", here}, known, readers).reveal() == "{\n}");
    CHECK(failure([&] {
              static_cast<void>(read_text({SecretSource::environment, "NO", here}, known, readers));
          }).starts_with("the variable NO is not set\n  because: here names it"));
    CHECK(file_path("a.pem", here, known) == "a.pem");
    CHECK(file_path("$CA", here, known) == "/run/ca.pem");
    CHECK(failure([&] { static_cast<void>(file_path("$NO", here, known)); })
              .starts_with("the variable NO is not set\n  because: here names it for a file's "
                           "path"));
}

}  // namespace
}  // namespace headway::config::testing
