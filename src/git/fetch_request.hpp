#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "git/capabilities.hpp"
#include "headway/object_id.hpp"

namespace headway::git {

/// What a server can leave out of a fetch, whichever protocol it speaks.
struct FetchAbilities {
    bool filter = false;
    bool shallow = false;
    bool offset_deltas = false;
};

[[nodiscard]] FetchAbilities fetch_abilities(const Advertisement& advertisement);

/// One question to upload-pack. What the server does not offer must not be asked for: it may
/// refuse the whole request.
struct FetchRequest {
    std::vector<ObjectId> wants;
    std::vector<ObjectId> haves;
    /// Commits whose parents the server shall not look at. Costs fewer bytes than `depth`, which
    /// the server answers with one line per commit.
    std::vector<ObjectId> shallow;
    std::size_t depth = 0;    ///< Generations ("deepen"); 0: no bound.
    std::string_view filter;  ///< gitprotocol-v2's filter-spec, or empty.
};

/// The body of a v2 "fetch" that asks for a pack at once ("done").
[[nodiscard]] std::string fetch_body_v2(const FetchRequest& request);

/// The body of the same question in v0 (gitprotocol-pack, gitprotocol-http), in one round.
[[nodiscard]] std::string fetch_body_v0(const FetchRequest& request, const Capabilities& offered);

}  // namespace headway::git
