#include <catch2/catch_test_macros.hpp>

#include <algorithm>

#include "core/convergence.hpp"

using namespace headway::core;

namespace {

/// One letter an answer: e(xpected), o(ther version), h (unhealthy), u(nreachable).
Answer answer_of(char letter) {
    switch (letter) {
        case 'e':
            return Answer::expected;
        case 'o':
            return Answer::other;
        case 'h':
            return Answer::unhealthy;
        default:
            return Answer::unreachable;
    }
}

Convergence after(std::string_view answers, unsigned consecutive = 3) {
    Convergence convergence(consecutive);
    for (const char letter : answers) {
        convergence.add(answer_of(letter));
    }
    return convergence;
}

/// One word an origin: its outcome's first letter (c, s, m, h, u); capital: it tells its version.
Outcome together(std::string_view origins) {
    std::vector<Share> shares;
    for (const char letter : origins) {
        Share share;
        share.tells_version = letter >= 'A' && letter <= 'Z';
        switch (letter | 0x20) {
            case 'c':
                share.outcome = Outcome::converged;
                break;
            case 's':
                share.outcome = Outcome::still_old;
                break;
            case 'm':
                share.outcome = Outcome::mixed;
                break;
            case 'h':
                share.outcome = Outcome::unhealthy;
                break;
            default:
                share.outcome = Outcome::unreachable;
        }
        shares.push_back(share);
    }
    return outcome_of(shares);
}

}  // namespace

TEST_CASE("the outcome of one origin") {
    struct Row {
        std::string_view answers;
        Outcome outcome;
    };
    for (const Row& row : std::vector<Row>{
             {"", Outcome::unreachable},
             {"eee", Outcome::converged},
             {"oohueee", Outcome::converged},
             {"eeeo", Outcome::mixed},
             {"ee", Outcome::unhealthy},
             {"o", Outcome::still_old},
             {"ooo", Outcome::still_old},
             {"oe", Outcome::mixed},
             {"eoeoeo", Outcome::mixed},
             {"eoooooo", Outcome::still_old},  // The new answer is too long ago.
             {"h", Outcome::unhealthy},
             {"oooh", Outcome::unhealthy},
             {"hhho", Outcome::still_old},
             {"u", Outcome::unreachable},
             {"ooou", Outcome::unreachable},
             {"eheheh", Outcome::unhealthy},
             {"eueue", Outcome::unreachable},
             {"uhee", Outcome::unhealthy},
         }) {
        INFO(row.answers);
        CHECK(after(row.answers).outcome() == row.outcome);
    }
    CHECK(after("e", 1).outcome() == Outcome::converged);
}

TEST_CASE("a streak counts the expected answers since the last other one") {
    CHECK(after("").streak() == 0);
    CHECK(after("ee").streak() == 2);
    CHECK(after("eeoe").streak() == 1);
    CHECK(after("eeeh").streak() == 0);
    CHECK_FALSE(after("eeeh").converged());
    CHECK(after("eeeeee").converged());
}

TEST_CASE("the outcome of all origins together") {
    struct Row {
        std::string_view origins;
        Outcome outcome;
    };
    for (const Row& row : std::vector<Row>{
             {"", Outcome::unreachable},
             {"CC", Outcome::converged},
             {"Cc", Outcome::converged},
             {"SS", Outcome::still_old},
             {"Sc", Outcome::still_old},  // What converged does not tell its version.
             {"SC", Outcome::mixed},
             {"CM", Outcome::mixed},
             {"SM", Outcome::mixed},
             {"CH", Outcome::unhealthy},
             {"SH", Outcome::unhealthy},
             {"UH", Outcome::unhealthy},
             {"CU", Outcome::unreachable},
             {"SU", Outcome::unreachable},
             {"MU", Outcome::unreachable},
         }) {
        INFO(row.origins);
        CHECK(together(row.origins) == row.outcome);
    }
}

TEST_CASE("the worst of several outcomes") {
    // From the worst on; each is worse than all that follow, and not than itself.
    const std::vector<Outcome> all{Outcome::unhealthy, Outcome::unreachable, Outcome::mixed,
                                   Outcome::still_old, Outcome::converged};
    for (std::size_t left = 0; left < all.size(); ++left) {
        for (std::size_t right = 0; right < all.size(); ++right) {
            CHECK(is_worse(all[left], all[right]) == (left < right));
            CHECK(worst_of(std::vector{all[left], all[right]}) == all[std::min(left, right)]);
        }
    }
    CHECK(worst_of({}) == Outcome::converged);
}

TEST_CASE("each outcome has a word") {
    CHECK(word_of(Outcome::converged) == "converged");
    CHECK(word_of(Outcome::still_old) == "still-old");
    CHECK(word_of(Outcome::mixed) == "mixed");
    CHECK(word_of(Outcome::unhealthy) == "unhealthy");
    CHECK(word_of(Outcome::unreachable) == "unreachable");
}
