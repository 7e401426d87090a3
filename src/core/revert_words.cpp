#include "core/revert_words.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "headway/text.hpp"
#include "headway/trailers.hpp"

namespace headway::core {

namespace {

constexpr std::size_t k_reason_bytes = 300;
constexpr std::size_t k_description_bytes = 1000;
constexpr std::size_t k_named_ids = 50;
constexpr std::string_view k_fixes = "Fixes-Deployment";
// git's own words (builtin/revert.c): what ends a hold looks for them.
constexpr std::string_view k_reverts = "This reverts commit ";

std::string occasion(const FollowUpRequest& request) {
    const std::string reason = printable(request.reason, k_reason_bytes);
    return fmt::format("{} was rolled back from {} to {}{}{}.", request.environment,
                       request.bad.short_hex(), request.good.short_hex(),
                       reason.empty() ? "" : ": ", reason);
}

bool is_merge(const Commit& commit) {
    return commit.parents.size() > 1;
}

/// As one word of a POSIX shell.
std::string shell_word(const std::string& text) {
    const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
               (letter >= '0' && letter <= '9') ||
               std::string_view("-._/+@%,:").find(letter) != std::string_view::npos;
    });
    if (plain) {
        return text;
    }
    std::string word = "'";
    for (const char letter : text) {
        word += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    }
    return word + "'";
}

std::string revert_command(const FollowUpRequest& request, const RevertedCommits& reverted) {
    const std::string range = request.good.hex() + ".." + request.bad.hex();
    const bool merges = std::any_of(reverted.commits.begin(), reverted.commits.end(), is_merge);
    if (reverted.whole || reverted.commits.size() > k_named_ids) {
        // One by one from the newest; a merge is taken back as a whole, by its first parent.
        return merges ? fmt::format("git revert -m 1 --no-edit $(git rev-list --first-parent {})",
                                    range)
                      : fmt::format("git revert --no-edit {}", range);
    }
    std::string command = "git revert --no-edit";
    for (const Commit& commit : reverted.commits) {
        if (!is_merge(commit)) {
            command += " " + commit.id.hex();
        }
    }
    return command;
}

}  // namespace

std::string revert_message(const FollowUpRequest& request, const std::vector<Commit>& range) {
    std::string message =
        range.size() == 1
            ? fmt::format("Revert \"{}\"", range.front().subject())
            : fmt::format("Revert the changes that were rolled back from {}", request.environment);
    message += "\n\n" + occasion(request) + "\n\n";
    for (const Commit& commit : range) {
        message.append(k_reverts).append(commit.id.hex()).append(".\n");
    }
    return message + fmt::format("\n{}: {}\n", k_fixes, request.bad.hex());
}

std::string revert_description(const FollowUpRequest& request, const std::vector<Commit>& range) {
    std::string text = occasion(request) + fmt::format(" This reverts {} {}:", range.size(),
                                                       range.size() == 1 ? "commit" : "commits");
    for (const Commit& commit : range) {
        text.append(text.ends_with(':') ? " " : ", ").append(commit.id.short_hex());
    }
    return printable(text, k_description_bytes);
}

bool reverts(std::string_view message, const ObjectId& bad, const std::vector<Commit>& range) {
    const auto trailers = parse_trailers(message);
    const bool of_this_deployment =
        std::any_of(trailers.begin(), trailers.end(), [&](const Trailer& trailer) {
            return trailer.key == k_fixes && trailer.value == bad.hex();
        });
    std::set<ObjectId> named;
    for (const std::string& line : lines_of(message)) {
        const std::string_view text = line;
        if (text.starts_with(k_reverts) && text.ends_with('.')) {
            const auto id =
                ObjectId::parse(text.substr(k_reverts.size(), text.size() - k_reverts.size() - 1));
            if (id) {
                named.insert(*id);
            }
        }
    }
    std::set<ObjectId> wanted;
    std::transform(range.begin(), range.end(), std::inserter(wanted, wanted.end()),
                   [](const Commit& commit) { return commit.id; });
    return of_this_deployment && named == wanted;
}

std::string manual_command(const FollowUpRequest& request, const FollowUp& follow_up,
                           const RevertedCommits& reverted) {
    const std::string source = follow_up.source.empty() ? "main" : follow_up.source;
    return fmt::format(
        "git fetch origin {} && git switch -c {} {} && {} && git push -u origin HEAD",
        shell_word(source), shell_word(follow_up.branch), shell_word("origin/" + source),
        revert_command(request, reverted));
}

}  // namespace headway::core
