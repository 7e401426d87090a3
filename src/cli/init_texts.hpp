#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/init_plan.hpp"

/// The texts that `headway init` writes: pure, from a plan.
namespace headway::cli {

struct InitFile {
    std::string path;  ///< Below the top of the checkout.
    std::string text;
};

/// What CI needs: files to write, and what is to be added by hand to a file that is there.
struct CiTexts {
    std::vector<InitFile> files;
    std::string add_to;  ///< Empty: nothing is to be added.
    std::string lines;   ///< Each ends in '\n'.
};

/// The text as a YAML scalar that can also stand in a flow collection; in quotes where it has to.
[[nodiscard]] std::string yaml_scalar(std::string_view text);

/// `.headway.yml`; config::parse_file reads it.
[[nodiscard]] std::string configuration_text(const InitPlan& plan);

/// `has_file`: the system's own file (k_ci_systems) is there already.
[[nodiscard]] CiTexts ci_texts(const InitPlan& plan, bool has_file);

/// What remains to be done by hand, one step each.
[[nodiscard]] std::vector<std::string> next_steps(const InitPlan& plan, const CiTexts& ci);

}  // namespace headway::cli
