#include "cli/annotations.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/verify_details.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

constexpr std::size_t k_longest_label = 200;  // Bytes.
// Together less than GitLab takes by default, 80 KB.
constexpr std::size_t k_longest_url = 1000;  // Bytes.
constexpr std::size_t k_most_links = 50;

class Links {
public:
    void add(const std::string& label, const std::string& url) {
        const bool web = url.starts_with("https://") || url.starts_with("http://");
        if (web && url.size() <= k_longest_url && m_list.size() < k_most_links) {
            m_list.push_back(
                {{"external_link", {{"label", printable(label, k_longest_label)}, {"url", url}}}});
        }
    }
    [[nodiscard]] const nlohmann::ordered_json& list() const { return m_list; }

private:
    nlohmann::ordered_json m_list = nlohmann::ordered_json::array();
};

}  // namespace

std::string annotations_of(std::span<const Verified> verified) {
    Links links;
    for (const Verified& one : verified) {
        const std::string version =
            one.commit.empty() ? std::string() : ", " + one.commit.substr(0, 8);
        if (!one.report.origins.empty()) {
            links.add(
                fmt::format("{}: {}{}", one.environment, word_of(one.report.outcome), version),
                one.report.origins.front().url);
        }
        links.add(fmt::format("{}: commit {}", one.environment, one.commit.substr(0, 8)),
                  one.commit_url);
    }
    // After those, so that one environment's failures do not leave another one out.
    for (const Verified& one : verified) {
        for (const core::OriginReport& origin : one.report.origins) {
            if (origin.outcome != core::Outcome::converged) {
                links.add(
                    fmt::format("{}: {}: {}", one.environment, label_of(origin), origin.words),
                    origin.url);
            }
        }
    }
    const nlohmann::ordered_json document{{"headway", links.list()}};
    return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace headway::cli
