#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "headway/secret.hpp"

namespace headway::cli {

/// Replaces secrets in everything that is about to be shown by "***": as they are, percent-encoded
/// (either case of the hex digits), and in base64 (standard and URL alphabet) wherever they may
/// start within the encoded bytes. What a cut-off text ("…") has left of a secret's beginning is
/// replaced as well. CI servers mask only the plain form.
class Redactor {
public:
    /// Secrets of fewer than 4 bytes are too common in ordinary text to be looked for, and
    /// are refused: throws Error(usage).
    void add(const Secret& secret);

    [[nodiscard]] std::string scrub(std::string_view text) const;

private:
    void add_form(std::string form);
    /// How much of the end of `text` is the beginning of a secret; 0 for less than 4 bytes.
    [[nodiscard]] std::size_t size_of_rest(std::string_view text) const;

    std::vector<std::string> m_forms;  ///< Longest first.
};

}  // namespace headway::cli
