#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/live_block.hpp"
#include "cli/redactor.hpp"
#include "headway/error.hpp"
#include "headway/trace.hpp"

namespace headway::cli {

enum class Format { text, json };
enum class ColorChoice { automatic, always, never };

struct OutputSettings {
    Format format = Format::text;
    Verbosity verbosity = Verbosity::normal;
    bool colors = false;      ///< Of stderr.
    bool gitlab_log = false;  ///< Collapsible sections (GitLab's job log).
    bool live = false;        ///< Standard error is a terminal that can be drawn on.
};

/// Writes all of `text` to the file descriptor; errno on failure, else 0. Unbuffered, so that
/// nothing is lost however the process ends.
[[nodiscard]] int write_all(int descriptor, std::string_view text);

/// The one sink: results to standard output, everything else to standard error; every byte passes
/// the redactor. With Format::json standard output is one document, written by `document`.
class Output final : public Trace {
public:
    explicit Output(OutputSettings settings) : m_settings(settings) {}

    void configure(OutputSettings settings) { m_settings = settings; }
    [[nodiscard]] const OutputSettings& settings() const noexcept { return m_settings; }
    [[nodiscard]] Redactor& redactor() noexcept { return m_redactor; }

    /// A line of the result; dropped with Format::json.
    void result(std::string_view line);
    /// The JSON document; dropped with Format::text.
    void document(std::string_view json);
    /// Text to standard output whatever the format: --help, --version.
    void raw(std::string_view text);

    /// Trace: a line on standard error.
    void line(Verbosity level, std::string_view text) override;
    /// A line that goes with what is told before or after it; as it is, without a name in front.
    void detail(std::string_view text);
    /// A question on standard error; the answer is to be typed behind it.
    void prompt(std::string_view text);

    /// Whether lines that change are to be shown by `live`, in place of one line for each change.
    [[nodiscard]] bool is_live() const noexcept;
    /// Draws the lines below all others on standard error, in place of those of the last call. What
    /// else is written goes above them. Nothing unless `is_live`.
    void live(std::vector<LiveLine> lines);
    /// The lines of the last call stay as they are; what is written next goes below them.
    void end_live() noexcept;

    void warning(const Error& error);
    void warning(std::string_view text);
    void error(const Error& error);

    /// A collapsible part of a CI log; nothing elsewhere. `name`: [A-Za-z0-9_.-], `now` in
    /// seconds since the epoch.
    void section_start(std::string_view name, std::string_view header, long long now);
    void section_end(std::string_view name, long long now);

    /// The warnings so far, for the JSON document.
    [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return m_warnings; }

    /// Whether all of standard output could be written (a full disk, a closed pipe).
    [[nodiscard]] bool intact() const noexcept { return m_failure == 0; }
    [[nodiscard]] int failure() const noexcept { return m_failure; }  ///< errno, or 0.

private:
    void write_out(std::string_view text);
    void write_error(std::string_view text);
    int write_above_live(int descriptor, std::string_view text);
    void draw_live();
    void block(std::string_view label, std::string_view color, const Error& error);

    OutputSettings m_settings;
    Redactor m_redactor;
    std::vector<std::string> m_warnings;
    int m_failure = 0;
    LiveBlock m_live;
    std::vector<LiveLine> m_live_lines;  ///< Scrubbed.
};

}  // namespace headway::cli
