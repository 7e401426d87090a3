#include "git_wire_support.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>

#include "git/pkt_line.hpp"

namespace headway::test {

namespace {

std::ifstream open_data(const std::string& name) {
    std::ifstream file(std::string(HEADWAY_TEST_DATA) + "/git_wire/" + name, std::ios::binary);
    REQUIRE(file.good());
    return file;
}

}  // namespace

std::string recorded(std::string_view name) {
    auto file = open_data(std::string(name) + ".bin");
    return {std::istreambuf_iterator<char>(file), {}};
}

ObjectId recorded_id(std::string_view name) {
    auto file = open_data("ids");
    std::string word;
    std::string id;
    while (file >> word >> id) {
        if (word == name) {
            return ObjectId::parse(id).value();
        }
    }
    FAIL("no id of that name: " << name);
    return {};
}

std::string WireTrace::text(Verbosity level) const {
    std::string all;
    for (const Line& line : lines) {
        if (line.level == level) {
            all += line.text + "\n";
        }
    }
    return all;
}

Diagnosis WordsForge::explain(const ServerWords& words, const RefusalContext& context) const {
    std::string said = std::to_string(words.http_status) + ": " + words.http_body;
    for (const std::string& message : words.messages) {
        said += "[" + message + "]";
    }
    const auto code = words.http_status == 401 ? ExitCode::unauthorised : ExitCode::failed;
    return {
        RefusalKind::hook_declined, code, said, {"see " + context.token_name + " " + context.ref}};
}

HttpResponse ScriptedClient::perform(const HttpRequest& request) {
    requests.push_back(request);
    REQUIRE_FALSE(script.empty());
    const Step step = std::move(script.front());
    script.pop_front();
    std::string_view rest = step.body;
    while (!rest.empty() && request.on_body(rest.substr(0, piece)) == BodyDemand::more) {
        rest.remove_prefix(std::min(piece, rest.size()));
    }
    if (step.failure) {
        step.failure();
    }
    HttpResponse response;
    response.status = step.status;
    response.headers = {{"Content-Type", step.content_type}, {"Location", step.location}};
    return response;
}

void ScriptedClient::advertise(std::string_view body, std::string_view service) {
    script.push_back({.status = 200,
                      .content_type = "application/x-" + std::string(service) + "-advertisement",
                      .body = std::string(body),
                      .location = {},
                      .failure = {}});
}

void ScriptedClient::result(std::string_view body, std::string_view service) {
    script.push_back({.status = 200,
                      .content_type = "application/x-" + std::string(service) + "-result",
                      .body = std::string(body),
                      .location = {},
                      .failure = {}});
}

void ScriptedClient::page(int status, std::string_view body, std::string_view location) {
    script.push_back({.status = status,
                      .content_type = "text/html; charset=utf-8",
                      .body = std::string(body),
                      .location = std::string(location),
                      .failure = {}});
}

void ScriptedClient::fail(TransportFault fault, std::string_view body_before) {
    script.push_back(
        {.status = 200,
         .content_type = {},
         .body = std::string(body_before),
         .location = {},
         .failure = [fault] { throw TransportError(fault, "the transfer failed", "a test", {}); }});
}

void read_all(git::AnswerReader& reader, std::string_view body, std::size_t piece) {
    while (!body.empty() && reader.take(body.substr(0, piece)) == BodyDemand::more) {
        body.remove_prefix(std::min(piece, body.size()));
    }
    reader.end();
}

void check_every_prefix_fails(std::string_view body,
                              const std::function<void(std::string_view)>& read) {
    REQUIRE_FALSE(body.empty());
    for (std::size_t size = 0; size < body.size(); ++size) {
        INFO("the first " << size << " of " << body.size() << " bytes");
        CHECK_THROWS_AS(read(body.substr(0, size)), Error);
    }
}

std::size_t flip_every_bit(std::string_view body,
                           const std::function<void(std::string_view)>& read) {
    std::string flipped(body);
    std::size_t accepted = 0;
    for (std::size_t index = 0; index < body.size(); ++index) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            flipped[index] = static_cast<char>(static_cast<unsigned char>(body[index]) ^ 1U << bit);
            try {
                read(flipped);
                ++accepted;
            } catch (const Error&) {
                // The ordinary outcome; anything else ends the test.
            }
        }
        flipped[index] = body[index];
    }
    return accepted;
}

std::string cause_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.because();
    }
    FAIL("nothing was thrown");
    return {};
}

std::string pkt(std::string_view data) {
    std::string line;
    git::append_pkt(line, data);
    return line;
}

}  // namespace headway::test
