"""Several environments in one promotion: one push, all or nothing, however many they are."""

from __future__ import annotations

import unittest

from e2e.support import StageTest, k_variable
from host.headway import Result

k_requests = [
    ("GET", "info/refs?service=git-upload-pack"),
    ("POST", "git-upload-pack"),
    ("POST", "git-upload-pack"),
    ("POST", "git-receive-pack"),
]


class ManyTest(StageTest):
    def setUp(self) -> None:
        self.open()
        self.c1, self.c2, self.c3 = self.stage.commits

    def configure(self, *names: str, top: str = "") -> None:
        """Each environment's branch is `deploy/NAME`."""
        lines = [f"  {name}: {{branch: deploy/{name}, token: {{env: {k_variable}}}}}\n"
                 for name in names]  # fmt: skip
        self.stage.write(
            ".headway.yml",
            f"remote: {self.stage.host.url()}\nsource: main\n{top}environments:\n{''.join(lines)}",
        )

    def promote(self, *arguments: str) -> Result:
        """A promotion; the log holds its requests alone."""
        self.stage.host.clear_log()
        return self.stage.run("promote", "--no-verify", *arguments, timeout=240)

    def requests(self) -> list[tuple[str, str]]:
        requests = self.stage.host.requests()
        self.assertEqual(len({entry.connection for entry in requests}), 1)
        return [(entry.method, entry.uri.removeprefix("/group/app.git/")) for entry in requests]

    def tips(self) -> dict[str, str]:
        prefix = "refs/heads/deploy/"
        return {
            ref.removeprefix(prefix): id_ for ref, id_ in self.stage.repo.refs(prefix).items()
        }

    def events(self, environment: str) -> list[str]:
        return [event.trailers["Headway-Commit"] for event in self.stage.repo.ledger(environment)]


class AFew(ManyTest):
    def setUp(self) -> None:
        super().setUp()
        self.configure("staging", "production", "demo")

    def test_one_push_moves_all(self) -> None:
        self.assertEqual(self.promote("staging", "production", "demo", "--commit", self.c1).code, 0)
        self.assert_run(self.promote("staging", "production", "demo"), 0, """\
            staging: 9318c89e → f7eef0d4, fast-forward
            production: 9318c89e → f7eef0d4, fast-forward
            demo: 9318c89e → f7eef0d4, fast-forward
            """)
        self.assertEqual(self.requests(), k_requests)
        self.assertEqual(self.tips(), dict.fromkeys(("demo", "production", "staging"), self.c3))
        for name in ("staging", "production", "demo"):
            self.assertEqual(self.events(name), [self.c3, self.c1])
        self.stage.repo.fsck()

    def test_each_has_its_own_decision(self) -> None:
        self.assertEqual(self.promote("staging", "--commit", self.c1).code, 0)
        self.assertEqual(self.promote("production", "--commit", self.c2).code, 0)
        # The answer is in the order of the file.
        self.stage.repo.create_branch("deploy/extra", self.c3)
        self.configure("staging", "production", "demo", "extra")
        self.assert_run(
            self.promote("production", "staging", "demo", "extra", "--commit", self.c2), 0, """\
            staging: 9318c89e → cc352607, fast-forward
            production: cc352607 is there already
            demo: created deploy/demo at cc352607
            extra: nothing moved, f7eef0d4 is newer than cc352607
            """)  # fmt: skip
        self.assertEqual(self.tips(), {"demo": self.c2, "extra": self.c3, "production": self.c2,
                                       "staging": self.c2})  # fmt: skip
        self.assertEqual([self.events(name) for name in ("production", "staging", "demo", "extra")],
                         [[self.c2], [self.c2, self.c1], [self.c2], []])  # fmt: skip

    def test_one_that_diverged_stops_all(self) -> None:
        self.assertEqual(self.promote("staging", "production", "--commit", self.c1).code, 0)
        fix = self.stage.repo.commit("Hot fix", branch="deploy/production")
        before = self.stage.repo.refs()
        self.assert_run(self.promote("staging", "production", "demo"), 3, """\
            staging: nothing moved, because another environment is refused
            demo: nothing moved, because another environment is refused
            """, f"""\
            headway: warning: production was moved by something else: the ledger expected 9318c89e, the branch is at {fix[:8]}
            headway: error: deploy/production has diverged from main
              because: deploy/production has a commit that f7eef0d4 does not contain: {fix[:8]} Hot fix (Ada Example)
              try: keep them: merge {fix[:8]} into main, then promote again
              try: drop them: headway rollback production --to {self.c1} --reason "drop commits that are not on main", then: headway promote production --release-hold
            """)
        self.assertEqual(self.stage.repo.refs(), before)
        self.assertNotIn(k_requests[-1], self.requests())

    def test_one_that_the_server_refuses_stops_all(self) -> None:
        self.assertEqual(self.promote("staging", "production", "--commit", self.c1).code, 0)
        before = self.stage.repo.refs()
        self.stage.repo.protection.decline_refs("refs/heads/deploy/production", "not today")
        result = self.promote("staging", "production", "demo")
        self.assertEqual((result.code, result.stdout), (3, ""), result)
        self.assertIn("headway: error: the server refused to move deploy/production\n",
                      result.stderr)  # fmt: skip
        self.assertIn("; nothing moved\n", result.stderr)
        self.assertEqual(self.stage.repo.refs(), before)

    def test_a_race_for_one_plans_all_again(self) -> None:
        self.assertEqual(self.promote("staging", "production", "--commit", self.c1).code, 0)
        self.stage.repo.protection.race(("refs/heads/deploy/production", self.c2))
        self.assert_run(self.promote("staging", "production"), 0, """\
            staging: 9318c89e → f7eef0d4, fast-forward
            production: cc352607 → f7eef0d4, fast-forward
            """, """\
            headway: warning: production was moved by something else: the ledger expected 9318c89e, the branch is at cc352607
            """)
        self.assertEqual(self.tips(), dict.fromkeys(("production", "staging"), self.c3))
        self.assertEqual([self.events(name) for name in ("staging", "production")],
                         [[self.c3, self.c1]] * 2)  # fmt: skip

    def test_a_held_one_is_named(self) -> None:
        self.assertEqual(self.promote("staging", "production", "--commit", self.c2).code, 0)
        back = self.stage.run("rollback", "production", "--to", self.c1, "--reason", "it burns")
        self.assertEqual(back.code, 0, back)
        since = self.stage.repo.ledger("production")[0].trailers["Headway-Held-Since"]
        self.assert_run(self.promote("staging", "production"), 3, """\
            staging: nothing moved, because another environment is refused
            """, f"""\
            headway: error: production is held
              because: held since {since} by headway: it burns
              try: promote a commit that mends it: a revert of one of 9318c89e..cc352607, or a trailer "Fixes-Deployment: cc352607d207c9dcaf0ce181d561e6232b9e7ba7"
              try: when the cause is mended: headway promote production --release-hold
              try: or end the hold alone: headway resume production
            """)
        self.assertEqual(self.tips(), {"production": self.c1, "staging": self.c2})

    def test_named_twice_it_moves_once(self) -> None:
        self.assert_run(self.promote("staging", "stag*", "staging"), 0, """\
            staging: created deploy/staging at f7eef0d4
            """)
        self.assertEqual(self.events("staging"), [self.c3])

    def test_json(self) -> None:
        self.assertEqual(self.promote("staging", "--commit", self.c1).code, 0)
        result = self.promote("staging", "demo", "--output", "json")
        self.assertEqual((result.code, result.stderr), (0, ""), result)
        common = {"to": self.c3, "moved": True, "drift": None, "released_hold": None,
                  "overridden": None}  # fmt: skip
        self.assertEqual(
            result.json(),
            {
                "command": "promote",
                "exit_code": 0,
                "error": None,
                "dry_run": False,
                "source": {"branch": "main", "commit": self.c3},
                "commit": self.c3,
                "attempts": 1,
                "environments": [
                    {
                        "environment": name,
                        "branch": f"deploy/{name}",
                        "action": action,
                        "from": start,
                        **common,
                        "ledger": f"refs/headway/ledger/{name}",
                        "event": self.stage.repo.ref(f"refs/headway/ledger/{name}"),
                    }
                    for name, action, start in (
                        ("staging", "fast-forward", self.c1),
                        ("demo", "create", None),
                    )
                ],
                "warnings": [],
            },
        )

    def test_ledgers_on_a_branch(self) -> None:
        self.configure("staging", "demo", top="ledger: {branch: headway-ledger}\n")
        self.assertEqual(self.promote("staging", "demo").code, 0)
        self.assertEqual(
            list(self.stage.repo.refs("refs/heads/headway-ledger/")),
            ["refs/heads/headway-ledger/demo", "refs/heads/headway-ledger/staging"],
        )


class AFleet(ManyTest):
    """200 environments whose branches are at c1 and on record."""

    def setUp(self) -> None:
        super().setUp()
        self.names = [f"edge-{number:03}" for number in range(200)]
        self.configure(*self.names, "other")
        self.assertEqual(self.promote("edge-*", "--commit", self.c1).code, 0)

    def lines(self, text: str) -> str:
        return "".join(f"{name}: {text}\n" for name in self.names)

    def test_moves_by_four_requests(self) -> None:
        self.assert_run(self.promote("edge-*"), 0,
                        self.lines("9318c89e → f7eef0d4, fast-forward"))  # fmt: skip
        self.assertEqual(self.requests(), k_requests)
        self.assertEqual(self.tips(), dict.fromkeys(self.names, self.c3))
        for name in self.names[::50]:
            self.assertEqual(self.events(name), [self.c3, self.c1])
        self.stage.repo.fsck()

    def test_one_refused_moves_none(self) -> None:
        self.stage.repo.protection.decline_refs("refs/heads/deploy/edge-150", "not today")
        before = self.stage.repo.refs()
        result = self.promote("edge-*")
        self.assertEqual((result.code, result.stdout), (3, ""))
        self.assertIn("headway: error: the server refused to move deploy/edge-150\n", result.stderr)
        self.assertEqual(self.stage.repo.refs(), before)

    def test_is_superseded_by_a_handful_of_requests(self) -> None:
        # They were never deployed at the commit that is promoted.
        for name in self.names:
            self.stage.repo.path.joinpath(f"refs/heads/deploy/{name}").write_text(f"{self.c3}\n")
        result = self.promote("edge-*", "--commit", self.c2)
        self.assertEqual(result.code, 0)
        self.assertEqual(result.stdout, self.lines("nothing moved, f7eef0d4 is newer than cc352607"))
        # Drift is told only when a second look finds the same.
        self.assertEqual(self.requests(), [*k_requests[:3], *[k_requests[1]] * 8])

    def test_a_question_mark_is_one_character(self) -> None:
        result = self.promote("edge-00?", "edge-1?7")
        self.assertEqual(result.code, 0, result)
        moved = [*self.names[:10], *self.names[107:200:10]]
        self.assertEqual(result.stdout, "".join(
            f"{name}: 9318c89e → f7eef0d4, fast-forward\n" for name in moved))  # fmt: skip
        self.assertEqual([name for name, tip in self.tips().items() if tip == self.c3], moved)


class AThousand(ManyTest):
    def test_environments_in_one_push(self) -> None:
        # Takes longer: git makes 2,000 refs, and moves them.
        names = [f"edge-{number:04}" for number in range(1000)]
        self.configure(*names)
        created = self.promote("edge-*")
        self.assertEqual((created.code, created.stderr), (0, ""))
        self.assertEqual(
            created.stdout,
            "".join(f"{name}: created deploy/{name} at f7eef0d4\n" for name in names),
        )
        self.assertEqual(
            self.requests(),
            [
                *k_requests[:2],
                ("GET", "info/refs?service=git-receive-pack"),
                k_requests[3],  # Are the ledgers taken at all?
                k_requests[3],
            ],
        )
        tip = self.stage.repo.commit()
        moved = self.promote("edge-*")
        self.assertEqual((moved.code, moved.stderr), (0, ""))
        self.assertEqual(
            moved.stdout,
            "".join(f"{name}: f7eef0d4 → {tip[:8]}, fast-forward\n" for name in names),
        )
        self.assertEqual(self.requests(), k_requests)
        self.assertEqual(self.tips(), dict.fromkeys(names, tip))
        self.assertEqual(len(self.stage.repo.refs("refs/headway/ledger/")), 1000)
        self.assertEqual(self.events("edge-0999"), [tip, self.c3])
        self.stage.repo.fsck()


if __name__ == "__main__":
    unittest.main()
