#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "headway/secret.hpp"

namespace headway::cli {

/// Replaces secrets in everything that is about to be shown by "***": as they are, percent-encoded
/// (either case of the hex digits), and in base64 (standard and URL alphabet) wherever they may
/// start within the encoded bytes. CI servers mask only the plain form.
class Redactor {
public:
    /// Secrets of fewer than 4 bytes are too common in ordinary text to be looked for, and
    /// are refused: throws Error(usage).
    void add(const Secret& secret);

    [[nodiscard]] std::string scrub(std::string_view text) const;

private:
    void add_form(std::string form);

    std::vector<std::string> m_forms;  ///< Longest first.
};

}  // namespace headway::cli
