"""Killed (SIGKILL) at every network step: branch and ledger agree, and the same command finishes.

The steps come from an undisturbed run, so that they stay right when their number changes. The
random kills here are a few dozen; the long form is run by hand: see e2e/crash_run.py.
"""

from __future__ import annotations

import threading
import unittest
from collections.abc import Callable, Iterator
from dataclasses import replace

from e2e.crash_run import kill_at_random
from e2e.crash_scene import CrashScene, Work, k_branch_ref, place_of
from e2e.support import k_ledger, k_variable
from host.relay import Hold, push

Point = tuple[str, Callable[[], Hold], Callable[[Hold], None]]
"""What it is called, what makes a run stop there, and what becomes of the bytes that were on
their way when it is dead."""


def lacking_a_byte(hold: Hold) -> None:
    # Counted from its end: an event's time makes a push longer or shorter.
    hold.break_off(-1)


class CrashTest(unittest.TestCase):
    maxDiff = None

    def open(self, work: str, *, atomic: bool = True) -> Work:
        self.scene = self.enterContext(CrashScene(atomic=atomic))
        return self.scene.works[work]

    def points(self, work: Work) -> Iterator[Point]:
        relay = self.scene.relay
        for number, (name, answer, _) in enumerate(self.scene.steps(work), 1):

            def next_(number: int = number) -> int:
                return len(relay.exchanges) + number

            def at_request(next_: Callable[[], int] = next_) -> Hold:
                return relay.hold_request(next_())

            def at_answer(next_: Callable[[], int] = next_) -> Hold:
                return relay.hold_answer(next_())

            def in_answer(next_: Callable[[], int] = next_, half: int = answer // 2) -> Hold:
                return relay.hold_answer(next_(), after=half)

            yield f"request {name} never arrives", at_request, Hold.drop
            yield f"request {name} arrives but for its last byte", at_request, lacking_a_byte
            yield f"request {name} arrives later", at_request, Hold.release
            yield f"answer {name} is lost", at_answer, Hold.drop
            yield f"answer {name} ends in the middle", in_answer, Hold.drop

    def kill_at_each_step(self, work: Work) -> None:
        points = list(self.points(work))
        self.assertGreaterEqual(len(points), 5 * 5, "the undisturbed run was too short")
        for name, hold_there, go_on in points:
            with self.subTest(name):
                self.scene.begin(work)
                hold = hold_there()
                with self.scene.start_work(work) as process:
                    hold.await_arrival()
                    process.kill()
                go_on(hold)
                self.scene.settle()
                self.scene.assert_sound(work)
                self.scene.finish(work)


class AtEachStep(CrashTest):
    def test_of_a_first_promotion(self) -> None:
        self.kill_at_each_step(self.open("first promotion"))

    def test_of_a_promotion(self) -> None:
        self.kill_at_each_step(self.open("promotion"))

    def test_of_a_rollback(self) -> None:
        self.kill_at_each_step(self.open("rollback"))


    def test_before_anything_was_sent(self) -> None:
        self.open("promotion")
        for work in self.scene.works.values():
            with self.subTest(work.name):
                self.scene.begin(work)
                self.scene.start_work(work).kill()
                self.scene.settle()
                self.assertEqual(self.scene.ledger(), self.scene.before)
                self.scene.finish(work)


class WithoutAtomicPushes(CrashTest):
    """The branch goes first, its event second: what a kill between them leaves behind is put on
    record by the same command."""

    def test_of_a_first_promotion(self) -> None:
        self.kill_at_each_step(self.open("first promotion", atomic=False))

    def test_of_a_promotion(self) -> None:
        self.kill_at_each_step(self.open("promotion", atomic=False))

    def test_of_a_rollback(self) -> None:
        self.kill_at_each_step(self.open("rollback", atomic=False))


class SeveralEnvironments(unittest.TestCase):
    """Staging and production move by one push: after a kill at any step both have, or neither."""

    def setUp(self) -> None:
        self.command = ("promote", "staging", "production", "--no-verify", "--quiet")

    def open(self, *, atomic: bool) -> None:
        self.scene = self.enterContext(CrashScene(atomic=atomic))
        self.branches = {name: f"refs/heads/deploy/{name}" for name in self.command[1:3]}
        lines = "".join(
            f"  {name}:\n    branch: deploy/{name}\n    token: {{env: {k_variable}}}\n"
            for name in self.branches
        )
        url = self.scene.relay.url()
        self.scene.write(".headway.yml", f"remote: {url}\nsource: main\nenvironments:\n{lines}")
        self.scene.repo.delete_ref(k_ledger)
        first = self.scene.run(*self.command, "--commit", self.scene.commits[0])
        self.assertEqual(first.code, 0, first)
        self.start = self.scene.repo.refs()

    def states(self) -> set[tuple[str | None, str, int]]:
        """Where the branches are, what the newest events say, and how many there are."""
        repo = self.scene.repo
        ledgers = {name: repo.ledger(name) for name in self.branches}
        return {(repo.ref(ref), place_of(ledgers[name][0]), len(ledgers[name]))
                for name, ref in self.branches.items()}  # fmt: skip

    def reset(self) -> None:
        for ref, id_ in self.start.items():
            self.scene.repo.update_ref(ref, id_)

    def kill_at_each_step(self, *, atomic: bool) -> None:
        self.open(atomic=atomic)
        relay, (old, _, new) = self.scene.relay, self.scene.commits
        before, after = (old, old, 1), (new, new, 2)
        sound = {before, after} if atomic else {before, after, (new, old, 1)}
        first = len(relay.exchanges)
        self.assertEqual(self.scene.run(*self.command).code, 0)
        for number in range(1, len(relay.exchanges) - first + 1):
            for hold_there, go_on in (
                (relay.hold_request, Hold.drop),
                (relay.hold_request, Hold.release),
                (relay.hold_answer, Hold.drop),
            ):
                with self.subTest(f"{hold_there.__name__} {number}, {go_on.__name__}"):
                    self.reset()
                    relay.clear()
                    hold = hold_there(len(relay.exchanges) + number)
                    with self.scene.start(*self.command) as process:
                        hold.await_arrival()
                        process.kill()
                    go_on(hold)
                    self.scene.settle()
                    states = self.states()
                    self.assertEqual((len(states), states - sound), (1, set()), states)
                    self.assertEqual(self.scene.run(*self.command).code, 0)
                    self.assertEqual(self.states(), {after})
                    self.scene.repo.fsck()

    def test_at_each_step(self) -> None:
        self.kill_at_each_step(atomic=True)

    def test_at_each_step_without_atomic_pushes(self) -> None:
        self.kill_at_each_step(atomic=False)


class WhileTheServerWorks(CrashTest):
    """Each push of the work has arrived at the hook, and nothing has moved."""

    def kill_in_each_push(self, name: str) -> None:
        work = self.open(name)
        pushes = sum(moves for *_, moves in self.scene.steps(work))
        self.assertGreaterEqual(pushes, 2)
        for number in range(1, pushes + 1):
            with self.subTest(push=number):
                self.scene.begin(work)
                with self.scene.repo.protection.pause_pushes() as pause:
                    with self.scene.start_work(work) as process:
                        for _ in range(1, number):
                            pause.await_push()
                            pause.release()
                        pause.await_push()
                        before = self.scene.repo.refs()
                        process.kill()
                    self.scene.assert_sound(work)
                    self.assertEqual(self.scene.repo.refs(), before)
                    pause.release()
                    self.scene.settle()
                self.scene.assert_sound(work)
                self.assertNotEqual(self.scene.repo.refs(), before, "the push was carried out")
                self.scene.finish(work)

    def test_at_a_promotion(self) -> None:
        self.kill_in_each_push("promotion")

    def test_at_a_rollback(self) -> None:
        self.kill_in_each_push("rollback")

    def test_and_sees_that_nobody_waits_for_the_answer(self) -> None:
        # Without the relay: the server learns of the death while it works, and may give up or go
        # on, but not by half.
        for atomic in (True, False):
            for name in ("promotion", "rollback"):
                with self.subTest(name, atomic=atomic):
                    work = self.open(name, atomic=atomic)
                    self.scene.reach_by(self.scene.host.url())
                    self.scene.begin(work)
                    with self.scene.repo.protection.pause_pushes() as pause:
                        with self.scene.start_work(work) as process:
                            pause.await_push()
                            self.scene.host.clear_log()
                            process.kill()
                        self.scene.host.await_requests(1)  # nginx has let the client go.
                        pause.release()
                        self.scene.host.await_quiet()
                    self.scene.assert_sound(work)
                    self.scene.finish(work)

    def test_and_the_same_command_comes_before_the_push_is_done(self) -> None:
        # The second run pushes against the first one's, which is still in the server's hands.
        for name in ("promotion", "rollback"):
            with self.subTest(name):
                work = self.open(name)
                self.scene.begin(work)
                with self.scene.repo.protection.pause_pushes() as pause:
                    with self.scene.start_work(work) as process:
                        pause.await_push()
                        process.kill()
                    with self.scene.start_work(work) as again:
                        pause.await_push()
                        pause.close()
                        # Both were waiting: whichever goes first, the other has lost the race.
                        result = again.wait()
                self.assertEqual(result.code, 0, result)
                self.scene.settle()
                self.scene.assert_sound(work)
                self.scene.assert_finished(work)


class WhileVerifying(CrashTest):
    def test_the_app_is_asked(self) -> None:
        for name in ("promotion", "rollback"):
            with self.subTest(name):
                work = self.open(name)
                self.scene.begin(work)
                asked, dead = threading.Event(), threading.Event()

                def wait(_: object, asked: threading.Event = asked,
                         dead: threading.Event = dead) -> None:  # fmt: skip
                    asked.set()
                    dead.wait()

                self.scene.app.behave(wait)
                with self.scene.start_work(work) as process:
                    self.assertTrue(asked.wait(20))
                    process.kill()
                dead.set()
                self.scene.app.behave(None)
                self.scene.settle()
                self.scene.assert_sound(work)
                self.assertEqual(self.scene.tip, work.target)
                self.scene.finish(work)


class BetweenBranchAndEvent(CrashTest):
    """Without atomic pushes, after a kill between the two."""

    def kill_before_the_event(self, work: Work) -> None:
        """The branch has moved, its event has not come."""
        self.scene.begin(work)
        hold = self.scene.relay.hold_answer(push)
        with self.scene.start_work(work) as process:
            hold.await_arrival()
            process.kill()
        hold.drop()
        self.scene.settle()
        self.assertEqual(self.scene.tip, work.target)
        self.assertEqual(self.scene.ledger(), self.scene.before)

    def test_a_recorded_rollback_says_where_the_branch_was(self) -> None:
        work = self.open("rollback", atomic=False)
        self.kill_before_the_event(work)
        self.scene.finish(work)
        trailers = self.scene.ledger()[1].trailers
        self.assertEqual(trailers["Headway-Previous"], self.scene.commits[2])

    def test_a_rollback_to_what_the_ledger_says_holds_the_environment(self) -> None:
        # Somebody moved the branch by hand, and the rollback goes back to the ledger's commit: the
        # second run finds branch and ledger in agreement, but nothing held.
        work = self.open("rollback", atomic=False)
        ledger = self.scene.works["promotion"].start[k_ledger]
        self.kill_before_the_event(
            replace(work, start={k_branch_ref: self.scene.commits[2], k_ledger: ledger})
        )
        self.assertEqual(self.scene.run(*work.arguments).code, 0)
        self.assertIn("Headway-Held-Since", self.scene.ledger()[0].trailers)


class AtRandomTimes(unittest.TestCase):
    def test_with_atomic_pushes(self) -> None:
        with CrashScene() as scene:
            kill_at_random(scene, kills=16)

    def test_without_atomic_pushes(self) -> None:
        with CrashScene(atomic=False) as scene:
            kill_at_random(scene, kills=16)


if __name__ == "__main__":
    unittest.main()
