#include "cli/completion.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/flags.hpp"
#include "cli/help_text.hpp"

namespace headway::cli {

namespace {

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

bool takes_value(const CLI::Option& option) {
    return !placeholder_of(option).empty();
}

/// A command line under reading, up to the word that is being typed.
class Reader {
public:
    explicit Reader(const CLI::App& app) : m_app(app) {}

    void read(const std::string& word) {
        if (m_pending != nullptr) {
            take_value(*m_pending, word);
            m_pending = nullptr;
        } else if (!m_only_words && word == "--") {
            m_only_words = true;
        } else if (!m_only_words && word.size() > 1 && word.front() == '-') {
            read_option(word);
        } else if (m_command == nullptr) {
            const auto commands =
                m_app.get_subcommands([&](const CLI::App* app) { return app->get_name() == word; });
            m_command = commands.empty() ? nullptr : commands.front();
            m_lost = commands.empty();
        } else {
            m_words.push_back(word);
        }
    }

    [[nodiscard]] Completion complete(const std::string& typed) {
        m_completion.typed = typed;
        m_completion.given = m_words;
        if (m_lost) {
            return std::move(m_completion);
        }
        const auto equals = typed.find('=');
        if (m_pending != nullptr) {
            offer_values(*m_pending);
        } else if (!m_only_words && typed.starts_with("--") && equals != std::string::npos) {
            m_completion.prefix = typed.substr(0, equals + 1);
            m_completion.typed = typed.substr(equals + 1);
            if (const CLI::Option* const option = find(typed.substr(0, equals))) {
                offer_values(*option);
            }
        } else if (!m_only_words && typed.starts_with('-')) {
            offer_options();
        } else if (m_command == nullptr) {
            offer_commands();
        } else {
            offer_words();
        }
        return std::move(m_completion);
    }

private:
    [[nodiscard]] const CLI::Option* find(const std::string& name) const {
        const CLI::Option* found =
            m_command == nullptr ? nullptr : m_command->get_option_no_throw(name);
        return found == nullptr ? m_app.get_option_no_throw(name) : found;
    }

    void take_value(const CLI::Option& option, const std::string& value) {
        if (option.check_lname("config")) {
            m_completion.file = value;
        }
    }

    void read_option(const std::string& word) {
        const auto equals = word.find('=');
        const CLI::Option* const option = find(word.substr(0, equals));
        if (option == nullptr) {
            return;
        }
        m_seen.insert(option);
        if (equals != std::string::npos) {
            take_value(*option, word.substr(equals + 1));
        } else if (takes_value(*option)) {
            m_pending = option;
        }
    }

    void add(const std::string& word, const std::string& description) {
        if (word.starts_with(m_completion.typed)) {
            m_completion.candidates.push_back(
                {m_completion.prefix + word, first_line(description)});
        }
    }

    void offer_values(const CLI::Option& option) {
        const std::string placeholder = placeholder_of(option);
        m_completion.files = placeholder == "FILE";
        m_completion.environments = placeholder == "ENV" || option.check_name("ENV");
        for (const std::string& word : offered_words(option)) {
            add(word, "");
        }
    }

    void offer_options_of(const CLI::App& app, std::set<std::string>& known) {
        for (const CLI::Option* const option : app.get_options()) {
            const bool again = option->get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
            if (option->get_lnames().empty() || (m_seen.contains(option) && !again)) {
                continue;
            }
            const std::string& name = option->get_lnames().front();
            if (known.insert(name).second) {
                add("--" + name, option->get_description());
            }
        }
    }

    void offer_options() {
        std::set<std::string> known;
        if (m_command != nullptr) {
            offer_options_of(*m_command, known);
        }
        offer_options_of(m_app, known);
    }

    void offer_commands() {
        for (const CLI::App* const command : m_app.get_subcommands({})) {
            add(command->get_name(), command->get_description());
        }
    }

    /// The argument that comes next, by how many words there are.
    void offer_words() {
        std::size_t place = m_words.size();
        for (const CLI::Option* const option : m_command->get_options()) {
            if (!option->get_positional()) {
                continue;
            }
            const auto most = static_cast<std::size_t>(option->get_items_expected_max());
            if (place < most) {
                offer_values(*option);
                return;
            }
            place -= most;
        }
    }

    const CLI::App& m_app;
    const CLI::App* m_command = nullptr;
    const CLI::Option* m_pending = nullptr;  ///< Whose value comes next.
    std::set<const CLI::Option*> m_seen;
    std::vector<std::string> m_words;
    bool m_only_words = false;  ///< Behind "--".
    bool m_lost = false;        ///< No such command.
    Completion m_completion;
};

}  // namespace

Completion complete(const CLI::App& app, const std::vector<std::string>& words) {
    Reader reader(app);
    for (std::size_t index = 0; index + 1 < words.size(); ++index) {
        reader.read(words[index]);
    }
    return reader.complete(words.empty() ? std::string() : words.back());
}

void add_environments(Completion& completion, const std::vector<Candidate>& environments) {
    const auto& given = completion.given;
    for (const Candidate& environment : environments) {
        if (environment.word.starts_with(completion.typed) &&
            std::find(given.begin(), given.end(), environment.word) == given.end()) {
            completion.candidates.push_back(
                {completion.prefix + environment.word, environment.description});
        }
    }
}

}  // namespace headway::cli
