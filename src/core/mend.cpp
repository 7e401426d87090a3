#include "core/mend.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "headway/trailers.hpp"

namespace headway::core {

namespace {

constexpr std::size_t k_least_digits = 7;
constexpr std::string_view k_hex = "0123456789abcdef";

/// The id that stands at the start of `text`, in whole or abbreviated; empty when there is none.
std::string_view leading_id(std::string_view text) {
    const std::size_t end = std::min(text.find_first_not_of(k_hex), text.size());
    return end >= k_least_digits && end <= ObjectId::k_hex_size ? text.substr(0, end)
                                                                : std::string_view{};
}

/// Ids, in whole or abbreviated.
class Names {
public:
    void add(std::string_view id) {
        if (!id.empty()) {
            m_names.emplace(id);
        }
    }

    void add_all(const Names& others) {
        m_names.insert(others.m_names.begin(), others.m_names.end());
    }

    [[nodiscard]] bool empty() const noexcept { return m_names.empty(); }

    [[nodiscard]] bool contain(const ObjectId& id) const {
        const std::string hex = id.hex();
        for (std::size_t digits = k_least_digits; digits <= hex.size(); ++digits) {
            if (m_names.contains(std::string_view(hex).substr(0, digits))) {
                return true;
            }
        }
        return false;
    }

private:
    std::set<std::string, std::less<>> m_names;
};

/// The commits that `message` says it reverts.
Names reverted_by(std::string_view message) {
    constexpr std::string_view k_words = "This reverts commit ";
    Names names;
    for (auto place = message.find(k_words); place != std::string_view::npos;
         place = message.find(k_words, place + 1)) {
        names.add(leading_id(message.substr(place + k_words.size())));
    }
    return names;
}

Names fixed_by(std::string_view message) {
    constexpr std::string_view k_key = "fixes-deployment";
    Names names;
    if (message.find_first_of(':') == std::string_view::npos) {
        return names;
    }
    for (const Trailer& trailer : parse_trailers(message)) {
        const bool ours = std::equal(
            trailer.key.begin(), trailer.key.end(), k_key.begin(), k_key.end(),
            [](char letter, char wanted) { return (letter | 0x20) == wanted || letter == wanted; });
        if (ours) {
            names.add(leading_id(trailer.value));
        }
    }
    return names;
}

/// The commits between, as a graph.
class Graph {
public:
    explicit Graph(const std::vector<Commit>& commits) {
        for (const Commit& commit : commits) {
            m_by_id.emplace(commit.id, &commit);
        }
    }

    /// What can be reached from `start`, children before parents.
    [[nodiscard]] std::vector<const Commit*> reached_from(const ObjectId& start) const {
        std::map<ObjectId, std::size_t> children;
        std::vector<const Commit*> open = collect(start, children);
        std::vector<const Commit*> order;
        while (!open.empty()) {
            const Commit* const commit = open.back();
            open.pop_back();
            order.push_back(commit);
            for (const ObjectId& parent : commit->parents) {
                const auto known = m_by_id.find(parent);
                if (known != m_by_id.end() && --children.at(parent) == 0) {
                    open.push_back(known->second);
                }
            }
        }
        return order;
    }

private:
    /// Counts the children of everything below `start`; the one commit without any is returned.
    [[nodiscard]] std::vector<const Commit*> collect(
        const ObjectId& start, std::map<ObjectId, std::size_t>& children) const {
        const auto first = m_by_id.find(start);
        if (first == m_by_id.end()) {
            return {};
        }
        std::set<ObjectId> seen{start};
        std::vector<const Commit*> open{first->second};
        while (!open.empty()) {
            const Commit* const commit = open.back();
            open.pop_back();
            for (const ObjectId& parent : commit->parents) {
                const auto known = m_by_id.find(parent);
                if (known == m_by_id.end()) {
                    continue;
                }
                ++children[parent];
                if (seen.insert(parent).second) {
                    open.push_back(known->second);
                }
            }
        }
        return {first->second};
    }

    std::map<ObjectId, const Commit*> m_by_id;
};

}  // namespace

std::optional<Mend> find_mend(const std::vector<Commit>& commits, const ObjectId& candidate,
                              const BadRange& range) {
    const Graph graph(commits);
    std::set<ObjectId> bad;
    for (const Commit* const commit : graph.reached_from(range.bad)) {
        bad.insert(commit->id);
    }
    // From the newest on, so that a revert is known to be reverted before it is looked at.
    Names undone;
    for (const Commit* const commit : graph.reached_from(candidate)) {
        if (bad.contains(commit->id) || undone.contain(commit->id)) {
            continue;
        }
        const Names reverted = reverted_by(commit->message);
        const Names fixed = fixed_by(commit->message);
        if (reverted.empty() && fixed.empty()) {
            continue;
        }
        for (const ObjectId& suspect : bad) {
            if (reverted.contain(suspect)) {
                return Mend{.by = commit->id, .bad = suspect, .way = Mend::Way::reverts};
            }
            if (fixed.contain(suspect)) {
                return Mend{.by = commit->id, .bad = suspect, .way = Mend::Way::fixes};
            }
        }
        undone.add_all(reverted);
    }
    return std::nullopt;
}

}  // namespace headway::core
