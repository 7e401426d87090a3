"""Kills headway at random times, over and over; after each kill the crash tests' conditions hold.

The long form, by hand, from the folder `tests` after a build:

    HEADWAY_BINARY=../build/headway python3 -m e2e.crash_run --kills 500 [--seed N] [--no-atomic]

A failure names the seed, with which the same delays come again.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter

from e2e.crash_scene import CrashScene, Work

k_most_kills_of_one_work = 3


def _duration(scene: CrashScene, work: Work) -> float:
    """How long an undisturbed run takes, mostly."""
    durations = []
    for _ in range(3):
        scene.begin(work)
        durations.append(scene.finish(work).duration)
    return sorted(durations)[1]


def _kill(scene: CrashScene, work: Work, delay: float) -> bool:
    """One run that is killed after so many seconds; whether it was still running by then."""
    with scene.start_work(work) as process:
        time.sleep(delay)  # Nothing is waited for: that it comes at any moment is the point.
        alive = process.running()
        process.kill()
    scene.settle()
    scene.assert_sound(work)
    return alive


def kill_at_random(scene: CrashScene, *, kills: int, seed: int | None = None) -> Counter[str]:
    """Kills the works in turn, each a few times before it is finished; what was seen: how many
    kills found the work where. AssertionError with seed and delays where a condition failed."""
    seed = random.SystemRandom().randrange(2**32) if seed is None else seed
    chance = random.Random(seed)
    works = list(scene.works.values())
    usual = [_duration(scene, work) for work in works]
    seen: Counter[str] = Counter()
    done = 0
    while done < kills:
        index = chance.randrange(len(works))
        work, delays = works[index], []
        scene.begin(work)
        try:
            for _ in range(chance.randint(1, k_most_kills_of_one_work)):
                delays.append(chance.uniform(0, usual[index]))
                alive = _kill(scene, work, delays[-1])
                done += alive
                moved = scene.tip == work.target
                events = len(scene.ledger()) - len(scene.before)
                state = f"branch {'moved' if moved else 'not moved'}, {events} new events"
                seen[f"{work.name}: {state if alive else 'had ended'}"] += 1
            scene.finish(work)
        except Exception as error:
            told = ", ".join(f"{delay * 1000:.1f} ms" for delay in delays)
            raise AssertionError(
                f"seed {seed}, {work.name}, after {done} kills, the last of them after {told}: "
                f"{error}"
            ) from error
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(prog="e2e.crash_run", description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--no-atomic", action="store_true")
    options = parser.parse_args()
    started = time.monotonic()
    with CrashScene(atomic=not options.no_atomic) as scene:
        seen = kill_at_random(scene, kills=options.kills, seed=options.seed)
    for state, count in sorted(seen.items()):
        sys.stdout.write(f"{count:6} {state}\n")
    sys.stdout.write(f"{options.kills} kills, {time.monotonic() - started:.0f} s: sound\n")


if __name__ == "__main__":
    main()
