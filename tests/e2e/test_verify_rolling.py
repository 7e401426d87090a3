"""Roll-outs behind a real nginx: what is converged, and what only looks like it."""

from __future__ import annotations

import shutil
import subprocess
import unittest
from typing import Any

from e2e.support import k_branch
from e2e.test_promote_chroot import chroot_command, skip_unless_static
from e2e.verify_support import UrlTest, Verdict, VerifyStageTest, verdict_of
from host.headway import Result, Running
from host.loopback import ClosedPort
from host.rolling import Fleet, Front, RollingAgent, k_addresses, k_name

k_first, k_second, k_third = k_addresses
k_old, k_new = "9318c89e", "f7eef0d4"


class Promotion(VerifyStageTest):
    """Staging is a fleet that runs the first commit, and an agent that rolls out what is
    promoted."""

    def setUp(self) -> None:
        self.open()
        self.old, _, self.new = self.stage.commits
        self.fleet = self.enterContext(Fleet(self.old))
        self.configure()
        self.stage.deploy(self.old)

    def configure(self, *, deadline: str = "60s", consecutive: int = 3, further: str = "") -> None:
        self.stage.configure(
            environment=f"""\
                url: {self.fleet.origin}
                verify:
                  deadline: {deadline}
                  interval: 20ms
                  consecutive: {consecutive}
                  probes:
                    - name: health
                      url: /health
                      json: {{/version: "${{short_commit}}"}}
                      resolve: [{", ".join(self.fleet.addresses)}]
                {further}
                """
        )

    def agent(self, **options: Any) -> RollingAgent:
        return self.enterContext(RollingAgent(self.fleet, self.stage.repo, k_branch, **options))

    def after_more_requests(self, count: int) -> RollingAgent:
        """An agent that waits before each address until all have been asked so much more often."""
        limit = dict.fromkeys(self.fleet.addresses, 0)

        def ready(address: str, _version: str) -> bool:
            if not limit[address]:
                limit[address] = self.fleet.asked(address) + count
            return self.fleet.asked(address) >= limit[address]

        return self.agent(ready=ready)

    def test_addresses_roll_one_by_one(self) -> None:
        agent = self.after_more_requests(5)
        found = self.promote()
        self.assert_verdict(found, "converged")
        self.assertEqual(
            found.words, f"healthy 3 times in a row at each of 3 addresses, version {k_new}"
        )
        # The agent itself brings the first commit to each address once more.
        rolled = [address for address, version in agent.rolled if version == self.new]
        self.assertEqual(rolled, list(k_addresses))
        for address in k_addresses:
            # A request that was under way when the pod changed may have been counted before.
            self.assertGreaterEqual(self.fleet.asked(address) - agent.asked[address], 2, address)
            self.assertEqual(self.fleet.connections(address), self.fleet.asked(address))
            self.assertGreaterEqual(found.at(address)["streak"], 3)
        # The first one had long been asked again and again when the last one rolled.
        self.assertGreater(found.at(k_first)["streak"], found.at(k_third)["streak"] + 5)
        self.assertEqual(self.newest_event(), ("verified", found.words))
        self.assert_moved(self.new, 4)

    def test_each_change_is_told_with_its_address(self) -> None:
        self.after_more_requests(2)
        result = self.stage.promote()
        self.assertEqual(result.code, 0, result)
        lines = result.stderr.splitlines()
        for address in k_addresses:
            told = [line for line in lines if f" at {address}: " in line]
            self.assertEqual(told, [
                f"headway: health at {address}: not healthy: 200, but /version is {self.old}, "
                f"not {k_new}",
                f"headway: health at {address}: healthy: 200, /version is {self.new}",
            ], result)  # fmt: skip

    def test_one_address_never_rolls(self) -> None:
        self.configure(deadline="2s")
        self.agent(ready=lambda address, version: address != k_third)
        found = self.promote()
        # `promote` has one code for each kind of failure.
        self.assert_verdict(found, "mixed", "2 of 3 addresses have converged", code=4)
        self.assertEqual(found.outcomes, {
            k_first: "converged", k_second: "converged", k_third: "still-old",
        })  # fmt: skip
        self.assertIn(f"({k_third}): 200, but /version is {self.old}, not {k_new}", found.words)
        self.assertIn(f"staging runs {k_new} only in part", found.result.stderr)
        self.assertIn(f"try: headway rollback staging --to {self.old}", found.result.stderr)
        self.assertLess(found.verify["seconds"], 6)
        self.assertEqual(self.newest_event(), ("unhealthy", found.words))
        verified = self.verify()
        self.assert_verdict(verified, "mixed", "2 of 3 addresses have converged")
        self.assertEqual(verified.result.json()["error"]["kind"], "mixed")

    def test_none_rolls(self) -> None:
        self.configure(deadline="1s")
        self.assert_verdict(self.promote(), "still-old", "0 of 3 addresses", code=4)
        found = self.verify()
        self.assert_verdict(found, "still-old", f"200, but /version is {self.old}, not {k_new}")
        self.assertIn(f"staging still runs another version, not {k_new}", found.result.stderr)
        self.assertEqual(set(found.outcomes.values()), {"still-old"})
        self.assertEqual(self.newest_event()[0], "unhealthy")

    def test_one_new_pod_does_not_start(self) -> None:
        self.configure(deadline="1s")
        self.fleet.run_everywhere(self.new)
        self.fleet.run(k_second, None)
        found = self.promote()
        self.assert_verdict(found, "unhealthy", "status 503, not 200", code=4)
        self.assertEqual(found.at(k_second)["status"], 503)
        self.assertIn(f"({k_second})", found.words)

    def test_it_rolls_back_when_one_address_stays_behind(self) -> None:
        self.configure(deadline="3s", further="on_unhealthy: rollback")
        agent = self.agent(
            ready=lambda address, version: version == self.old or address != k_third
        )
        found = self.promote()
        self.assertEqual(found.result.code, 4, found)
        self.assertEqual(self.stage.tip, self.old)
        self.assertIn((k_first, self.new), agent.rolled)
        # The old version has been proven to run again, everywhere.
        self.assertEqual({self.fleet.ask(address) for address in k_addresses}, {self.old})
        self.assertEqual(
            [event.trailers["Headway-Event"] for event in self.stage.ledger()[:3]],
            ["verified", "rolled-back", "unhealthy"],
        )


class Balanced(UrlTest):
    """Several pods behind one address, and nginx changes what it does with them."""

    def setUp(self) -> None:
        super().setUp()
        self.fleet = self.enterContext(Fleet("1.0", [k_first]))
        self.fleet.add_pod("next", "2.0")

    def route(self, pods: dict[str, int], **options: bool) -> None:
        self.fleet.route({k_first: Front(pods, **options)})

    def both(self, *arguments: str) -> list[str]:
        return [*self.fleet.resolve(), "--expect", "/version=2.0", *arguments]

    def prove(self, **options: Any) -> Verdict:
        return self.verify(self.fleet.url, *self.both(), **options)

    def start(self, **options: Any) -> Running:
        return self.enterContext(
            self.headway.start(self.arguments(self.fleet.url, *self.both(), **options))
        )

    def test_old_and_new_in_turn(self) -> None:
        self.route({k_first: 1, "next": 1})
        found = self.prove(deadline="1s", consecutive=2)
        self.assert_verdict(found, "mixed", "at http://app.test:")
        self.assertEqual(found.outcomes, {k_first: "mixed"})
        # Every other answer broke the streak.
        self.assertGreater(found.verify["requests"], 6)
        self.assertLessEqual(found.at(k_first)["streak"], 1)
        changes = found.result.stderr.count("headway: health")
        self.assertGreaterEqual(changes, found.verify["requests"] - 1, found)

    def test_a_streak_that_is_long_but_not_long_enough(self) -> None:
        # One pod of three is old: twice in a row the new version answers, and never thrice.
        self.route({k_first: 1, "next": 2})
        found = self.prove(deadline="1s", consecutive=3)
        self.assert_verdict(found, "mixed")
        self.assertEqual(self.prove(deadline="1s", consecutive=2).outcome, "converged")

    def test_settles_by_an_upstream_switch(self) -> None:
        self.route({k_first: 1, "next": 1})
        # More than chance gives while two workers take turns during nginx's reload.
        run = self.start(consecutive=20)
        run.await_output("^headway: health at 127.0.0.2: healthy: ")
        run.await_output("^headway: health at 127.0.0.2: not healthy: ")
        self.assertTrue(run.running())
        before = self.fleet.asked(k_first)
        self.route({"next": 1})
        result = run.wait()
        self.assertEqual(result.code, 0, result)
        origin = result.json()["environments"][0]["verify"]["origins"][0]
        self.assertGreaterEqual(origin["streak"], 20)
        self.assertGreaterEqual(self.fleet.asked(k_first) - before, 2)

    def test_rolls_by_a_reload(self) -> None:
        run = self.start(consecutive=3)
        run.await_output("^headway: health at 127.0.0.2: not healthy: 200, but /version is 1.0")
        self.route({"next": 1})
        result = run.wait()
        self.assertEqual(result.code, 0, result)
        # While nginx reloads, the old worker and the new one answer in turn; but a reload loses no
        # request.
        told = set(result.stderr.splitlines())
        self.assertEqual(told, {
            "headway: health at 127.0.0.2: not healthy: 200, but /version is 1.0, not 2.0",
            "headway: health at 127.0.0.2: healthy: 200, /version is 2.0",
        }, result)  # fmt: skip

    def test_a_drained_pod_still_answers_who_came_before(self) -> None:
        # The old worker lives on for a connection that it has; a fresh one gets to the new one.
        held = self.fleet.hold(k_first)
        self.addCleanup(held.close)
        self.route({"next": 1})
        found = self.prove(consecutive=5)
        self.assert_verdict(found, "converged", "healthy 5 times in a row")
        self.assertIn('"version": "1.0"', held.finish())

    def test_a_draining_pod_is_still_old(self) -> None:
        # It answers 200 until it is gone, and nobody takes it away.
        found = self.prove(deadline="1s", consecutive=2)
        self.assert_verdict(found, "still-old", "200, but /version is 1.0, not 2.0")
        self.assertIn("still runs another version", found.result.stderr)

    def test_health_alone_is_fooled_and_says_so(self) -> None:
        found = self.verify(self.fleet.url, *self.fleet.resolve())
        self.assert_verdict(found, "converged", "its version was not checked")
        self.assertFalse(found.verify["version_proven"])
        self.assertIn("health alone cannot tell the old version from the new", found.result.stderr)

    def test_a_cache_lies(self) -> None:
        self.route({k_first: 1}, cache=True)
        self.assertEqual(self.fleet.ask(k_first), "1.0")
        self.fleet.run(k_first, "2.0")
        found = self.prove(deadline="1s", consecutive=2)
        self.assert_verdict(found, "still-old", "200, but /version is 1.0, not 2.0")

    def test_a_cache_that_obeys_is_passed_by(self) -> None:
        self.route({k_first: 1}, cache=True, obeys=True)
        self.assertEqual(self.fleet.ask(k_first), "1.0")
        self.fleet.run(k_first, "2.0")
        self.assertEqual(self.fleet.ask(k_first), "1.0", "it caches nothing")
        self.assert_verdict(self.prove(consecutive=3), "converged")

    def test_a_pod_that_starts_up(self) -> None:
        self.fleet.run(k_first, None)
        run = self.start(consecutive=2)
        run.await_output("^headway: health at 127.0.0.2: not healthy: status 503, not 200")
        self.fleet.run(k_first, "2.0")
        self.assertEqual(run.wait().code, 0)


class Addresses(UrlTest):
    """Which addresses are asked."""

    def test_one_address_does_not_listen(self) -> None:
        fleet = self.enterContext(Fleet("2.0"))
        found = self.verify(fleet.url, *fleet.resolve(), "--resolve", "127.0.0.9",
                            "--expect", "/version=2.0", deadline="1s", consecutive=2)  # fmt: skip
        self.assert_verdict(found, "unreachable", "Connection refused")
        self.assertIn("(127.0.0.9)", found.words)
        self.assertIn("3 of 4 addresses have converged", found.words)
        self.assertIsNone(found.at("127.0.0.9")["status"])

    def test_no_address_listens(self) -> None:
        port = self.enterContext(ClosedPort()).port
        found = self.verify_once(f"http://{k_name}:{port}/health", "--resolve", "127.0.0.1",
                                 "--resolve", "127.0.0.9")  # fmt: skip
        self.assert_verdict(found, "unreachable", "Connection refused")
        self.assertEqual(set(found.outcomes.values()), {"unreachable"})

    def test_unhealthy_counts_more_than_old(self) -> None:
        fleet = self.enterContext(Fleet("1.0"))
        fleet.run(k_second, None)
        found = self.verify(fleet.url, *fleet.resolve(), "--expect", "/version=2.0", deadline="1s")
        self.assert_verdict(found, "unhealthy", "status 503, not 200")
        self.assertEqual(found.outcomes, {
            k_first: "still-old", k_second: "unhealthy", k_third: "still-old",
        })  # fmt: skip

    def test_only_the_addresses_that_are_named(self) -> None:
        fleet = self.enterContext(Fleet("1.0"))
        fleet.run(k_second, "2.0")
        found = self.verify(fleet.url, "--resolve", k_second, "--expect", "/version=2.0")
        self.assert_verdict(found, "converged")
        self.assertEqual([fleet.asked(address) for address in k_addresses], [0, 1, 0])
        self.assertNotIn("at each of", found.words)


class Names(UrlTest):
    """Addresses that the name itself has, looked up by the binary: in a chroot with a hosts file
    of its own."""

    def setUp(self) -> None:
        skip_unless_static()
        super().setUp()
        self.fleet = self.enterContext(Fleet("2.0"))
        self.root = self.headway.work / "root"
        (self.root / "etc").mkdir(parents=True)
        shutil.copy(self.headway.binary, self.root / "headway")
        self.command = chroot_command()

    def name(self, *addresses: str) -> None:
        """From now on the name has these addresses."""
        new = self.root / "etc/hosts.new"
        new.write_text("".join(f"{address} {k_name}\n" for address in addresses))
        new.replace(self.root / "etc/hosts")

    def start_inside(self, **options: Any) -> subprocess.Popen[str]:
        words = self.arguments(self.fleet.url, "--expect", "/version=2.0", consecutive=2, **options)
        process = subprocess.Popen(
            [*self.command, str(self.root), "/headway", *words],
            env={}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        self.enterContext(process)
        self.addCleanup(process.kill)
        return process

    def verify_inside(self, **options: Any) -> Verdict:
        process = self.start_inside(**options)
        out, error = process.communicate(timeout=60)
        return verdict_of(Result([], process.returncode, out, error, 0))

    def test_every_address_of_a_name(self) -> None:
        self.name(*k_addresses)
        found = self.verify_inside()
        self.assert_verdict(found, "converged", "healthy 2 times in a row at each of 3 addresses")
        self.assertEqual(sorted(found.outcomes), sorted(k_addresses))
        for address in k_addresses:
            self.assertGreaterEqual(self.fleet.asked(address), 2)

    def test_one_of_them_is_old(self) -> None:
        self.name(*k_addresses)
        self.fleet.run(k_third, "1.0")
        found = self.verify_inside(deadline="1s")
        self.assert_verdict(found, "mixed", "2 of 3 addresses have converged")

    def test_an_address_that_the_name_loses(self) -> None:
        # A node that was taken away while it still ran the old version is not waited for.
        self.name(*k_addresses)
        self.fleet.run(k_third, "1.0")
        process = self.start_inside()
        assert process.stderr
        for line in process.stderr:
            if f"health at {k_third}: not healthy" in line:
                break
        self.name(k_first, k_second)
        self.assertEqual(process.wait(60), 0)
        self.assertIn("the name does not have this address any more", process.stderr.read())

    def test_a_name_without_any_address(self) -> None:
        self.name()
        found = self.verify_inside(deadline="1s")
        self.assert_verdict(found, "unreachable", f"no address was found for the name '{k_name}'")


if __name__ == "__main__":
    unittest.main()
