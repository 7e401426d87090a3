"""The bake time: what has converged has to stay so, and the first regression fails."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from typing import Any

from e2e.support import k_branch
from e2e.verify_support import UrlTest, Verdict, VerifyStageTest, verdict_of
from host.app import Agent, App
from host.headway import Running
from host.http_server import Reply, Request, connection_reset
from host.rolling import Fleet, Front, k_addresses

k_first, k_second, k_third = k_addresses
k_watched = r"^headway: .*: converged; for .* more it has to stay so$"


class Watched(UrlTest):
    """A fleet that runs 2.0 everywhere, watched for an hour, unless told otherwise."""

    def setUp(self) -> None:
        super().setUp()
        self.fleet = self.enterContext(Fleet("2.0"))

    def start(self, watch: str = "1h", **options: Any) -> Running:
        """A run that has converged by now and goes on."""
        words = self.arguments(self.fleet.url, *self.fleet.resolve(), "--expect", "/version=2.0",
                               "--watch", watch, **options)  # fmt: skip
        run = self.enterContext(self.headway.start(words))
        run.await_output(k_watched)
        return run

    def regression(self, run: Running) -> Verdict:
        found = verdict_of(run.wait())
        self.assertTrue(found.verify["regressed"], found)
        self.assertRegex(found.words, r"^it regressed [\d.]+ s after it had converged: health at ")
        # More time would not have helped.
        self.assertNotIn("give it more time", found.result.stderr)
        return found

    def test_it_stays_so(self) -> None:
        found = self.verify(self.fleet.url, *self.fleet.resolve(), "--expect", "/version=2.0",
                            "--watch", "500ms", consecutive=2)  # fmt: skip
        self.assert_verdict(found, "converged", "healthy 2 times in a row at each of 3 addresses")
        self.assertRegex(found.words, r", and for [\d.]+ s after that$")
        self.assertGreaterEqual(found.verify["watched_seconds"], 0.5)
        self.assertGreaterEqual(found.verify["seconds"], found.verify["watched_seconds"])
        self.assertFalse(found.verify["regressed"])
        for address in k_addresses:
            # All of them were asked on and on.
            self.assertGreater(found.at(address)["streak"], 10)
        self.assertIn("converged; for 500 ms more it has to stay so", found.result.stderr)

    def test_the_deadline_is_that_of_convergence(self) -> None:
        found = self.verify(self.fleet.url, *self.fleet.resolve(), "--expect", "/version=2.0",
                            "--watch", "2s", deadline="1s")  # fmt: skip
        self.assert_verdict(found, "converged")
        self.assertGreaterEqual(found.verify["watched_seconds"], 2)

    def test_one_address_fails_once(self) -> None:
        run = self.start()
        self.fleet.run(k_second, None)
        found = self.regression(run)
        self.assert_verdict(found, "unhealthy", "status 503, not 200")
        self.assertIn(f"({k_second})", found.words)
        self.assertIn("2 of 3 addresses have converged", found.words)

    def test_the_old_version_comes_back(self) -> None:
        run = self.start()
        self.fleet.run(k_third, "1.0")
        found = self.regression(run)
        # One of three addresses is old again, and a moment ago it was new.
        self.assert_verdict(found, "mixed", "200, but /version is 1.0, not 2.0")
        self.assertIn(f"({k_third})", found.words)

    def test_a_front_that_lets_an_old_pod_in_again(self) -> None:
        self.fleet.add_pod("old", "1.0")
        run = self.start()
        # As an autoscaler does: one more pod, of a wrong image.
        self.fleet.route({k_first: Front({k_first: 3, "old": 1})})
        found = self.regression(run)
        self.assert_verdict(found, "mixed", "200, but /version is 1.0, not 2.0")

    def test_a_reload_is_no_regression(self) -> None:
        self.fleet.add_pod("new", "2.0")
        run = self.start(watch="1s")
        for pods in ({"new": 1}, {k_first: 1, "new": 1}, {k_first: 1}):
            self.fleet.route({k_first: Front(pods)})
        found = verdict_of(run.wait())
        self.assert_verdict(found, "converged")

    def test_before_it_has_converged_nothing_is_watched(self) -> None:
        self.fleet.run(k_second, "1.0")
        found = self.verify(self.fleet.url, *self.fleet.resolve(), "--expect", "/version=2.0",
                            "--watch", "1h", deadline="1s")  # fmt: skip
        self.assert_verdict(found, "mixed")
        self.assertEqual(found.verify["watched_seconds"], 0)
        self.assertFalse(found.verify["regressed"])

    def test_a_reset_is_a_regression(self) -> None:
        app = self.enterContext(App("2.0"))
        words = self.arguments(app.url, "--expect", "/version=2.0", "--watch", "1h")
        run = self.enterContext(self.headway.start(words))
        run.await_output(k_watched)
        app.script([connection_reset()])
        self.assert_verdict(self.regression(run), "unreachable", "Connection reset by peer")

    def test_each_url_is_watched_by_itself(self) -> None:
        good, bad = self.enterContext(App("2.0")), self.enterContext(App("2.0"))
        words = self.arguments(good.url, "--url", bad.url, "--watch", "1s")
        run = self.enterContext(self.headway.start(words))
        run.await_output(rf"^headway: {bad.url}: converged; ")
        bad.status = 500
        result = run.wait()
        self.assertEqual(result.code, 4, result)
        self.assertEqual(
            [verdict_of(result, index).verify["regressed"] for index in (0, 1)], [False, True]
        )
        self.assertEqual(verdict_of(result, 0).outcome, "converged")


class Promoted(VerifyStageTest):
    """Staging is one App with an agent; it runs the first commit, verified."""

    def setUp(self) -> None:
        self.open()
        self.old, _, self.new = self.stage.commits
        self.app = self.enterContext(App(self.old))
        self.enterContext(Agent(self.app, self.stage.repo, k_branch))
        self.configure("0s")
        self.stage.deploy(self.old)

    def configure(self, watch: str, on_unhealthy: str = "fail") -> None:
        self.stage.configure(
            environment=f"""\
                url: {self.app.origin}
                on_unhealthy: {on_unhealthy}
                verify:
                  interval: 10ms
                  consecutive: 2
                  watch: {watch}
                  probes: [{{name: health, url: /health, json: {{/version: "${{commit}}"}}}}]
                """
        )

    def fail_after(self, good: int) -> Callable[[Request], Reply | None]:
        """The app answers as the new version so often, and from then on with 500."""
        seen = 0

        def behave(_: Request) -> Reply | None:
            nonlocal seen
            seen += self.app.version == self.new
            return Reply(500) if seen > good and self.app.version == self.new else None

        return behave

    def test_a_bake_time_that_is_passed(self) -> None:
        self.configure("300ms")
        found = self.promote()
        self.assert_verdict(found, "converged", "2 times in a row, version f7eef0d4, and for ")
        self.assertEqual(self.newest_event(), ("verified", found.words))

    def test_a_regression_is_recorded(self) -> None:
        self.configure("1h")
        self.app.behave(self.fail_after(10))
        found = self.promote()
        self.assert_verdict(found, "unhealthy", "status 500, not 200", code=4)
        self.assertTrue(found.verify["regressed"])
        self.assertEqual(self.newest_event(), ("unhealthy", found.words))
        # It was never on record as verified.
        self.assertNotEqual(self.stage.ledger()[1].trailers["Headway-Event"], "verified")
        self.assertIn(f"try: headway rollback staging --to {self.old}", found.result.stderr)

    def test_a_regression_is_rolled_back(self) -> None:
        self.configure("1s", on_unhealthy="rollback")
        self.app.behave(self.fail_after(5))
        found = self.promote()
        self.assertEqual(found.result.code, 4, found)
        self.assertTrue(found.verify["regressed"])
        self.assertEqual(self.stage.tip, self.old)
        # The old version had its bake time, too.
        self.assertEqual(
            [event.trailers["Headway-Event"] for event in self.stage.ledger()[:3]],
            ["verified", "rolled-back", "unhealthy"],
        )
        self.assertIn(", and for ", self.newest_event()[1])


if __name__ == "__main__":
    unittest.main()
