#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "git/pkt_line.hpp"
#include "git/side_band.hpp"
#include "git/wire_log.hpp"
#include "git_wire_support.hpp"

namespace headway::git {

using test::pkt;

namespace {

/// The pkt-lines in `bytes`, fed in pieces: data as it is, the others by their digits.
std::vector<std::string> lines_in(std::string_view bytes, std::size_t piece) {
    PktReader reader;
    std::vector<std::string> lines;
    while (!bytes.empty()) {
        std::string_view part = bytes.substr(0, piece);
        bytes.remove_prefix(part.size());
        while (const auto line = reader.next(part)) {
            switch (line->kind) {
                case PktKind::data:
                    lines.emplace_back(line->data);
                    break;
                case PktKind::flush:
                    lines.emplace_back("<0000>");
                    break;
                case PktKind::delimiter:
                    lines.emplace_back("<0001>");
                    break;
                case PktKind::response_end:
                    lines.emplace_back("<0002>");
                    break;
            }
        }
        CHECK(part.empty());
    }
    CHECK(reader.idle());
    return lines;
}

}  // namespace

TEST_CASE("pkt-lines are read whatever pieces they come in") {
    const std::size_t piece = GENERATE(1U, 2U, 3U, 4U, 5U, 9U, 1000U, 100'000U);
    const std::string longest(k_max_pkt - 4, 'x');
    const std::string stream = std::string("0006a\n") + "0004" + "0000" + "0001" + "0002" +
                               pkt(longest) + std::string("000Ba\0cdefg", 11);
    CHECK(lines_in(stream, piece) == std::vector<std::string>{"a\n", "", "<0000>", "<0001>",
                                                              "<0002>", longest,
                                                              std::string("a\0cdefg", 7)});
}

TEST_CASE("a length that is none is refused") {
    const std::string bytes = GENERATE("0003", "fff1", "ffff", "zzzz", "-001", "00 1", "<!DO");
    for (const std::size_t piece : {1U, 4U}) {
        CHECK_THROWS_AS(lines_in(bytes, piece), ProtocolError);
    }
}

TEST_CASE("a pkt-line that stops in the middle is kept, not told") {
    PktReader reader;
    std::string_view part = "000as";
    CHECK_FALSE(reader.next(part));
    CHECK_FALSE(reader.idle());
    part = "econd";
    const auto line = reader.next(part);
    REQUIRE(line);
    CHECK(line->data == "second");
    CHECK(reader.idle());
}

TEST_CASE("a line's newline is no part of its text") {
    CHECK(Pkt{PktKind::data, "a\n"}.text() == "a");
    CHECK(Pkt{PktKind::data, "a"}.text() == "a");
    CHECK(Pkt{PktKind::data, "\n"}.text().empty());
    CHECK(Pkt{PktKind::data, ""}.text().empty());
}

TEST_CASE("a line that does not fit is not written") {
    std::string out;
    CHECK_THROWS_AS(append_pkt(out, std::string(k_max_pkt - 3, 'x')), Error);
    append_pkt(out, std::string(k_max_pkt - 4, 'x'));
    CHECK(out.substr(0, 4) == "fff0");
}

TEST_CASE("an error line is the server's refusal") {
    CHECK(test::cause_of([] {
              refuse_error_line({PktKind::data, "ERR no \x1b[31mway\n"});
          }) == "no \\x1B[31mway");
    CHECK_NOTHROW(refuse_error_line({PktKind::data, "ERRATIC"}));
    CHECK_NOTHROW(refuse_error_line({PktKind::flush, {}}));
}

TEST_CASE("side-band messages become lines across packets") {
    SideBand band;
    for (const std::string_view data :
         {"\2GitLab: You may", "\2 not\nsecond ", "\2line\n\n", "\2Resolving: 10%\r",
          "\2Resolving: 100%\r", "\2dos\r", "\2\nno newline \x1b[2K"}) {
        CHECK(band.take({PktKind::data, data}).empty());
    }
    CHECK(band.take({PktKind::data, "\1pack"}) == "pack");
    CHECK(band.finish_messages() == std::vector<std::string>{"GitLab: You may not", "second line",
                                                             "dos", "no newline \\x1B[2K"});
}

TEST_CASE("progress at the end is no message") {
    SideBand band;
    (void)band.take({PktKind::data, "\2said\ncounting\r"});
    CHECK(band.finish_messages() == std::vector<std::string>{"said"});
}

TEST_CASE("side-band messages are bounded") {
    SideBand many;
    SideBand large;
    for (int index = 0; index < 5000; ++index) {
        (void)many.take({PktKind::data, "\2x\n"});
    }
    for (int index = 0; index < 200; ++index) {
        (void)large.take({PktKind::data, "\2" + std::string(60'000, 'y') + "\n"});
    }
    CHECK(many.finish_messages().size() == SideBand::k_max_messages);
    CHECK(many.finish_messages().back() == "…");
    std::size_t bytes = 0;
    for (const std::string& message : large.finish_messages()) {
        bytes += message.size();
    }
    CHECK(bytes <= SideBand::k_max_message_bytes);
    CHECK(large.finish_messages().back() == "…");
}

TEST_CASE("side-band 3 ends it in the server's words") {
    SideBand band;
    (void)band.take({PktKind::data, "\2before\n"});
    try {
        (void)band.take({PktKind::data, "\3fatal: disk\x07\n"});
        FAIL("nothing was thrown");
    } catch (const ServerRefusal& refusal) {
        CHECK(refusal.words() == "fatal: disk\\x07");
        CHECK(refusal.messages() == std::vector<std::string>{"before"});
    }
}

TEST_CASE("a side-band that does not exist is refused") {
    SideBand band;
    CHECK_THROWS_AS((void)band.take({PktKind::data, "\4x"}), ProtocolError);
    CHECK_THROWS_AS((void)band.take({PktKind::data, std::string_view("\0x", 2)}), ProtocolError);
    CHECK_THROWS_AS((void)band.take({PktKind::data, ""}), ProtocolError);
    CHECK_THROWS_AS((void)band.take({PktKind::delimiter, {}}), ProtocolError);
}

TEST_CASE("the wire log shows lines, hides packs and ends") {
    test::WireTrace trace;
    WireLog log(trace, WireLog::Direction::sent);
    log.note_message(pkt("want\x1b\n") + "00010000PACKxxxx");
    CHECK(trace.text(Verbosity::wire) ==
          "git > want\\x1B\ngit > 0001\ngit > 0000\ngit > (a pack: 8 bytes)\n");

    test::WireTrace long_trace;
    WireLog long_log(long_trace, WireLog::Direction::received);
    for (std::size_t index = 0; index < 2 * WireLog::k_max_lines; ++index) {
        long_log.note({PktKind::data, "\1data"});
    }
    CHECK(long_trace.lines.size() == WireLog::k_max_lines + 1);
    CHECK(long_trace.lines.front().text == "git < (band 1: 4 bytes)");
    CHECK(long_trace.lines.back().text == "git < (and more)");
}

}  // namespace headway::git
