#pragma once

#include <optional>

#include "headway/object_id.hpp"

namespace headway::core {

/// The id; nothing for the null id, which stands for "no object".
[[nodiscard]] inline std::optional<ObjectId> unless_null(const ObjectId& id) {
    return id.is_null() ? std::nullopt : std::optional(id);
}

}  // namespace headway::core
