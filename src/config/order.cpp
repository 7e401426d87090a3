#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "config/gates.hpp"

namespace headway::config {

namespace {

constexpr std::size_t k_shown_names = 10;

using Indices = std::map<std::string_view, std::size_t>;

[[noreturn]] void refuse_unknown(const std::vector<Ordered>& environments, const Ordered& of,
                                 const Setting<std::string>& name) {
    std::vector<std::string> others;
    for (const Ordered& other : environments) {
        if (other.name != of.name) {
            others.emplace_back(other.name);
        }
    }
    refuse(name.origin, fmt::format("unknown environment {}", in_quotes(name.value)),
           others.empty() ? "there is no other environment in the file"
                          : fmt::format("{} can come after: {}", in_quotes(of.name),
                                        joined(others, k_shown_names)),
           suggestion(name.value, others));
}

/// A way through the graph, as a stack of its own: a file may chain thousands of environments.
struct Step {
    std::size_t environment = 0;
    std::size_t next = 0;  ///< Of its `after`.
};

[[noreturn]] void refuse_circle(const std::vector<Ordered>& environments,
                                const std::vector<Step>& way, std::size_t again) {
    const auto first = std::find_if(way.begin(), way.end(),
                                    [&](const Step& step) { return step.environment == again; });
    std::vector<std::string> names;
    for (auto step = first; step != way.end(); ++step) {
        names.emplace_back(environments[step->environment].name);
    }
    const Step& last = way.back();
    refuse((*environments[last.environment].after)[last.next - 1].origin,
           "the environments wait for each other in a circle",
           fmt::format("each of these comes after the next, and the last one after the first: {}",
                       joined(names, k_shown_names)),
           {"remove one \"after\" of them"});
}

enum class Seen { no, on_way, done };

/// Walks all that `start` comes after.
void refuse_circles(const std::vector<Ordered>& environments, const Indices& indices,
                    std::size_t start, std::vector<Seen>& seen) {
    std::vector<Step> way{{start, 0}};
    seen[start] = Seen::on_way;
    while (!way.empty()) {
        Step& step = way.back();
        const After& after = *environments[step.environment].after;
        if (step.next == after.size()) {
            seen[step.environment] = Seen::done;
            way.pop_back();
            continue;
        }
        const std::size_t next = indices.at(after[step.next++].value);
        if (seen[next] == Seen::on_way) {
            refuse_circle(environments, way, next);
        }
        if (seen[next] == Seen::no) {
            seen[next] = Seen::on_way;
            way.push_back({next, 0});
        }
    }
}

}  // namespace

std::vector<Ordered> order_of(const FileConfiguration& file) {
    std::vector<Ordered> order;
    for (const FileEnvironment& environment : file.environments) {
        order.push_back({environment.name, &environment.after});
    }
    return order;
}

void refuse_after_itself(std::string_view environment, const After& after) {
    for (const auto& name : after) {
        if (name.value == environment) {
            refuse(name.origin,
                   fmt::format("environment {} cannot come after itself", in_quotes(environment)));
        }
    }
}

void check_order(const std::vector<Ordered>& environments) {
    Indices indices;
    for (std::size_t index = 0; index < environments.size(); ++index) {
        indices.emplace(environments[index].name, index);
    }
    for (const Ordered& environment : environments) {
        refuse_after_itself(environment.name, *environment.after);
        for (const auto& name : *environment.after) {
            if (!indices.contains(name.value)) {
                refuse_unknown(environments, environment, name);
            }
        }
    }
    std::vector<Seen> seen(environments.size(), Seen::no);
    for (std::size_t index = 0; index < environments.size(); ++index) {
        if (seen[index] == Seen::no) {
            refuse_circles(environments, indices, index, seen);
        }
    }
}

Setting<std::vector<std::string>> names_of(const After& after) {
    Setting<std::vector<std::string>> names;
    std::set<std::string_view> seen;
    for (const auto& name : after) {
        if (seen.insert(name.value).second) {
            names.value.push_back(name.value);
        }
    }
    if (!after.empty()) {
        names.origin = after.front().origin;
    }
    return names;
}

}  // namespace headway::config
