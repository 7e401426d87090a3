#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/chronicle.hpp"

namespace headway::core {

/// A deployment that a rollback can go back to.
struct Station {
    ObjectId commit;
    std::int64_t since = 0;  ///< When it was deployed, in seconds since the epoch.
    bool verified = false;   ///< It was proven to run, and has not failed since.
    bool failed = false;     ///< Its last verdict was "unhealthy".
    /// It may be newer than what is deployed: a rollback went to a commit between two deployments.
    bool doubtful = false;
    std::int64_t verified_since = 0;
};

/// The deployments that lead to the present one, newest first; the first one is what the ledger
/// holds now. What was rolled back from is not among them. Pure.
[[nodiscard]] std::vector<Station> stations(const Chronicle& chronicle);

/// The newest verified station besides `deployed`; nothing when there is none.
[[nodiscard]] std::optional<Station> last_verified(const std::vector<Station>& stations,
                                                   const ObjectId& deployed);

/// The station `steps` (1 is the one before) back from `deployed`; nothing beyond the oldest. When
/// something else moved the branch, the ledger's present one is one step back.
[[nodiscard]] std::optional<Station> steps_back(const std::vector<Station>& stations,
                                                const ObjectId& deployed, unsigned steps);

/// The events before the rollbacks that the environment has been through since its last promotion;
/// all of them when there was none.
[[nodiscard]] Chronicle before_rollbacks(const Chronicle& chronicle);

/// The last thing that the ledger tells of `commit` while it was deployed, if anything.
[[nodiscard]] std::optional<Station> ever_deployed(const Chronicle& chronicle,
                                                   const ObjectId& commit);

}  // namespace headway::core
