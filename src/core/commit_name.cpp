#include "core/commit_name.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "headway/text.hpp"

namespace headway::core {

namespace {

constexpr std::size_t k_searched_generations = 1000;
constexpr std::size_t k_least_abbreviation = 4;

bool is_abbreviation(const std::string& text) {
    return text.size() >= k_least_abbreviation && text.size() <= ObjectId::k_hex_size &&
           text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return lower;
}

std::set<ObjectId> candidates(GitRemote& remote, const std::string& prefix,
                              const CommitSearch& search) {
    std::set<ObjectId> found;
    const auto collect = [&](const ObjectId& id) {
        if (id.hex().starts_with(prefix)) {
            found.insert(id);
        }
    };
    std::for_each(search.known.begin(), search.known.end(), collect);
    if (found.empty() && search.checkout) {
        if (const auto known = search.checkout(prefix)) {
            found.insert(*known);
        }
    }
    if (found.empty()) {
        const std::vector<ObjectId> wants{search.branch_tip};
        const CommitList list =
            remote.commits_between(wants, {}, Reach{.generations = k_searched_generations});
        for (const Commit& commit : list.commits) {
            collect(commit.id);
        }
    }
    return found;
}

}  // namespace

ObjectId find_commit(GitRemote& remote, const std::string& name, const CommitSearch& search) {
    if (const auto id = ObjectId::parse(name)) {
        return *id;
    }
    if (!is_abbreviation(name)) {
        throw Error(ExitCode::usage, fmt::format("\"{}\" is no commit id", printable(name, 60)),
                    "a commit is named by 4 to 40 hexadecimal digits",
                    {"give its id, as this prints it: git rev-parse NAME"});
    }
    const std::set<ObjectId> found = candidates(remote, lower_case(name), search);
    if (found.empty()) {
        throw Error(ExitCode::usage, fmt::format("no commit {} was found", name),
                    fmt::format("without a clone an abbreviated id is looked up among the tips "
                                "and the newest {} generations of {}",
                                k_searched_generations, search.branch),
                    {"give all 40 digits, as this prints them: git rev-parse " + name});
    }
    if (found.size() > 1) {
        std::string names;
        for (const ObjectId& id : found) {
            names += (names.empty() ? "" : ", ") + id.hex();
        }
        throw Error(ExitCode::usage, fmt::format("{} is ambiguous", name),
                    "it fits " + printable(names), {"give more digits"});
    }
    return *found.begin();
}

}  // namespace headway::core
