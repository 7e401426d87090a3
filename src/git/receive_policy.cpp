#include "git/receive_policy.hpp"

#include <exception>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "git/libgit2.hpp"
#include "git/local_repository.hpp"
#include "headway/error.hpp"
#include "headway/text.hpp"

namespace headway::git {

namespace {

constexpr std::string_view k_cannot_read = "the repository's configuration cannot be read";

bool flag(git_config& configuration, const char* name, bool otherwise) {
    const std::string value = configured(configuration, name);
    int parsed = 0;
    return value.empty() || git_config_parse_bool(&parsed, value.c_str()) < 0 ? otherwise
                                                                              : parsed != 0;
}

/// receive.denyCurrentBranch and receive.denyDeleteCurrent: false, "ignore" and "warn" permit.
/// "updateInstead" would have to write a work tree, so it forbids.
bool forbids(git_config& configuration, const char* name) {
    const std::string value = configured(configuration, name);
    return value != "ignore" && value != "warn" && flag(configuration, name, true);
}

int append_value(const git_config_entry* entry, void* payload) noexcept {
    try {
        static_cast<std::vector<std::string>*>(payload)->emplace_back(
            entry->value == nullptr ? "" : entry->value);
        return 0;
    } catch (const std::exception&) {
        return GIT_EUSER;
    }
}

std::vector<std::string> all_values(git_config& configuration, const char* name) {
    std::vector<std::string> values;
    const int code =
        git_config_get_multivar_foreach(&configuration, name, nullptr, append_value, &values);
    if (code != GIT_ENOTFOUND) {
        check(code, k_cannot_read);
    }
    return values;
}

/// The ref that a HEAD file names (gitrepository-layout); empty when it is detached.
std::string target_of(const std::filesystem::path& head) {
    std::ifstream file(head);
    std::string line;
    std::getline(file, line);
    constexpr std::string_view k_prefix = "ref:";
    return line.starts_with(k_prefix)
               ? std::string(trimmed(std::string_view(line).substr(k_prefix.size())))
               : std::string{};
}

}  // namespace

ReceivePolicy::ReceivePolicy(git_repository& repository) {
    const ConfigHandle configuration = configuration_of(repository);
    m_deny_non_fast_forwards = flag(*configuration, "receive.denynonfastforwards", false);
    m_deny_deletes = flag(*configuration, "receive.denydeletes", false);
    m_deny_delete_current = forbids(*configuration, "receive.denydeletecurrent");
    m_deny_current_branch = forbids(*configuration, "receive.denycurrentbranch");
    for (const char* name : {"transfer.hiderefs", "receive.hiderefs"}) {
        const auto values = all_values(*configuration, name);
        m_hidden.insert(m_hidden.begin(), values.rbegin(), values.rend());
    }

    const std::filesystem::path common(git_repository_commondir(&repository));
    m_head = target_of(common / "HEAD");
    if (!flag(*configuration, "core.bare", git_repository_is_bare(&repository) == 1)) {
        m_checked_out.insert(m_head);
    }
    std::error_code none;
    for (const auto& worktree : std::filesystem::directory_iterator(common / "worktrees", none)) {
        m_checked_out.insert(target_of(worktree.path() / "HEAD"));
    }
}

bool ReceivePolicy::is_hidden(const std::string& ref) const {
    for (const std::string& rule : m_hidden) {
        std::string_view prefix = rule;
        const bool shown = prefix.starts_with('!');
        prefix.remove_prefix(shown ? 1 : 0);
        prefix.remove_prefix(prefix.starts_with('^') ? 1 : 0);
        while (prefix.ends_with('/')) {
            prefix.remove_suffix(1);
        }
        if (ref == prefix || (ref.starts_with(prefix) && ref[prefix.size()] == '/')) {
            return !shown;
        }
    }
    return false;
}

std::string ReceivePolicy::refusal(const RefUpdate& update) const {
    int valid = 0;
    if (!update.ref.starts_with("refs/") || update.ref.find('\0') != std::string::npos ||
        git_reference_name_is_valid(&valid, update.ref.c_str()) < 0 || valid == 0) {
        return "funny refname";
    }
    if (is_hidden(update.ref)) {
        return "deny updating a hidden ref";
    }
    const bool deletes = update.desired.is_null();
    if (update.expected == update.desired) {
        return {};
    }
    if (deletes && update.ref.starts_with("refs/heads/")) {
        if (m_deny_deletes) {
            return "deletion prohibited";
        }
        if (m_deny_delete_current && update.ref == m_head) {
            return "deletion of the current branch prohibited";
        }
    }
    if (m_deny_current_branch && m_checked_out.contains(update.ref)) {
        return "branch is currently checked out";
    }
    return {};
}

}  // namespace headway::git
