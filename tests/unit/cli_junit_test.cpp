#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include <unistd.h>

#include <fmt/format.h>

#include "cli/junit.hpp"
#include "cli_verified.hpp"

using namespace headway;
using namespace headway::cli;
using core::Outcome;

namespace {

/// What Python's parser, which is expat, finds in `xml`: each case's name and the size of its
/// failure's text in bytes; or its complaint.
std::string parsed(const std::string& xml) {
    const auto folder = std::filesystem::temp_directory_path();
    const auto file = folder / fmt::format("headway-junit-{}.xml", getpid());
    std::ofstream(file, std::ios::binary) << xml;
    const std::string script =
        "import sys, xml.etree.ElementTree as tree\n"
        "for case in tree.parse(sys.argv[1]).iter('testcase'):\n"
        "    failure = case.find('failure')\n"
        "    size = '-' if failure is None else len(failure.text.encode())\n"
        "    print(case.get('name'), size, sep=':', end=';')\n";
    const std::string command = fmt::format("python3 -c \"{}\" '{}' 2>&1", script, file.string());
    std::string output;
    FILE* const pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    for (int letter = fgetc(pipe); letter != EOF; letter = fgetc(pipe)) {
        output += static_cast<char>(letter);
    }
    pclose(pipe);
    std::filesystem::remove(file);
    return output;
}

std::string failure_in(const std::string& xml) {
    const auto begin = xml.find("<failure");
    REQUIRE(begin != std::string::npos);
    return xml.substr(begin, xml.find("</failure>") - begin);
}

}  // namespace

TEST_CASE("JUnit: a suite for each environment, a case for each origin") {
    std::vector<Verified> all{verified("staging", Outcome::converged, "200, /version is 1a2b3c4d"),
                              verified("production", Outcome::unhealthy, "503, not 200")};
    all[1].commit.clear();
    all[1].report.origins[0].evidence.body = "{\"db\": \"<down>\"}\n";
    CHECK(junit_of(all, k_noon) == R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="headway" tests="2" failures="1" errors="0" time="4.250">
  <testsuite name="staging" tests="1" failures="0" errors="0" skipped="0" time="4.250" timestamp="2026-11-25T12:00:00Z">
    <properties>
      <property name="outcome" value="converged"/>
      <property name="words" value="200, /version is 1a2b3c4d"/>
      <property name="version_proven" value="false"/>
      <property name="commit" value="1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b"/>
    </properties>
    <testcase classname="staging" name="health at 127.0.0.2" time="0.044"/>
  </testsuite>
  <testsuite name="production" tests="1" failures="1" errors="0" skipped="0" time="4.250" timestamp="2026-11-25T12:00:00Z">
    <properties>
      <property name="outcome" value="unhealthy"/>
      <property name="words" value="503, not 200"/>
      <property name="version_proven" value="false"/>
    </properties>
    <testcase classname="production" name="health at 127.0.0.2" time="0.044">
      <failure type="unhealthy" message="503, not 200">503, not 200
health at https://staging.example/health (127.0.0.2):
  status: 503
  timings: dns 1 ms, connect 2 ms, tls 10 ms, first byte 30 ms, total 44 ms
  body:
    {&quot;db&quot;: &quot;&lt;down&gt;&quot;}
</failure>
    </testcase>
  </testsuite>
</testsuites>
)");
}

TEST_CASE("JUnit: probes of the same name are different cases") {
    Verified one = verified("staging", Outcome::converged, "200");
    one.report.origins.push_back(one.report.origins.front());
    one.report.origins.back().url = "https://staging.example/other";
    one.report.origins.push_back(one.report.origins.front());
    one.report.origins.back().address = "::1";
    CHECK(parsed(junit_of(std::vector{one}, k_noon)) ==
          "health at 127.0.0.2 (https://staging.example/health):-;"
          "health at 127.0.0.2 (https://staging.example/other):-;health at ::1:-;");
}

TEST_CASE("JUnit is XML 1.0 whatever a server says") {
    const std::vector<std::string> ugly{
        "]]></failure><x>",
        "<!--<![CDATA[<?x?>&#0;&amp;&nonsense;",
        std::string("nul \0 in it", 11),
        "\x1B[31mred\x1B[0m \x07 \x08",
        "lone surrogates \xED\xA0\x80 \xED\xBF\xBF, overlong \xC0\xAF, beyond \xF4\x90\x80\x80",
        "no characters: \xEF\xBF\xBE \xEF\xBF\xBF \xC2\x85 \xE2\x80\xA8",
        "cut \xF0\x9F\x98",
        "\xF0\x9F\x98\x80 \xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D \xE2\x80\xAE\"quoted\" 'so' \t\r\n x",
        std::string(5000, '&'),
        std::string(5000, '"') + "\xE2\x98\x83",
        "",
    };
    for (const std::string& text : ugly) {
        Verified one = verified(text, Outcome::mixed, text);
        one.report.origins[0].url = "https://x/" + text;
        one.report.origins[0].evidence.url = text;
        one.report.origins[0].evidence.body = text;
        const std::string xml = junit_of(std::vector{one}, k_noon);
        INFO(xml);
        const std::string found = parsed(xml);
        CHECK(found.starts_with("health at 127.0.0.2:"));
        CHECK(std::atoi(found.c_str() + found.find_last_of(':') + 1) <= 4096);
        CHECK(xml.find('\x1B') == std::string::npos);
    }
}

TEST_CASE("JUnit: a long failure is cut at a line's end") {
    Verified one = verified("staging", Outcome::unhealthy, std::string(5000, 'w'));
    for (int line = 0; line < 100; ++line) {
        one.report.origins[0].evidence.body += std::string(300, 'b') + "\n";
    }
    const std::string failure = failure_in(junit_of(std::vector{one}, k_noon));
    CHECK(failure.size() < 4096 + 1200);
    CHECK(failure.ends_with("\n"));
}

TEST_CASE("JUnit of nothing is a report, too") {
    CHECK(junit_of({}, k_noon) ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"headway\" tests=\"0\" "
          "failures=\"0\" errors=\"0\" time=\"0.000\">\n</testsuites>\n");
    CHECK(parsed(junit_of({}, k_noon)).empty());
}
