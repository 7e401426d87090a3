#include "cli/output.hpp"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include <fmt/format.h>

namespace headway::cli {

namespace {

constexpr std::string_view k_red = "\033[1;31m";
constexpr std::string_view k_yellow = "\033[1;33m";
constexpr std::string_view k_plain = "\033[0m";

}  // namespace

int write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return written < 0 ? errno : EIO;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

void Output::write_out(std::string_view text) {
    const int failure = write_above_live(STDOUT_FILENO, text);
    m_failure = m_failure == 0 ? failure : m_failure;
}

void Output::write_error(std::string_view text) {
    (void)write_above_live(STDERR_FILENO, text);
}

int Output::write_above_live(int descriptor, std::string_view text) {
    const std::string scrubbed = m_redactor.scrub(text);
    if (m_live_lines.empty()) {
        return write_all(descriptor, scrubbed);
    }
    (void)write_all(STDERR_FILENO, m_live.erased(terminal_size(STDERR_FILENO)));
    const int failure = write_all(descriptor, scrubbed);
    draw_live();
    return failure;
}

void Output::draw_live() {
    (void)write_all(STDERR_FILENO, m_live.frame(m_live_lines, terminal_size(STDERR_FILENO),
                                                m_settings.colors ? Colors::on : Colors::off));
}

bool Output::is_live() const noexcept {
    return m_settings.live && !m_settings.gitlab_log && m_settings.verbosity == Verbosity::normal;
}

void Output::live(std::vector<LiveLine> lines) {
    if (!is_live()) {
        return;
    }
    for (LiveLine& line : lines) {
        line.text = m_redactor.scrub(line.text);  // Before a cut could leave a part of a secret.
    }
    m_live_lines = std::move(lines);
    draw_live();
}

void Output::end_live() noexcept {
    m_live.leave();
    m_live_lines.clear();
}

void Output::result(std::string_view line) {
    if (m_settings.format == Format::text) {
        write_out(fmt::format("{}\n", line));
    }
}

void Output::document(std::string_view json) {
    if (m_settings.format == Format::json) {
        write_out(fmt::format("{}\n", json));
    }
}

void Output::raw(std::string_view text) {
    write_out(text);
}

void Output::line(Verbosity level, std::string_view text) {
    if (level <= m_settings.verbosity && m_settings.verbosity != Verbosity::quiet) {
        write_error(fmt::format("headway: {}\n", text));
    }
}

void Output::block(std::string_view label, std::string_view color, const Error& error) {
    std::string text = m_settings.colors ? fmt::format("headway: {}{}:{} {}\n", color, label,
                                                       k_plain, error.what())
                                         : fmt::format("headway: {}: {}\n", label, error.what());
    if (!error.because().empty()) {
        text += fmt::format("  because: {}\n", error.because());
    }
    for (const std::string& hint : error.hints()) {
        text += fmt::format("  try: {}\n", hint);
    }
    write_error(text);
}

void Output::detail(std::string_view text) {
    if (m_settings.verbosity != Verbosity::quiet) {
        write_error(fmt::format("{}\n", text));
    }
}

void Output::prompt(std::string_view text) {
    write_error(text);
}

void Output::warning(const Error& error) {
    m_warnings.push_back(error.because().empty()
                             ? std::string(error.what())
                             : fmt::format("{}: {}", error.what(), error.because()));
    if (m_settings.verbosity != Verbosity::quiet) {
        block("warning", k_yellow, error);
    }
}

void Output::warning(std::string_view text) {
    warning(Error(ExitCode::failed, std::string(text)));
}

void Output::error(const Error& error) {
    block("error", k_red, error);
}

void Output::section_start(std::string_view name, std::string_view header, long long now) {
    if (m_settings.gitlab_log && m_settings.verbosity != Verbosity::quiet) {
        write_error(fmt::format("\033[0Ksection_start:{}:{}[collapsed=true]\r\033[0K{}\n", now,
                                name, header));
    }
}

void Output::section_end(std::string_view name, long long now) {
    if (m_settings.gitlab_log && m_settings.verbosity != Verbosity::quiet) {
        write_error(fmt::format("\033[0Ksection_end:{}:{}\r\033[0K\n", now, name));
    }
}

}  // namespace headway::cli
