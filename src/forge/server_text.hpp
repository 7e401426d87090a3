#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "headway/forge.hpp"

/// Reading what servers print: one sentence in many wrappings.
namespace headway::forge {

struct Sentence {
    std::string text;   ///< To search in.
    std::string quote;  ///< To show; empty when there is nothing fit for it.
};

/// What the server printed, line by line, without "remote:", "GitLab:", "error:" and the like and
/// without ruling lines; a web page counts with its title. Several lines are followed by all of
/// them in one, because servers wrap long sentences.
[[nodiscard]] std::vector<Sentence> sentences_of(const ServerWords& words);

/// A ref's reason as the only sentence; none when it is empty.
[[nodiscard]] std::vector<Sentence> sentences_of(const std::string& reason);

/// ASCII case does not matter; an empty `part` is in every text.
[[nodiscard]] bool contains(std::string_view text, std::string_view part) noexcept;

/// Full ref names ("refs/heads/main") that stand in the sentence.
[[nodiscard]] std::vector<std::string> refs_named_in(std::string_view sentence);

}  // namespace headway::forge
