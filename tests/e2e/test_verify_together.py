"""Several environments are proven at the same time; one that fails is dealt with at once."""

from __future__ import annotations

import unittest

from e2e.support import StageTest, k_variable
from host.app import Agent, App
from host.headway import Result

k_names = ("edge-a", "edge-b", "edge-c")


class TogetherTest(StageTest):
    """Each environment has an app and an agent of its own, and runs c1, verified. What an agent
    waits for is decided by `allowed`."""

    def setUp(self) -> None:
        self.open()
        self.c1, _, self.c3 = self.stage.commits
        self.apps = {name: self.enterContext(App()) for name in k_names}
        self.configure({})
        for name, app in self.apps.items():
            self.enterContext(
                Agent(app, self.stage.repo, f"deploy/{name}",
                      condition=lambda tip, name=name: self.allowed(name, tip))
            )  # fmt: skip
        result = self.promote("--commit", self.c1)
        self.assertEqual(result.code, 0, result)

    def allowed(self, name: str, tip: str) -> bool:
        return True

    def configure(self, deadlines: dict[str, str]) -> None:
        lines = [f"remote: {self.stage.host.url()}", "source: main", "environments:"]
        for name, app in self.apps.items():
            lines += [
                f"  {name}:",
                f"    branch: deploy/{name}",
                f"    token: {{env: {k_variable}}}",
                f"    url: {app.origin}",
                "    on_unhealthy: rollback",
                "    verify:",
                f"      deadline: {deadlines.get(name, '60s')}",
                "      interval: 20ms",
                "      consecutive: 2",
                '      probes: [{name: health, url: /health, json: {/version: "${commit}"}}]',
            ]
        self.stage.write(".headway.yml", "".join(line + "\n" for line in lines))

    def promote(self, *arguments: str) -> Result:
        return self.stage.run("promote", "edge-*", *arguments, timeout=120)

    def events(self, name: str) -> list[str]:
        return [event.trailers["Headway-Event"] for event in self.stage.repo.ledger(name)]


class Healthy(TogetherTest):
    def allowed(self, name: str, tip: str) -> bool:
        """No app deploys the new version before all three have been asked for it: what is proven
        one after the other never ends."""
        if tip == self.c1:
            return True
        return all(len(app.requests) > self.before[app] for app in self.apps.values())

    def test_all_at_the_same_time(self) -> None:
        self.before = {app: len(app.requests) for app in self.apps.values()}
        result = self.promote()
        self.assertEqual(result.code, 0, result)
        for name in k_names:
            self.assertIn(f"{name}: healthy 2 times in a row, version f7eef0d4 (", result.stdout)
            self.assertEqual(self.events(name)[:2], ["verified", "promoted"])
            self.assertIn(
                f"headway: {name}: health: healthy: 200, /version is {self.c3}\n", result.stderr)  # fmt: skip


class OneFails(TogetherTest):
    def allowed(self, name: str, tip: str) -> bool:
        """edge-a never deploys it; the others do so once edge-a has been rolled back."""
        if tip == self.c1:
            return True
        return name != "edge-a" and "rolled-back" in self.events("edge-a")

    def test_it_is_rolled_back_while_the_others_wait(self) -> None:
        self.configure({"edge-a": "1s"})
        result = self.promote()
        self.assertEqual(result.code, 4, result)
        self.assertEqual(
            self.events("edge-a")[:4], ["verified", "rolled-back", "unhealthy", "promoted"])
        self.assertEqual(self.stage.repo.tip("deploy/edge-a"), self.c1)
        for name in ("edge-b", "edge-c"):
            self.assertEqual(self.events(name)[:2], ["verified", "promoted"])
            self.assertEqual(self.stage.repo.tip(f"deploy/{name}"), self.c3)
        self.assertIn("headway: error: edge-a still runs another version, not f7eef0d4\n",
                      result.stderr)  # fmt: skip


class Alone(TogetherTest):
    """`verify` of several environments."""

    def test_each_has_its_verdict(self) -> None:
        self.apps["edge-b"].status = 500
        self.configure(dict.fromkeys(k_names, "1s"))
        result = self.stage.run("verify", "edge-*")
        self.assertEqual(result.code, 4, result)
        for name in ("edge-a", "edge-c"):
            self.assertIn(f"{name}: healthy 2 times in a row, version 9318c89e (", result.stdout)
            self.assertEqual(self.events(name)[:2], ["verified", "promoted"])
        self.assertIn("headway: error: edge-b does not run 9318c89e healthily\n", result.stderr)
        self.assertEqual(self.events("edge-b")[:2], ["unhealthy", "verified"])

    def test_a_verdict_that_is_refused_is_no_reason_to_drop_the_others(self) -> None:
        for app in self.apps.values():
            app.status = 500
        self.configure(dict.fromkeys(k_names, "1s"))
        self.stage.repo.protection.refuse_with("not now", "refs/headway/ledger/edge-a")
        result = self.stage.run("verify", "edge-*")
        self.assertEqual(result.code, 4, result)
        self.assertEqual(self.events("edge-a")[0], "verified")
        for name in ("edge-b", "edge-c"):
            self.assertEqual(self.events(name)[0], "unhealthy")

    def test_json(self) -> None:
        result = self.stage.run("verify", "edge-c", "edge-a", "--output", "json")
        self.assertEqual(result.code, 0, result)
        report = result.json()
        self.assertEqual([entry["environment"] for entry in report["environments"]],
                         ["edge-a", "edge-c"])  # fmt: skip
        for entry in report["environments"]:
            self.assertEqual(entry["verify"]["outcome"], "converged")
            self.assertEqual(entry["verify"]["recording"], "known-already")



if __name__ == "__main__":
    unittest.main()
