#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "config/ci.hpp"
#include "config/config.hpp"
#include "config/unset_variable.hpp"
#include "config/values.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

ReadResult read_all(int descriptor, std::size_t limit) {
    std::string text(limit, '\0');
    std::size_t size = 0;
    while (size < limit) {
        const ssize_t count = ::read(descriptor, text.data() + size, limit - size);
        if (count < 0) {
            return {std::nullopt, std::strerror(errno)};
        }
        if (count == 0) {
            break;
        }
        size += static_cast<std::size_t>(count);
    }
    text.resize(size);
    return {std::move(text), {}};
}

ReadResult read_path(const std::string& path, std::size_t limit) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0) {
        return {std::nullopt, std::strerror(errno)};
    }
    ReadResult result = read_all(descriptor, limit);
    ::close(descriptor);
    return result;
}

/// A secret as it was found, and the words for where that was.
struct Found {
    std::string text;
    std::string place;  ///< "the variable STAGING_PUSH_TOKEN".
    std::string fix;    ///< What to set.
};

[[noreturn]] void fail(std::string what, std::string because, std::vector<std::string> hints) {
    throw Error(ExitCode::usage, std::move(what), std::move(because), std::move(hints));
}

/// `names` is how the configuration speaks of it: "names it".
[[noreturn]] void fail_unset(const std::string& name, std::string_view state,
                             const std::string& names, const Variables& variables) {
    UnsetVariable unset = explain_unset(name, ci_facts(variables).system);
    fail(fmt::format("the variable {} is {}", name, state),
         fmt::format("{}; {}", names, unset.because), std::move(unset.hints));
}

Found from_variable(const SecretReference& reference, const Variables& variables) {
    const std::string& name = reference.name;
    const auto value = variables(name);
    if (!value) {
        fail_unset(name, "not set", reference.origin.text + " names it", variables);
    }
    if (trimmed(*value).empty()) {
        fail_unset(name, "empty", reference.origin.text + " names it", variables);
    }
    if (value->starts_with('/') && value->ends_with("/" + name)) {
        fail(fmt::format("the variable {} holds a file's path, not the secret", name),
             "that is how GitLab hands over a variable of the type \"File\"",
             {fmt::format("name it as a file: {{file: ${}}}, or --token-file \"${}\"", name, name),
              fmt::format("give {} the type \"Variable\"", name)});
    }
    return {*value, "the variable " + name, fmt::format("set {} to the secret itself", name)};
}

std::string path_of(const SecretReference& reference, const Variables& variables) {
    const std::string_view name = variable_in(reference.name);
    if (name.empty()) {
        return reference.name;
    }
    const auto path = variables(name);
    if (!path || trimmed(*path).empty()) {
        fail_unset(std::string(name), path ? "empty" : "not set",
                   reference.origin.text + " names it for a file's path", variables);
    }
    if (looks_like_secret(*path) || path->find('\n') != std::string::npos) {
        fail(fmt::format("the variable {} holds no file's path", name),
             "its text is not shown, as it may be the secret itself",
             {fmt::format("name it as a variable: {{env: {}}}, or --token-env {}", name, name)});
    }
    return *path;
}

Found from_file(const SecretReference& reference, const Variables& variables,
                const SecretReaders& readers) {
    const std::string path = path_of(reference, variables);
    ReadResult result = readers.file(path, k_max_secret_bytes + 1);
    const std::string place = fmt::format("the file {}", in_quotes(path));
    if (!result.text) {
        fail(fmt::format("{} cannot be read", place),
             fmt::format("{}; {} names it", printable(result.problem), reference.origin.text),
             {"give a path that this user may read, or name a variable: {env: NAME}"});
    }
    return {std::move(*result.text), place, fmt::format("write the secret alone into {}", path)};
}

Found from_standard_input(const SecretReaders& readers) {
    ReadResult result = readers.standard_input(k_max_secret_bytes + 1);
    if (!result.text) {
        fail("the standard input cannot be read", printable(result.problem),
             {"printf %s \"$TOKEN\" | headway …"});
    }
    return {std::move(*result.text), "the standard input", "printf %s \"$TOKEN\" | headway …"};
}

Found find(const SecretReference& reference, const Variables& variables,
           const SecretReaders& readers) {
    switch (reference.source) {
        case SecretSource::environment:
            return from_variable(reference, variables);
        case SecretSource::file:
            return from_file(reference, variables, readers);
        case SecretSource::standard_input:
            break;
    }
    return from_standard_input(readers);
}

std::string_view without_newline(std::string_view text) {
    if (text.ends_with('\n')) {
        text.remove_suffix(1);
    }
    if (text.ends_with('\r')) {
        text.remove_suffix(1);
    }
    return text;
}

}  // namespace

SecretReaders system_readers() {
    return {read_path, [](std::size_t limit) { return read_all(STDIN_FILENO, limit); }};
}

namespace {

enum class Lines { one, any };

Secret read(const SecretReference& reference, const Variables& variables,
            const SecretReaders& readers, Lines lines) {
    const Found found = find(reference, variables, readers);
    const std::string_view text = without_newline(found.text);
    if (found.text.size() > k_max_secret_bytes) {
        fail(fmt::format("{} is too large for a secret", found.place),
             fmt::format("a secret has at most {} KiB", k_max_secret_bytes / 1024), {found.fix});
    }
    if (trimmed(text).empty()) {
        fail(fmt::format("{} holds no secret: it is empty", found.place), {}, {found.fix});
    }
    const bool control = std::any_of(text.begin(), text.end(), [](char letter) {
        return (letter >= '\0' && letter < ' ') || letter == '\x7F';
    });
    if (control && lines == Lines::one) {
        fail(fmt::format("{} holds no secret that can be sent", found.place),
             "it has several lines or control characters", {found.fix});
    }
    if (!variable_in(text).empty()) {
        fail(fmt::format("{} holds the name of another variable", found.place),
             "nobody replaced it by its value: GitLab leaves \"$NAME\" as it is when NAME is not "
             "set in this job",
             {found.fix});
    }
    return Secret(std::string(text));
}

}  // namespace

Secret read_secret(const SecretReference& reference, const Variables& variables,
                   const SecretReaders& readers) {
    return read(reference, variables, readers, Lines::one);
}

Secret read_text(const SecretReference& reference, const Variables& variables,
                 const SecretReaders& readers) {
    return read(reference, variables, readers, Lines::any);
}

std::string file_path(const std::string& path, const Origin& origin, const Variables& variables) {
    return path_of({SecretSource::file, path, origin}, variables);
}

}  // namespace headway::config
