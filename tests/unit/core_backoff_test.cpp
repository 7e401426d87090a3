#include <catch2/catch_test_macros.hpp>

#include "core/promote.hpp"

using namespace headway::core;
using std::chrono::milliseconds;

TEST_CASE("waiting before a new plan doubles, is bounded, and differs between competitors") {
    CHECK(backoff(1, 0) == milliseconds(10));
    CHECK(backoff(2, 0) == milliseconds(20));
    CHECK(backoff(3, 0) == milliseconds(40));
    CHECK(backoff(7, 0) == milliseconds(640));
    CHECK(backoff(39, 0) == milliseconds(640));
    CHECK(backoff(0, 0) == milliseconds(10));
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        CHECK(backoff(1, seed) >= milliseconds(10));
        CHECK(backoff(1, seed) <= milliseconds(20));
        CHECK(backoff(39, seed) <= milliseconds(1280));
    }
    CHECK(backoff(1, 3) != backoff(1, 4));
}
