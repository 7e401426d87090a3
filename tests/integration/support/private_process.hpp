#pragma once

#include <functional>
#include <string>

namespace headway::test {

/// Runs `work` in a process of its own that has first been cut off from a part of the machine by
/// `prepare` (unshare(2)), and tells what it returned. Skips the test where the kernel does not
/// allow that: `prepare` is false.
[[nodiscard]] std::string in_private_process(const std::function<bool()>& prepare,
                                             const std::function<std::string()>& work);

}  // namespace headway::test
