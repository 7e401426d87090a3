#include <array>
#include <map>

#include <fmt/format.h>

#include "config/config.hpp"
#include "config/fields.hpp"
#include "config/file_gates.hpp"
#include "config/file_probes.hpp"
#include "config/forge_settings.hpp"
#include "config/gates.hpp"
#include "config/overrides.hpp"
#include "config/urls.hpp"
#include "config/values.hpp"
#include "config/yaml.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

using Keys = std::string_view;
constexpr std::array<Keys, 8> k_top_keys{"remote", "source",   "forge",        "api",
                                         "ledger", "identity", "environments", "notify"};
constexpr std::array<Keys, 2> k_identity_keys{"name", "email"};
constexpr std::array<Keys, 1> k_ledger_keys{"branch"};
constexpr std::array<Keys, 11> k_environment_keys{
    "branch", "token", "token_user", "api_token",    "url",     "verify",
    "after",  "soak",  "freeze",     "on_unhealthy", "on_retry"};
constexpr std::array<Keys, 6> k_verify_keys{"deadline", "interval",  "consecutive",
                                            "watch",    "variables", "probes"};
constexpr std::array<Keys, 1> k_notify_keys{"slack"};
constexpr std::array<Keys, 2> k_notify_later{"telegram", "webhook"};
constexpr std::array<Keys, 1> k_slack_keys{"webhook"};
constexpr std::array<Keys, 2> k_slack_later{"token", "channel"};

constexpr Schema k_top{"the file", k_top_keys};
constexpr Schema k_identity{"identity", k_identity_keys};
constexpr Schema k_ledger{"ledger", k_ledger_keys};
constexpr Schema k_environment{"the environment", k_environment_keys};
constexpr Schema k_verify{"verify", k_verify_keys};
constexpr Schema k_notify{"notify", k_notify_keys, k_notify_later};
constexpr Schema k_slack{"slack", k_slack_keys, k_slack_later};

/// Reads the tree into values, top down. One object reads one file.
class FileReader {
public:
    explicit FileReader(std::string_view path) : m_document{std::string(path)} {}

    FileConfiguration read(const Node& root);

private:
    template <typename Check>
    auto checked(const Entry& entry, Check check) const {
        const Origin origin = m_document.at(entry);
        auto value = check(text_of(m_document, entry), origin);
        return Setting<decltype(value)>{std::move(value), origin};
    }
    /// Fills `target` when `fields` has the key.
    template <typename Target, typename Check>
    void optional(Target& target, const Fields& fields, std::string_view key, Check check) const {
        if (const Entry* entry = fields.find(key)) {
            target = checked(*entry, check);
        }
    }
    template <typename Target>
    void duration(Target& target, const Fields& fields, std::string_view key,
                  const DurationBounds& bounds) const {
        optional(target, fields, key, [&](std::string_view text, const Origin& origin) {
            return checked_duration(text, bounds, origin);
        });
    }

    [[nodiscard]] LedgerConfiguration ledger(const Entry& entry) const;
    void identity(FileConfiguration& file, const Entry& entry) const;
    void notify(FileConfiguration& file, const Entry& entry) const;
    [[nodiscard]] std::vector<FileEnvironment> environments(const Entry& entry) const;
    [[nodiscard]] FileEnvironment environment(const Entry& entry) const;
    void verify(FileEnvironment& environment, const Entry& entry) const;
    void refuse_clashes(const FileConfiguration& file) const;

    Document m_document;
};

FileConfiguration FileReader::read(const Node& root) {
    if (root.kind != NodeKind::map) {
        const bool empty = root.kind == NodeKind::nothing;
        refuse(m_document.at(root),
               empty ? "the file is empty" : "the file is not a map of keys and values", {},
               {"begin with a line \"environments:\", as examples/headway.yml does"});
    }
    FileConfiguration file;
    file.path = m_document.path;
    const Fields fields(m_document, root, k_top);
    optional(file.remote, fields, "remote", checked_remote);
    optional(file.source, fields, "source", checked_branch);
    optional(file.forge, fields, "forge", checked_forge);
    optional(file.api, fields, "api", checked_api);
    if (const Entry* entry = fields.find("ledger")) {
        file.ledger = ledger(*entry);
    }
    if (const Entry* entry = fields.find("identity")) {
        identity(file, *entry);
    }
    if (const Entry* entry = fields.find("notify")) {
        notify(file, *entry);
    }
    if (const Entry* entry = fields.find("environments")) {
        file.environments = environments(*entry);
    }
    refuse_clashes(file);
    check_order(order_of(file));
    return file;
}

LedgerConfiguration FileReader::ledger(const Entry& entry) const {
    if (entry.value->kind == NodeKind::map) {
        const Fields fields(m_document, *entry.value, k_ledger);
        if (const Entry* branch = fields.find("branch")) {
            return ledger_on_branch(text_of(m_document, *branch), m_document.at(*branch));
        }
        refuse(m_document.at(entry), "\"ledger\" has no branch", {},
               {"ledger: {branch: headway-ledger}"});
    }
    return checked_ledger(text_of(m_document, entry), m_document.at(entry));
}

void FileReader::identity(FileConfiguration& file, const Entry& entry) const {
    require_map(m_document, entry);
    const Fields fields(m_document, *entry.value, k_identity);
    optional(file.identity_name, fields, "name", checked_identity_name);
    optional(file.identity_email, fields, "email", checked_identity_email);
}

void FileReader::notify(FileConfiguration& file, const Entry& entry) const {
    require_map(m_document, entry);
    const Fields fields(m_document, *entry.value, k_notify);
    if (const Entry* slack = fields.find("slack")) {
        require_map(m_document, *slack);
        const Fields channel(m_document, *slack->value, k_slack);
        if (const Entry* webhook = channel.find("webhook")) {
            file.slack_webhook =
                secret_of(m_document, *webhook,
                          "a webhook's address is a secret, which is never written into the file",
                          "webhook: {env: SLACK_WEBHOOK}");
        }
    }
}

std::vector<FileEnvironment> FileReader::environments(const Entry& entry) const {
    require_map(m_document, entry);
    std::vector<FileEnvironment> environments;
    for (const Entry& named : merged_entries(m_document, *entry.value)) {
        environments.push_back(environment(named));
    }
    if (environments.empty()) {
        refuse(m_document.at(entry), "\"environments\" names no environment", {},
               {"name one, as examples/headway.yml does, or remove the key"});
    }
    if (environments.size() > k_max_environments) {
        refuse(m_document.at(entry), "too many environments",
               fmt::format("{} are named and at most {} are possible", environments.size(),
                           k_max_environments));
    }
    return environments;
}

FileEnvironment FileReader::environment(const Entry& entry) const {
    FileEnvironment environment;
    environment.origin = m_document.at(*entry.key);
    environment.name = checked_environment(entry.key->text, environment.origin);
    require_map(m_document, entry);
    const Fields fields(m_document, *entry.value, k_environment);
    const Entry* branch = fields.find("branch");
    if (branch == nullptr) {
        refuse(environment.origin,
               fmt::format("environment {} has no branch", in_quotes(environment.name)),
               "a promotion moves the branch that the environment deploys from",
               {fmt::format("branch: deploy/{}", environment.name)});
    }
    environment.branch = checked(*branch, checked_branch);
    environment.branch.value.insert(0, "refs/heads/");
    if (const Entry* token = fields.find("token")) {
        environment.token = secret_of(m_document, *token, "a token is never written into the file",
                                      "token: {env: STAGING_PUSH_TOKEN}");
    }
    if (const Entry* token = fields.find("api_token")) {
        environment.api_token =
            secret_of(m_document, *token, "a token is never written into the file",
                      "api_token: {env: FORGE_API_TOKEN}");
    }
    optional(environment.token_user, fields, "token_user", checked_user);
    optional(environment.url, fields, "url", checked_url);
    if (const Entry* after = fields.find("after")) {
        environment.after = read_after(m_document, *after);
    }
    duration(environment.soak, fields, "soak", k_soak_bounds);
    if (const Entry* freeze = fields.find("freeze")) {
        environment.freeze = read_freeze(m_document, *freeze);
    }
    optional(environment.on_unhealthy, fields, "on_unhealthy", checked_on_unhealthy);
    optional(environment.on_retry, fields, "on_retry", checked_on_retry);
    if (const Entry* verification = fields.find("verify")) {
        verify(environment, *verification);
    }
    return environment;
}

void FileReader::verify(FileEnvironment& environment, const Entry& entry) const {
    require_map(m_document, entry);
    const Fields fields(m_document, *entry.value, k_verify);
    duration(environment.deadline, fields, "deadline", k_deadline_bounds);
    duration(environment.interval, fields, "interval", k_interval_bounds);
    optional(environment.consecutive, fields, "consecutive",
             [](std::string_view text, const Origin& origin) {
                 return checked_number(text, 1, k_max_consecutive, origin);
             });
    duration(environment.watch, fields, "watch", k_watch_bounds);
    if (const Entry* variables = fields.find("variables")) {
        environment.variables = read_variables(m_document, *variables);
    }
    if (const Entry* probes = fields.find("probes")) {
        environment.probes =
            read_probes(m_document, *probes, template_names(environment.variables));
    }
}

/// git cannot hold a branch "a" beside a branch "a/b", and one branch has one environment.
void FileReader::refuse_clashes(const FileConfiguration& file) const {
    std::map<std::string_view, const FileEnvironment*> by_branch;
    for (const auto& environment : file.environments) {
        const auto [other, added] = by_branch.emplace(environment.branch.value, &environment);
        if (!added) {
            refuse(environment.branch.origin,
                   fmt::format("environment {} has the branch of environment {}",
                               in_quotes(environment.name), in_quotes(other->second->name)),
                   "each environment deploys from a branch of its own",
                   {"give one of them another branch"});
        }
    }
    constexpr std::string_view k_because =
        "git cannot hold a branch and another one below its name";
    const bool ledger_branch = file.ledger && file.ledger->place == LedgerPlace::branch;
    for (const auto& environment : file.environments) {
        const std::string_view branch = environment.branch.value;
        for (auto slash = branch.find('/'); slash != branch.npos;
             slash = branch.find('/', slash + 1)) {
            const auto above = by_branch.find(branch.substr(0, slash));
            if (above != by_branch.end()) {
                refuse(environment.branch.origin,
                       fmt::format("the branches of {} and {} exclude each other",
                                   in_quotes(environment.name), in_quotes(above->second->name)),
                       std::string(k_because), {"rename one of them"});
            }
        }
        if (ledger_branch && (file.ledger->prefix.starts_with(std::string(branch) + "/") ||
                              branch.starts_with(file.ledger->prefix))) {
            refuse(file.ledger->origin,
                   fmt::format("the ledger's branches and the branch of {} exclude each other",
                               in_quotes(environment.name)),
                   std::string(k_because), {"ledger: {branch: headway-ledger}"});
        }
    }
}

}  // namespace

FileConfiguration parse_file(std::string_view text, std::string_view path) {
    const NodePointer root = parse_yaml(text, path);
    return FileReader(path).read(*root);
}

}  // namespace headway::config
