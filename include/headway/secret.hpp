#pragma once

#include <string>
#include <utility>

namespace headway {

/// A token, a webhook's URL, a header's value: something that belongs to one host only.
/// It cannot be printed or compared by accident; `reveal()` names the few places where its text
/// leaves this type. Never empty where a secret is required: the reader of configuration refuses.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text) : m_text(std::move(text)) {}

    [[nodiscard]] const std::string& reveal() const noexcept { return m_text; }
    [[nodiscard]] bool empty() const noexcept { return m_text.empty(); }

private:
    std::string m_text;
};

}  // namespace headway
