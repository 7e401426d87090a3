#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>

#include <fmt/format.h>

#include "cli/live_block.hpp"
#include "cli/output.hpp"
#include "cli/verify_display.hpp"
#include "cli_verified.hpp"
#include "fakes.hpp"
#include "headway/text.hpp"

using namespace headway;
using namespace headway::cli;
using core::Outcome;
using fakes::FakeClock;
using Lines = std::vector<std::string>;
using News = core::VerifyObserver::News;

namespace {

/// As much of a terminal as is needed to see what stands on it: one cell for each character of
/// UTF-8, wide or not; it does not scroll.
class Screen {
public:
    explicit Screen(std::size_t columns) : m_columns(columns) {}

    void write(std::string_view bytes) {
        while (!bytes.empty()) {
            bytes.remove_prefix(take(bytes));
        }
    }
    [[nodiscard]] Lines lines() const {
        Lines lines;
        for (const auto& row : m_rows) {
            std::string line;
            for (const std::string& cell : row) {
                line += cell;
            }
            lines.push_back(line);
        }
        while (!lines.empty() && lines.back().empty()) {
            lines.pop_back();
        }
        return lines;
    }

private:
    std::size_t take(std::string_view bytes) {
        if (bytes.starts_with("\033[")) {
            const auto end = bytes.find_first_not_of("0123456789;", 2);
            REQUIRE(end != std::string_view::npos);
            control(bytes[end], std::string(bytes.substr(2, end - 2)));
            return end + 1;
        }
        if (bytes.front() == '\r') {
            m_column = 0;
            return 1;
        }
        if (bytes.front() == '\n') {
            m_column = 0;
            ++m_row;
            return 1;
        }
        std::size_t size = 1;
        while (size < bytes.size() && (static_cast<unsigned char>(bytes[size]) & 0xC0U) == 0x80U) {
            ++size;
        }
        if (m_column == m_columns) {
            m_column = 0;
            ++m_row;
        }
        row().resize(std::max(row().size(), m_column + 1), " ");
        row()[m_column++] = std::string(bytes.substr(0, size));
        return size;
    }
    void control(char letter, const std::string& number) {
        if (letter == 'A') {
            const auto up = std::stoul(number);
            REQUIRE(up <= m_row);
            m_row -= up;
        } else if (letter == 'K' || letter == 'J') {
            row().resize(std::min(row().size(), m_column));
            if (letter == 'J') {
                m_rows.resize(m_row + 1);
            }
        } else {
            REQUIRE(letter == 'm');
        }
    }
    Lines& row() {
        m_rows.resize(std::max(m_rows.size(), m_row + 1));
        return m_rows[m_row];
    }

    std::size_t m_columns;
    std::vector<Lines> m_rows;
    std::size_t m_row = 0;
    std::size_t m_column = 0;
};

/// Standard error on a pseudo-terminal of its own while it lives.
class Terminal {
public:
    explicit Terminal(unsigned short columns, unsigned short rows)
        : m_screen(columns), m_master(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
        REQUIRE(m_master >= 0);
        REQUIRE(grantpt(m_master) == 0);
        REQUIRE(unlockpt(m_master) == 0);
        std::array<char, 100> name{};
        REQUIRE(ptsname_r(m_master, name.data(), name.size()) == 0);
        const int slave = open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
        REQUIRE(slave >= 0);
        winsize size{};
        size.ws_col = columns;
        size.ws_row = rows;
        REQUIRE(ioctl(slave, TIOCSWINSZ, &size) == 0);
        REQUIRE(fcntl(m_master, F_SETFL, O_NONBLOCK) == 0);
        m_before = dup(STDERR_FILENO);
        REQUIRE(dup2(slave, STDERR_FILENO) == STDERR_FILENO);
        close(slave);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal() {
        dup2(m_before, STDERR_FILENO);
        close(m_before);
        close(m_master);
    }

    /// What has come since the last call.
    [[nodiscard]] std::string bytes() const {
        std::string all;
        std::array<char, 4096> piece{};
        for (ssize_t size = 0; (size = read(m_master, piece.data(), piece.size())) > 0;) {
            all.append(piece.data(), static_cast<std::size_t>(size));
        }
        return all;
    }
    Lines lines() {
        m_screen.write(bytes());
        return m_screen.lines();
    }

private:
    Screen m_screen;
    int m_master;
    int m_before = -1;
};

OutputSettings on_terminal() {
    OutputSettings settings;
    settings.live = true;
    return settings;
}

core::VerifyJob job(const std::string& name) {
    core::VerifyJob one;
    one.name = name;
    one.configuration.consecutive = 3;
    one.configuration.watch = std::chrono::minutes(10);
    one.configuration.probes.resize(2);
    one.configuration.probes[0].name = "smoke";
    one.configuration.probes[1].name = "health";
    return one;
}

core::OriginReport asked(const std::string& probe, const std::string& address, unsigned streak,
                         const std::string& words) {
    core::OriginReport origin = origin_report(Outcome::unhealthy, words);
    origin.probe = probe;
    origin.address = address;
    origin.streak = streak;
    return origin;
}

}  // namespace

TEST_CASE("columns are counted so that no line wraps") {
    CHECK(columns_of("") == 0);
    CHECK(columns_of("abc → d…") == 8);
    CHECK(columns_of("\xC3\xA9\xD7\xA9") == 2);
    CHECK(columns_of("\xE6\xBC\xA2\xF0\x9F\x98\x80") == 4);
    CHECK(cut_to("abcdef", 6) == "abcdef");
    CHECK(cut_to("abcdefg", 6) == "abcde…");
    CHECK(cut_to("a\tb", 6) == "a b");
    CHECK(cut_to("\xE6\xBC\xA2\xE6\xBC\xA2\xE6\xBC\xA2", 5) == "\xE6\xBC\xA2\xE6\xBC\xA2…");
    CHECK(cut_to("\xE6\xBC\xA2\xE6\xBC\xA2\xE6\xBC\xA2", 4) == "\xE6\xBC\xA2…");
    CHECK(cut_to("ab", 1) == "…");
    CHECK(cut_to("ab", 0).empty());
    CHECK(cut_to("", 0).empty());
    for (const std::string& text :
         {std::string(5000, 'x'),
          std::string("\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9 and so on"),
          printable("\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D \xE2\x80\xAE\x1B[2J\xFF")}) {
        for (std::size_t columns = 1; columns < 90; ++columns) {
            CHECK(columns_of(cut_to(text, columns)) <= columns);
        }
    }
}

TEST_CASE("a block is rewritten in place") {
    LiveBlock block;
    Screen screen(40);
    const TerminalSize size{.columns = 40, .rows = 10};
    const auto draw = [&](const Lines& texts) {
        std::vector<LiveLine> lines;
        for (const std::string& text : texts) {
            lines.push_back({.text = text});
        }
        screen.write(block.frame(lines, size, Colors::off));
        return screen.lines();
    };
    CHECK(block.erased(size).empty());
    screen.write("before\n");
    CHECK(draw({"one", "two longer"}) == Lines{"before", "one", "two longer"});
    CHECK(draw({"1", "2", "3"}) == Lines{"before", "1", "2", "3"});
    CHECK(draw({"last"}) == Lines{"before", "last"});
    CHECK(draw({std::string(100, 'x')}) == Lines{"before", std::string(38, 'x') + "…"});
    screen.write(block.erased(size));
    CHECK(screen.lines() == Lines{"before"});
    draw({"stays"});
    block.leave();
    CHECK(draw({"next"}) == Lines{"before", "stays", "next"});
    CHECK(draw({}) == Lines{"before", "stays"});
}

TEST_CASE("a block leaves out what is settled, and then the last") {
    LiveBlock block;
    Screen screen(40);
    std::vector<LiveLine> lines;
    for (int line = 0; line < 6; ++line) {
        lines.push_back({.text = fmt::format("line {}", line), .settled = line < 3});
    }
    screen.write(block.frame(lines, {.columns = 40, .rows = 7}, Colors::off));
    CHECK(screen.lines() == Lines{"line 3", "line 4", "line 5", "line 0", "and 2 more"});
    block.leave();
    CHECK(block.frame(lines, {.columns = 40, .rows = 1}, Colors::off) ==
          "line 3\033[K\nand 5 more\033[K\n\033[J");
}

TEST_CASE("a terminal that became narrower has wrapped the block") {
    LiveBlock block;
    (void)block.frame({{.text = std::string(39, 'x')}, {.text = "y"}}, {.columns = 40, .rows = 10},
                      Colors::off);
    CHECK(block.frame({{.text = "z"}}, {.columns = 20, .rows = 10}, Colors::off) ==
          "\033[3A\rz\033[K\n\033[J");
}

TEST_CASE("colours of a block") {
    LiveBlock block;
    CHECK(block.frame(
              {{.text = "a", .tone = Tone::good}, {.text = "b", .tone = Tone::bad}, {.text = "c"}},
              {}, Colors::on) == "\033[32ma\033[0m\033[K\n\033[31mb\033[0m\033[K\nc\033[K\n\033[J");
}

TEST_CASE("a line for each change, where nothing is drawn on") {
    Terminal terminal(200, 20);
    Output output(OutputSettings{});
    FakeClock clock;
    const core::VerifyJob staging = job("staging");
    {
        VerifyDisplay display(output, clock, 1);
        display.answered(staging, asked("health", "127.0.0.2", 0, "503"), News::changed);
        display.answered(staging, asked("health", "127.0.0.2", 0, "503"), News::same);
        display.answered(staging, asked("health", "127.0.0.2", 1, "200"), News::changed);
        display.answered(staging, asked("health", "127.0.0.3", 1, "200"), News::gone);
        display.watching(staging);
    }
    {
        VerifyDisplay display(output, clock, 2);
        display.answered(staging, asked("health", "127.0.0.2", 0, "503"), News::changed);
    }
    CHECK(terminal.lines() ==
          Lines{"headway: health at 127.0.0.2: not healthy: 503",
                "headway: health at 127.0.0.2: healthy: 200",
                "headway: health at 127.0.0.3: the name does not have this address any more",
                "headway: staging: converged; for 10 min 0 s more it has to stay so",
                "headway: staging: health at 127.0.0.2: not healthy: 503"});
}

TEST_CASE("a line for each origin, on a terminal") {
    Terminal terminal(70, 20);
    Output output(on_terminal());
    output.redactor().add(Secret("hunter22"));
    FakeClock clock;
    const std::vector<core::VerifyJob> jobs{job("staging"), job("edge")};
    std::optional<VerifyDisplay> display(std::in_place, output, clock, 2);
    const auto answer = [&](std::size_t index, const core::OriginReport& origin, News news) {
        display->answered(jobs[index], origin, news);
        clock.pass(std::chrono::milliseconds(100));
    };
    answer(1, asked("health", "127.0.0.2", 0, "the key is hunter22"), News::changed);
    answer(0, asked("health", "127.0.0.3", 1, "200"), News::changed);
    answer(0, asked("health", "127.0.0.2", 3, "200"), News::changed);
    answer(0, asked("smoke", "127.0.0.2", 0, std::string(500, 'x') + "hunter22"), News::changed);
    const Lines drawn{
        "headway: staging: smoke at 127.0.0.2: not healthy: " + std::string(17, 'x') + "…",
        "headway: staging: health at 127.0.0.2: healthy 3 times: 200",
        "headway: staging: health at 127.0.0.3: healthy 1 of 3 times: 200",
        "headway: edge: health at 127.0.0.2: not healthy: the key is ***"};
    CHECK(terminal.lines() == drawn);

    output.warning("something else");
    display->watching(jobs[0]);
    Lines below{"headway: warning: something else",
                "headway: staging: converged; for 10 min 0 s more it has to stay so"};
    below.insert(below.end(), drawn.begin(), drawn.end());
    CHECK(terminal.lines() == below);

    answer(0, asked("health", "127.0.0.3", 1, "200"), News::gone);
    below.erase(below.begin() + 4);
    CHECK(terminal.lines() == below);

    display.reset();
    output.line(Verbosity::normal, "the end");
    below.emplace_back("headway: the end");
    CHECK(terminal.lines() == below);
}

TEST_CASE("a terminal is drawn on ten times a second, and at the end") {
    Terminal terminal(70, 20);
    Output output(on_terminal());
    FakeClock clock;
    const core::VerifyJob staging = job("staging");
    try {
        VerifyDisplay display(output, clock, 1);
        display.answered(staging, asked("health", "127.0.0.2", 1, "200"), News::changed);
        (void)terminal.lines();
        for (unsigned streak = 2; streak < 12; ++streak) {
            clock.pass(std::chrono::milliseconds(9));
            display.answered(staging, asked("health", "127.0.0.2", streak, "200"), News::same);
        }
        CHECK(terminal.bytes().empty());
        throw std::runtime_error("what was under way was ended");
    } catch (const std::runtime_error&) {
        CHECK(terminal.lines() == Lines{"headway: health at 127.0.0.2: healthy 11 times: 200"});
    }
}

TEST_CASE("a thousand origins fit on a small terminal") {
    Terminal terminal(50, 6);
    Output output(on_terminal());
    FakeClock clock;
    const core::VerifyJob staging = job("staging");
    {
        VerifyDisplay display(output, clock, 1);
        for (int index = 0; index < 1000; ++index) {
            display.answered(staging,
                             asked("health", fmt::format("10.0.{}.{}", index / 250, index % 250),
                                   index == 777 ? 0 : 3, "\x1B[2J\xF0\x9F\x98\x80"),
                             News::changed);
        }
    }
    CHECK(terminal.lines() == Lines{"headway: health at 10.0.3.27: not healthy: \\x1B[…",
                                    "headway: health at 10.0.0.0: healthy 3 times: \\x…",
                                    "headway: health at 10.0.0.1: healthy 3 times: \\x…",
                                    "and 997 more"});
}

TEST_CASE("nothing is drawn with --quiet, with -v, in GitLab's log, or on what is no terminal") {
    OutputSettings settings = on_terminal();
    CHECK(Output(settings).is_live());
    settings.verbosity = Verbosity::quiet;
    CHECK(!Output(settings).is_live());
    settings.verbosity = Verbosity::verbose;
    CHECK(!Output(settings).is_live());
    settings.verbosity = Verbosity::normal;
    settings.gitlab_log = true;
    CHECK(!Output(settings).is_live());
    CHECK(!Output(OutputSettings{}).is_live());
}
