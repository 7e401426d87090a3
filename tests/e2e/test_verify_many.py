"""Many endpoints and many environments at the same time, on one thread and little memory."""

from __future__ import annotations

import subprocess
import unittest
from pathlib import Path

from e2e.support import StageTest, k_variable
from e2e.verify_support import UrlTest
from host.app import App
from host.crowd import Crowd
from host.headway import Headway
from host.http_server import Reply
from host.usage import is_sanitized, k_mebibyte, measure

k_most_memory = 64 * k_mebibyte
k_count = 500
"""More than headway has under way at a time."""
k_at_once = 256


class Endpoints(UrlTest):
    def crowd(self, count: int = k_count, delay: float = 0.1) -> Crowd:
        return self.enterContext(Crowd(count, delay=delay))

    def words(self, crowd: Crowd, *arguments: str | Path, **options: int | str) -> list[str]:
        first, *others = crowd.urls
        return self.arguments(first, *[w for url in others for w in ("--url", url)], *arguments,
                              **options)  # fmt: skip # type: ignore[arg-type]

    def test_all_of_them(self) -> None:
        crowd = self.crowd()
        measured = measure(self.headway, self.words(crowd, "--expect", "/version=1.0"))
        result = measured.result
        self.assertEqual(result.code, 0, result.stderr[-2000:])
        entries = result.json()["environments"]
        self.assertEqual([entry["environment"] for entry in entries], crowd.urls)
        self.assertEqual({entry["verify"]["outcome"] for entry in entries}, {"converged"})
        self.assertEqual(set(crowd.requests.values()), {1})
        # One after the other would take a minute.
        self.assertLess(result.duration, 0.1 * k_count / 4)
        self.assertLessEqual(crowd.most_at_once, k_at_once)
        self.assertGreater(crowd.most_at_once, k_at_once // 4)
        if not is_sanitized():
            self.assertLess(measured.memory, k_most_memory)

    def test_three_times_in_a_row(self) -> None:
        crowd = self.crowd(300, delay=0.05)
        measured = measure(self.headway, self.words(crowd, consecutive=3, interval="50ms"))
        self.assertEqual(measured.result.code, 0, measured.result.stderr[-2000:])
        self.assertEqual(set(crowd.requests.values()), {3})

    def test_few_files_may_be_open(self) -> None:
        crowd = self.crowd(300, delay=0.02)
        result = subprocess.run(
            ["sh", "-c", 'ulimit -n 100; exec "$@"', "sh", str(self.headway.binary),
             *map(str, self.words(crowd))],
            env=self.headway.environment(), capture_output=True, check=False, timeout=120,
        )  # fmt: skip
        self.assertEqual(result.returncode, 0, result.stderr[-2000:])
        self.assertEqual(set(crowd.requests.values()), {1})
        self.assertLessEqual(crowd.most_at_once, 30)

    def test_one_of_them_is_broken(self) -> None:
        crowd = self.crowd(300, delay=0)
        bad = crowd.addresses[123]
        crowd.broken.add(bad)
        result = self.headway.run(self.words(crowd, deadline="1s"))
        self.assertEqual(result.code, 4)
        outcomes = {entry["environment"]: entry["verify"]["outcome"]
                    for entry in result.json()["environments"]}  # fmt: skip
        self.assertEqual(outcomes.pop(crowd.urls[123]), "unhealthy")
        self.assertEqual(set(outcomes.values()), {"converged"})
        self.assertEqual(result.stderr.count("headway: error: "), 1)
        self.assertIn(f"headway: error: {crowd.urls[123]} is not healthy\n", result.stderr)
        # The others were left alone when they had converged.
        self.assertEqual({n for a, n in crowd.requests.items() if a != bad}, {1})

    def test_silent_ones_do_not_take_the_place_of_others(self) -> None:
        # More of them than are under way at a time; each is given up in its turn.
        crowd = self.crowd(k_count, delay=0)
        crowd.silent.update(crowd.addresses[: k_at_once + 20])
        result = self.headway.run(
            self.words(crowd, "--request-timeout", "300ms", interval="1h")
        )
        self.assertEqual(result.code, 8)
        outcomes = [entry["verify"]["outcome"] for entry in result.json()["environments"]]
        self.assertEqual(outcomes, ["unreachable"] * (k_at_once + 20)
                         + ["converged"] * (k_count - k_at_once - 20))  # fmt: skip

    def test_few_files_may_be_open(self) -> None:
        # 256 requests and a handful of files of its own: well within the usual limit of 1,024.
        crowd = self.crowd(k_count, delay=0.1)
        limited = self.headway.work / "limited"
        limited.write_text(f'#!/bin/sh\nulimit -n 320\nexec "{self.headway.binary}" "$@"\n')
        limited.chmod(0o755)
        with Headway(limited) as headway:
            result = headway.run(self.words(crowd, interval="1h"))
        self.assertEqual(result.code, 0, result.stderr[-2000:])

    def test_each_change_of_each_is_one_line(self) -> None:
        crowd = self.crowd(100, delay=0)
        result = self.headway.run(self.words(crowd, "--expect", "/version=1.0", consecutive=5))
        lines = [line for line in result.stderr.splitlines() if ": health: healthy: " in line]
        self.assertEqual(len(lines), 100, result.stderr[-2000:])


class Environments(StageTest):
    """A fleet of environments of one App, whose answer depends on what is asked."""

    def setUp(self) -> None:
        self.open()
        self.app = self.enterContext(App())
        self.names = [f"edge-{number:02}" for number in range(30)]
        lines = [f"remote: {self.stage.host.url()}", "source: main", "environments:"]
        for name in self.names:
            lines += [
                f"  {name}:",
                f"    branch: deploy/{name}",
                f"    token: {{env: {k_variable}}}",
                f"    url: {self.app.origin}",
                "    verify:",
                "      interval: 200ms",
                "      consecutive: 2",
                "      deadline: 2s",
                '      probes: [{url: "/${environment}", json: {/version: "${commit}"}}]',
            ]
        self.stage.write(".headway.yml", "".join(f"{line}\n" for line in lines))
        self.bad: set[str] = set()
        commit = self.stage.commits[2]
        self.app.behave(
            lambda r: Reply(500) if r.path[1:] in self.bad else Reply(200, {"version": commit})
        )

    def events(self) -> dict[str, str]:
        return {name: self.stage.repo.ledger(name)[0].trailers["Headway-Event"]
                for name in self.names}  # fmt: skip

    def test_promoted_and_verified(self) -> None:
        result = self.stage.run("promote", "edge-*", "--output", "json")
        self.assertEqual(result.code, 0, result.stderr[-2000:])
        self.assertEqual(set(self.events().values()), {"verified"})
        # Two requests for each environment, of all environments at the same time.
        paths = [request.path for request in self.app.requests]
        self.assertEqual(sorted(paths), sorted(2 * [f"/{name}" for name in self.names]))
        self.assertEqual(len(set(paths[: len(self.names) // 2])), len(self.names) // 2)

    def test_each_has_its_verdict(self) -> None:
        self.stage.run("promote", "edge-*", "--no-verify")
        self.bad = {"edge-07", "edge-23"}
        result = self.stage.run("verify", "edge-*", "--output", "json")
        self.assertEqual(result.code, 4, result.stderr[-2000:])
        outcomes = {entry["environment"]: entry["verify"]["outcome"]
                    for entry in result.json()["environments"]}  # fmt: skip
        for name in self.names:
            bad = name in self.bad
            self.assertEqual(outcomes[name], "unhealthy" if bad else "converged")
            self.assertEqual(self.events()[name], "unhealthy" if bad else "verified")
        self.assertEqual(result.stderr.count("headway: error: "), 2)

    def test_some_of_them(self) -> None:
        self.stage.run("promote", "edge-*", "--no-verify")
        result = self.stage.run("verify", "edge-0?", "edge-29")
        self.assertEqual(result.code, 0, result.stderr[-2000:])
        self.assertEqual(len(result.stdout.splitlines()), 11)
        self.assertEqual({r.path for r in self.app.requests},
                         {f"/edge-{n:02}" for n in (*range(10), 29)})  # fmt: skip

    def test_none_of_that_name(self) -> None:
        result = self.stage.run("verify", "west-*")
        self.assertEqual(result.code, 2, result)
        self.assertIn("west-*", result.stderr)


if __name__ == "__main__":
    unittest.main()
