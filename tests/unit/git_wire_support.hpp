#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "git/answer_reader.hpp"
#include "git/remotes.hpp"
#include "headway/forge.hpp"
#include "headway/git_remote.hpp"
#include "headway/http.hpp"
#include "headway/trace.hpp"

namespace headway::test {

/// The bytes of tests/unit/data/git_wire/<name>.bin, recorded from git itself.
[[nodiscard]] std::string recorded(std::string_view name);

/// The id that data/git_wire/ids gives to this name.
[[nodiscard]] ObjectId recorded_id(std::string_view name);

class WireTrace final : public Trace {
public:
    void line(Verbosity level, std::string_view text) override {
        lines.push_back({level, std::string(text)});
    }
    /// All lines of this level, each with a newline.
    [[nodiscard]] std::string text(Verbosity level) const;

    struct Line {
        Verbosity level;
        std::string text;
    };
    std::vector<Line> lines;
};

/// Explains everything as "<status>: <what the server said>".
class WordsForge final : public Forge {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "words"; }
    [[nodiscard]] std::string_view token_user() const noexcept override { return "bot"; }
    [[nodiscard]] Diagnosis explain(const ServerWords& words,
                                    const RefusalContext& context) const override;
    [[nodiscard]] std::string commit_url(const ObjectId&) const override { return {}; }
    [[nodiscard]] std::string compare_url(const ObjectId&, const ObjectId&) const override {
        return {};
    }
    [[nodiscard]] std::vector<std::string> merge_request_options(
        const MergeRequest&) const override {
        return {};
    }
    [[nodiscard]] std::string merge_request_url(const std::vector<std::string>&) const override {
        return {};
    }
    [[nodiscard]] std::string_view merge_request_word() const noexcept override { return {}; }
    [[nodiscard]] std::string new_merge_request_url(const MergeRequest&) const override {
        return {};
    }
};

/// Answers requests from a script, in its order; a request too many is a failure of the test.
class ScriptedClient final : public HttpClient {
public:
    struct Step {
        int status = 200;
        std::string content_type;
        std::string body;
        std::string location;
        std::function<void()> failure;  ///< Thrown after the body was handed over.
    };

    std::unique_ptr<HttpBatch> open_batch() override {
        throw std::logic_error("one request at a time is asked for here");
    }
    void check(const HttpRequest& /*request*/) const override {}
    HttpResponse perform(const HttpRequest& request) override;

    /// Puts git's answer to a GET of `service`, or to a POST, at the end of the script.
    void advertise(std::string_view body, std::string_view service = "git-upload-pack");
    void result(std::string_view body, std::string_view service = "git-upload-pack");
    void page(int status, std::string_view body, std::string_view location = {});
    void fail(TransportFault fault, std::string_view body_before = {});

    std::deque<Step> script;
    std::vector<HttpRequest> requests;
    std::size_t piece = 7;  ///< Bytes handed over at a time.
};

/// Feeds `body` in pieces and ends. Throws what the reader throws.
void read_all(git::AnswerReader& reader, std::string_view body, std::size_t piece = 1U << 16U);

/// Each shorter beginning of `body` must be refused with an Error.
void check_every_prefix_fails(std::string_view body,
                              const std::function<void(std::string_view)>& read);

/// Calls `read` with each bit of `body` flipped; it may throw Error and nothing else. Tells how
/// many were read without an error.
[[nodiscard]] std::size_t flip_every_bit(std::string_view body,
                                         const std::function<void(std::string_view)>& read);

/// The because() of the Error that `action` throws; fails the test when it throws none.
[[nodiscard]] std::string cause_of(const std::function<void()>& action);

/// One pkt-line.
[[nodiscard]] std::string pkt(std::string_view data);

}  // namespace headway::test
