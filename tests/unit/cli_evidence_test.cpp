#include <catch2/catch_test_macros.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/evidence_file.hpp"
#include "cli/verify_details.hpp"
#include "cli_verified.hpp"
#include "headway/error.hpp"

using namespace headway;
using namespace headway::cli;
using core::Outcome;
using Lines = std::vector<std::string>;

namespace {

/// A folder of its own, gone at the end.
class Folder {
public:
    Folder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "headway-evidence-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        m_path = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(m_path); }

    [[nodiscard]] std::string operator/(const std::string& name) const {
        return (m_path / name).string();
    }
    [[nodiscard]] Lines names() const {
        Lines names;
        for (const auto& entry : std::filesystem::directory_iterator(m_path)) {
            names.push_back(entry.path().filename().string());
        }
        std::sort(names.begin(), names.end());
        return names;
    }

private:
    std::filesystem::path m_path;
};

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

Error refusal(const std::string& path) {
    try {
        write_evidence_file("--junit", path, "text", {});
    } catch (const Error& error) {
        return error;
    }
    FAIL("it was written");
    return Error(ExitCode::done, "");
}

}  // namespace

TEST_CASE("a file of evidence is written as a whole, without secrets") {
    const Folder folder;
    Redactor redactor;
    redactor.add(Secret("hunter22"));
    const std::string path = folder / "report.xml";
    write_evidence_file("--junit", path, "the key is hunter22\n", redactor);
    CHECK(content_of(path) == "the key is ***\n");
    write_evidence_file("--junit", path, "second", redactor);
    CHECK(content_of(path) == "second");
    CHECK(folder.names() == Lines{"report.xml"});
}

TEST_CASE("a file of evidence: links and what is no file stay what they are") {
    const Folder folder;
    std::ofstream(folder / "real") << "old";
    std::filesystem::create_symlink("real", folder / "link");
    write_evidence_file("--junit", folder / "link", "new", {});
    CHECK(std::filesystem::is_symlink(folder / "link"));
    CHECK(content_of(folder / "real") == "new");
    write_evidence_file("--junit", "/dev/null", "nothing", {});
    CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("a file of evidence that cannot be written says how it can") {
    const Folder folder;
    const Error missing = refusal(folder / "no/such/report.xml");
    CHECK(missing.code() == ExitCode::failed);
    CHECK(std::string(missing.what()) ==
          "'" + (folder / "no/such/report.xml") + "' cannot be written");
    CHECK(missing.because() == "there is no folder '" + (folder / "no/such") + "'");
    CHECK(missing.hints() == Lines{"mkdir -p '" + (folder / "no/such") + "'"});

    std::filesystem::create_directory(folder / "folder");
    CHECK(refusal(folder / "folder").because() == "it is a folder");
    CHECK(refusal(folder / "folder").hints() ==
          Lines{"--junit '" + (folder / "folder") + "/FILE'"});

    std::ofstream(folder / "file") << "x";
    CHECK(refusal(folder / "file/report.xml").because() ==
          "'" + (folder / "file") + "' is no folder");
    CHECK(refusal(folder / "file/report.xml").hints() ==
          Lines{"--junit FILE, where it can be written"});
    CHECK(refusal(folder / std::string(300, 'n')).because() == "File name too long");
    CHECK(folder.names() == Lines{"file", "folder"});
    if (geteuid() != 0) {
        chmod((folder / "folder").c_str(), 0555);
        CHECK(refusal(folder / "folder/report.xml").because() == "Permission denied");
    }
}

TEST_CASE("details of an origin for people") {
    core::OriginReport origin = origin_report(Outcome::unhealthy, "503");
    origin.evidence.certificate_expiry = k_noon + std::chrono::hours(24 * 37);
    origin.evidence.body = "{\n  \"db\": \"down\"\n}\n";
    origin.evidence.url = "https://staging.example/login";
    CHECK(details_of(origin, k_noon) ==
          Lines{"health at https://staging.example/health (127.0.0.2):",
                "  answered by: https://staging.example/login", "  status: 503",
                "  timings: dns 1 ms, connect 2 ms, tls 10 ms, first byte 30 ms, total 44 ms",
                "  certificate: expires 2027-01-01T12:00:00Z (in 37 days)", "  body:", "    {",
                "      \"db\": \"down\"", "    }"});
    origin.evidence.certificate_expiry = k_noon - std::chrono::hours(5);
    CHECK(details_of(origin, k_noon)[4] == "  certificate: expired 2026-11-25T07:00:00Z (5 h ago)");
}

TEST_CASE("details of an origin that did not answer tell how far it came") {
    core::OriginReport origin = origin_report(Outcome::unreachable, "refused");
    origin.address.clear();
    origin.evidence = {};
    CHECK(details_of(origin, k_noon) ==
          Lines{"health at https://staging.example/health:", "  status: none, no answer came",
                "  timings: total 0 ms"});
    origin.evidence.timings.connected = std::chrono::milliseconds(8);
    origin.evidence.timings.total = std::chrono::milliseconds(5000);
    CHECK(details_of(origin, k_noon)[2] == "  timings: connect 8 ms, total 5000 ms");
}

TEST_CASE("details: a body is cut, and printable") {
    core::OriginReport origin = origin_report(Outcome::unhealthy, "503");
    for (int line = 0; line < 30; ++line) {
        origin.evidence.body += "\x1B[2J\xF0\x9F\x98\x80 \xE2\x80\xAE\xD7\xA9\n";
    }
    const Lines lines = details_of(origin, k_noon);
    REQUIRE(lines.size() == 4 + 20 + 1);
    CHECK(lines[4] == "    \\x1B[2J\xF0\x9F\x98\x80 \\xE2\\x80\\xAE\xD7\xA9");
    CHECK(lines.back() == "    …");
    origin.evidence.body = std::string(5000, 'x');
    origin.evidence.body_cut = true;
    CHECK(details_of(origin, k_noon).back() == "    …");
    CHECK(details_of(origin, k_noon)[4] == "    " + std::string(200, 'x') + "…");
    origin.evidence.body.clear();
    CHECK(details_of(origin, k_noon).size() == 3);
}

TEST_CASE("the label has the address where the URL does not say it") {
    core::OriginReport origin = origin_report(Outcome::converged, "200");
    const auto label = [&](const std::string& url, const std::string& address) {
        origin.url = url;
        origin.address = address;
        return label_of(origin);
    };
    CHECK(label("http://app.example/", "127.0.0.2") == "health at 127.0.0.2");
    CHECK(label("http://127.0.0.2:80/", "127.0.0.2") == "health");
    CHECK(label("http://127.0.0.2", "127.0.0.2") == "health");
    CHECK(label("http://[::1]/", "::1") == "health");
    CHECK(label("http://127.0.0.23/", "127.0.0.2") == "health at 127.0.0.2");
    CHECK(label("http://app-127.0.0.2.example/", "127.0.0.2") == "health at 127.0.0.2");
    CHECK(label("http://proxy.example/", "proxy") == "health at proxy");
    CHECK(label("http://app/", "unix:/run/app.sock") == "health at unix:/run/app.sock");
    CHECK(label("http://app/", "") == "health");
}

TEST_CASE("a report as JSON") {
    Verified one = verified("staging", Outcome::unhealthy, "503");
    one.report.origins[0].evidence.certificate_expiry = k_noon;
    one.report.origins[0].evidence.body = "down\n";
    one.report.origins.push_back(origin_report(Outcome::converged, "200"));
    one.report.origins[1].evidence.body = "fine";
    one.report.origins[1].evidence.status = 0;
    CHECK(json_of(one.report).dump() ==
          R"({"verdict":"unhealthy","outcome":"unhealthy","words":"503","version_proven":false,)"
          R"("requests":7,"seconds":4.25,"watched_seconds":0.0,"regressed":false,"origins":[)"
          R"({"probe":"health","url":"https://staging.example/health","address":"127.0.0.2",)"
          R"("outcome":"unhealthy","words":"503","streak":0,"requests":7,"status":503,)"
          R"("timings_ms":{"resolved":1,"connected":3,"secured":13,"first_byte":43,"total":44},)"
          R"("certificate_expires":"2026-11-25T12:00:00Z","answered_by":null,"body":"down\n"},)"
          R"({"probe":"health","url":"https://staging.example/health","address":"127.0.0.2",)"
          R"("outcome":"converged","words":"200","streak":3,"requests":7,"status":null,)"
          R"("timings_ms":{"resolved":1,"connected":3,"secured":13,"first_byte":43,"total":44},)"
          R"("certificate_expires":null,"answered_by":null,"body":null}]})");
}
