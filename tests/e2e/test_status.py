"""What runs where: all environments in one round of requests, and what needs somebody."""

from __future__ import annotations

import re
import unittest
from typing import Any

from e2e.support import StageTest, k_ledger, k_token, k_variable
from host.headway import Result

k_requests = [
    ("GET", "info/refs?service=git-upload-pack"),
    ("POST", "git-upload-pack"),
    ("POST", "git-upload-pack"),
    ("POST", "git-upload-pack"),
]


class StatusTest(StageTest):
    """Staging and production, on branches deploy/NAME."""

    def setUp(self) -> None:
        self.open()
        self.configure("staging", "production")

    def configure(self, *names: str, top: str = "", extra: str = "") -> None:
        lines = [f"  {name}: {{branch: deploy/{name}, token: {{env: {k_variable}}}{extra}}}\n"
                 for name in names]  # fmt: skip
        self.stage.write(
            ".headway.yml",
            f"remote: {self.stage.host.url()}\nsource: main\n{top}environments:\n{''.join(lines)}",
        )

    def deploy(self, environment: str, commit: int = 2, *arguments: str) -> None:
        result = self.stage.run("promote", environment, "--no-verify", "--commit",
                                self.stage.commits[commit], *arguments,
                                env={"USER": "ada"})  # fmt: skip
        self.assertEqual(result.code, 0, result)

    def record(self, environment: str, kind: str, commit: int, **trailers: str) -> str:
        """Appends an event by hand, as headway would have written it."""
        ref = f"refs/headway/ledger/{environment}"
        parent = self.stage.repo.ref(ref)
        values = {"Event": kind, "Environment": environment,
                  "Commit": self.stage.commits[commit]} | {
            key.replace("_", "-"): value for key, value in trailers.items()
        }  # fmt: skip
        message = "Event\n\n" + "".join(f"Headway-{key}: {value}\n" for key, value in values.items())
        tree = self.stage.repo.run("hash-object", "-t", "tree", "-w", "--stdin")
        event = self.stage.repo.run(
            "commit-tree", tree, *(["-p", parent] if parent else []), "-m", message
        )
        self.stage.repo.update_ref(ref, event)
        return event

    def verified(self, environment: str, commit: int, **trailers: str) -> None:
        self.record(environment, "verified", commit, Actor="ada",
                    Verified=self.stage.commits[commit], **trailers)  # fmt: skip

    def status(self, *arguments: str, **options: Any) -> Result:
        self.stage.host.clear_log()
        return self.stage.run("status", *arguments, **options)

    def requests(self) -> list[tuple[str, str]]:
        requests = self.stage.host.requests()
        self.assertLessEqual(len({entry.connection for entry in requests}), 1)
        return [(entry.method, entry.uri.removeprefix("/group/app.git/")) for entry in requests]

    def assert_status(self, result: Result, code: int, stdout: str, stderr: str = "") -> None:
        """As assert_run; columns are two spaces apart, as the width of an age is not known."""
        squeezed = re.sub(r"(?<=\S) {2,}(?=\S)", "  ", result.stdout)
        result = Result(result.arguments, result.code, squeezed, result.stderr, result.duration)
        self.assert_run(result, code, stdout, stderr)


class AllIsWell(StatusTest):
    def setUp(self) -> None:
        super().setUp()
        for name, commit in (("staging", 2), ("production", 0)):
            self.deploy(name, commit)
            self.verified(name, commit)

    def test_one_line_each_and_nothing_else(self) -> None:
        self.assert_status(self.status("--check"), 0, """\
            ENVIRONMENT  COMMIT  VERDICT  BEHIND  AGE  BY
            staging  f7eef0d4  verified  0  <duration>  ada
            production  9318c89e  verified  2  <duration>  ada
            """)
        self.assertEqual(self.requests(), k_requests)

    def test_columns_stand_below_each_other(self) -> None:
        lines = self.status().stdout.splitlines()
        self.assertEqual({line.index(word) for line, word in zip(
            lines, ("COMMIT", "f7eef0d4", "9318c89e"), strict=True)}, {13})  # fmt: skip
        self.assertEqual([line for line in lines if line != line.rstrip()], [])

    def test_some(self) -> None:
        for words in (["production"], ["prod*"]):
            with self.subTest(words=words):
                self.assert_status(self.status(*words), 0, """\
                    ENVIRONMENT  COMMIT  VERDICT  BEHIND  AGE  BY
                    production  9318c89e  verified  2  <duration>  ada
                    """)
        self.assert_status(self.status("prodution"), 2, "", """\
            headway: error: unknown environment "prodution"
              because: known environments: staging, production
              try: did you mean "production"?
            """)
        self.assertEqual(self.requests(), [])

    def test_up_to_date_costs_one_request_less(self) -> None:
        self.assertEqual(self.status("staging").code, 0)
        self.assertEqual(self.requests(), k_requests[:3])

    def test_json(self) -> None:
        answer = self.status("production", "--output", "json").json()
        newest = self.stage.repo.ledger("production")[0]
        moment = self.timestamp(newest.time)
        self.assertRegex(answer.pop("time"), r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertGreaterEqual(answer["environments"][0].pop("age_seconds"), 0)
        first, _, third = self.stage.commits
        self.assertEqual(
            answer,
            {
                "command": "status",
                "exit_code": 0,
                "error": None,
                "source": {"branch": "main", "commit": third},
                "environments": [
                    {
                        "environment": "production",
                        "branch": "deploy/production",
                        "tip": first,
                        "commit": first,
                        "joined": False,
                        "deployed": True,
                        "verdict": "verified",
                        "verified": first,
                        "verified_since": None,
                        "on_source": True,
                        "behind": 2,
                        "behind_at_least": False,
                        "ledger": "refs/headway/ledger/production",
                        "ledger_damage": None,
                        "event": {
                            "id": newest.id,
                            "event": "verified",
                            "time": moment,
                            "commit": first,
                            "tip": None,
                            "actor": "ada",
                            "run": None,
                            "reason": None,
                        },
                        "hold": None,
                        "drift": None,
                        "attention": [],
                    }
                ],
                "warnings": [],
            },
        )

    @staticmethod
    def timestamp(seconds: int) -> str:
        from datetime import UTC, datetime

        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def test_without_a_source_branch(self) -> None:
        self.stage.repo.create_branch("kept", "main")
        self.stage.repo.delete_ref("refs/heads/main")
        self.assert_status(self.status("--check"), 0, """\
            ENVIRONMENT  COMMIT  VERDICT  BEHIND  AGE  BY
            staging  f7eef0d4  verified  -  <duration>  ada
            production  9318c89e  verified  -  <duration>  ada
            """, """\
            headway: warning: the remote has no branch main
              because: how far each environment is behind it is not known
              try: name the branch to promote from: source: BRANCH in .headway.yml, or --source BRANCH
            """)
        self.assertEqual(self.status("--source", "kept").stderr, "")

    def test_without_a_ledger(self) -> None:
        self.configure("staging", "production", top="ledger: off\n")
        self.assert_status(self.status("--check"), 0, """\
            ENVIRONMENT  COMMIT  VERDICT  BEHIND  AGE  BY
            staging  f7eef0d4  -  0  -  -
            production  9318c89e  -  2  -  -
            """)
        answer = self.status("staging", "--output", "json").json()["environments"][0]
        for key in ("verdict", "verified", "age_seconds", "ledger", "event", "hold", "drift"):
            self.assertIsNone(answer[key], key)

    def test_a_merge_is_counted(self) -> None:
        self.stage.repo.create_branch("topic", self.stage.commits[1])
        self.stage.repo.commit("Topic", {"topic.txt": "1\n"}, branch="topic")
        self.stage.repo.merge("topic")
        answer = self.status("--output", "json").json()["environments"]
        self.assertEqual([entry["behind"] for entry in answer], [2, 4])


class Concerns(StatusTest):
    def test_never_deployed(self) -> None:
        self.assert_status(self.status("staging", "--check"), 3, """\
            ENVIRONMENT  COMMIT  VERDICT  BEHIND  AGE  BY
            staging  -  -  -  -  -  never deployed

            staging: the remote has no branch deploy/staging
              try: headway promote staging
            """, """\
            headway: error: 1 of 1 environment needs attention
              because: staging: never deployed
              try: headway promote staging
            """)
        self.assertEqual(self.requests(), k_requests[:2])
        self.assertEqual(self.status("staging").code, 0)
        self.deploy("staging")
        self.assertNotIn("never deployed", self.status("staging").stdout)

    def test_unverified(self) -> None:
        self.deploy("staging")
        self.assert_status(self.status("staging", "--check"), 3, """\
            ENVIRONMENT  COMMIT  VERDICT  BEHIND  AGE  BY
            staging  f7eef0d4  unverified  0  <duration>  ada

            staging: f7eef0d4 is not proven to run
              try: say where it runs, url: below environments: staging: in .headway.yml, then: headway verify staging
            """, """\
            headway: error: 1 of 1 environment needs attention
              because: staging: unverified
              try: say where it runs, url: below environments: staging: in .headway.yml, then: headway verify staging
            """)
        self.configure("staging", extra=", url: 'http://127.0.0.1:9/'")
        self.assertIn("\n  try: headway verify staging\n", self.status("staging").stdout)

    def test_unhealthy(self) -> None:
        self.deploy("staging", 0)
        self.verified("staging", 0)
        self.deploy("staging", 2)
        self.record("staging", "unhealthy", 2, Actor="ada", Verified=self.stage.commits[0],
                    Reason="health: 503")  # fmt: skip
        self.assert_status(self.status("staging", "--check"), 3, f"""\
            ENVIRONMENT  COMMIT  VERDICT  BEHIND  AGE  BY
            staging  f7eef0d4  unhealthy  0  <duration>  ada

            staging: f7eef0d4 does not run healthily: health: 503
              try: headway rollback staging --to {self.stage.commits[0]}
              try: headway verify staging
            """, f"""\
            headway: error: 1 of 1 environment needs attention
              because: staging: unhealthy
              try: headway rollback staging --to {self.stage.commits[0]}
            """)

    def test_held(self) -> None:
        for commit in (0, 2):
            self.deploy("staging", commit)
        result = self.stage.run("rollback", "staging", "--no-verify", "--to",
                                self.stage.commits[0], "--reason", "checkout fails",
                                env={"USER": "ada"})  # fmt: skip
        self.assertEqual(result.code, 0)
        hold = self.stage.repo.ledger("staging")[0].trailers["Headway-Held-Since"]
        self.verified("staging", 0, Held_Since=hold, Held_By="ada", Held_Reason="checkout fails")
        self.assert_status(self.status("staging", "--check"), 3, f"""\
            ENVIRONMENT  COMMIT  VERDICT  BEHIND  AGE  BY
            staging  9318c89e  verified  2  <duration>  ada  held

            staging: held since {hold} by ada: checkout fails
              try: headway resume staging
              try: headway promote staging --release-hold
            """, """\
            headway: error: 1 of 1 environment needs attention
              because: staging: held
              try: headway resume staging
            """)
        self.deploy("staging", 2, "--release-hold")
        self.assertNotIn("held", self.status("staging").stdout)

    def test_an_emergency_stop(self) -> None:
        self.deploy("staging", 2)
        self.verified("staging", 2)
        self.assertEqual(self.stage.run("hold", "staging", "--reason", "incident").code, 0)
        self.assertIn("\n  try: headway resume staging\n", self.status("--check").stderr)
        self.assertEqual(self.stage.run("resume", "staging").code, 0)
        self.assertEqual(self.status("staging", "--check").code, 0)

    def test_drifted(self) -> None:
        self.deploy("staging", 2)
        self.verified("staging", 2)
        first, _, third = self.stage.commits
        self.stage.repo.create_branch("deploy/staging", first)
        self.assert_status(self.status("staging", "--check"), 3, f"""\
            ENVIRONMENT  COMMIT  VERDICT  BEHIND  AGE  BY
            staging  9318c89e  unverified  2  -  -  drifted

            staging: moved by something else: the ledger expects f7eef0d4, the branch is at 9318c89e
              try: put it on record: headway promote staging --commit {first}
              try: undo it: headway rollback staging --to {third}
            staging: 9318c89e is not proven to run
              try: say where it runs, url: below environments: staging: in .headway.yml, then: headway verify staging
            """, f"""\
            headway: error: 1 of 1 environment needs attention
              because: staging: drifted, unverified
              try: put it on record: headway promote staging --commit {first}
            """)
        drift = self.status("staging", "--output", "json").json()["environments"][0]["drift"]
        self.assertEqual(drift, {"expected": third, "found": first})
        self.deploy("staging", 0)
        self.assertNotIn("drifted", self.status("staging").stdout)

    def test_the_branch_is_gone(self) -> None:
        self.deploy("staging", 2)
        self.stage.repo.delete_ref("refs/heads/deploy/staging")
        self.assert_status(self.status("staging"), 0, f"""\
            ENVIRONMENT  COMMIT  VERDICT  BEHIND  AGE  BY
            staging  -  -  -  -  -  drifted

            staging: moved by something else: the ledger expects f7eef0d4, the branch is missing
              try: headway promote staging --commit {self.stage.commits[2]}
            """)
        self.deploy("staging", 2)
        self.assertNotIn("drifted", self.status("staging").stdout)

    def test_not_on_the_source_branch(self) -> None:
        self.deploy("production", 0)
        self.verified("production", 0)
        self.stage.repo.create_branch("deploy/staging", self.stage.commits[1])
        stray = self.stage.repo.commit("Hotfix", {"fix.txt": "1\n"}, branch="deploy/staging")
        self.assert_status(self.status("--check"), 3, f"""\
            ENVIRONMENT  COMMIT  VERDICT  BEHIND  AGE  BY
            staging  {stray[:8]}  unverified  1  -  -  not on main
            production  9318c89e  verified  2  <duration>  ada

            staging: {stray[:8]} is not on main
              try: merge {stray[:8]} into main, then: headway promote staging
            staging: {stray[:8]} is not proven to run
              try: say where it runs, url: below environments: staging: in .headway.yml, then: headway verify staging
            """, f"""\
            headway: error: 1 of 2 environments needs attention
              because: staging: not on main, unverified
              try: merge {stray[:8]} into main, then: headway promote staging
            """)
        self.assertEqual(self.requests(), k_requests)
        self.stage.repo.merge(stray)
        self.assertEqual(self.stage.run("promote", "staging", "--no-verify").code, 0)
        self.assertNotIn("not on main", self.status().stdout)

    def test_a_damaged_ledger(self) -> None:
        self.deploy("staging", 2)
        self.stage.repo.update_ref(k_ledger, self.stage.commits[0])
        self.assert_status(self.status("staging", "--check"), 3, """\
            ENVIRONMENT  COMMIT  VERDICT  BEHIND  AGE  BY
            staging  f7eef0d4  -  0  -  -  ledger damaged

            staging: the newest commit of refs/headway/ledger/staging is no event of this ledger: its tree is not empty
              try: look at it: git fetch <remote> refs/headway/ledger/staging && git log FETCH_HEAD
              try: start a new ledger: git push <remote> :refs/headway/ledger/staging
            """, """\
            headway: error: 1 of 1 environment needs attention
              because: staging: ledger damaged
              try: look at it: git fetch <remote> refs/headway/ledger/staging && git log FETCH_HEAD
            """)
        self.stage.repo.delete_ref(k_ledger)
        self.assertNotIn("damaged", self.status("staging").stdout)

    def test_a_ledger_that_is_no_commit(self) -> None:
        self.deploy("production", 2)
        self.verified("production", 2)
        self.deploy("staging", 2)
        blob = self.stage.repo.run("hash-object", "-w", "--stdin", stdin=b"no event")
        self.stage.repo.run("update-ref", k_ledger, blob)
        answer = self.status("--output", "json").json()["environments"]
        self.assertTrue(answer[0]["ledger_damage"])
        self.assertEqual([entry["verdict"] for entry in answer], [None, "verified"])

    def test_joined(self) -> None:
        # After a restoring rollback the branch holds a commit of headway's own.
        for commit in (0, 2):
            self.deploy("staging", commit)
        result = self.stage.run("rollback", "staging", "--no-verify", "--strategy", "restore",
                                "--to", self.stage.commits[0], env={"USER": "ada"})  # fmt: skip
        self.assertEqual(result.code, 0, result)
        own = self.stage.repo.tip("deploy/staging")
        self.verified("staging", 0, Tip=str(own))
        self.assert_status(self.status("staging", "--check"), 0, """\
            ENVIRONMENT  COMMIT  VERDICT  BEHIND  AGE  BY
            staging  9318c89e  verified  2  <duration>  ada  joined
            """)
        answer = self.status("staging", "--output", "json").json()["environments"][0]
        self.assertEqual(
            (answer["tip"], answer["commit"], answer["joined"], answer["on_source"]),
            (own, self.stage.commits[0], True, True),
        )

    def test_hostile_words_are_escaped(self) -> None:
        self.deploy("staging", 2)
        self.record("staging", "held", 2, Actor="a\x1b[31mda", Verified=self.stage.commits[2],
                    Held_Since="2026-11-20T21:05:00Z", Held_By="e\x1b[2Jve",
                    Held_Reason="\x07beep")  # fmt: skip
        for words in ((), ("--check",), ("--output", "json")):
            with self.subTest(words=words):
                result = self.status("staging", *words)
                self.assertNotIn("\x1b", result.stdout + result.stderr)
                self.assertNotIn("\x07", result.stdout + result.stderr)


class Reading(StatusTest):
    """Environments with tokens of their own."""

    def setUp(self) -> None:
        super().setUp()
        for name in ("staging", "production"):
            self.deploy(name)
            self.verified(name, 2)
        self.stage.write(
            ".headway.yml",
            f"""\
remote: {self.stage.host.url()}
source: main
environments:
  staging: {{branch: deploy/staging, token: {{env: FIRST_TOKEN}}}}
  production: {{branch: deploy/production, token: {{env: SECOND_TOKEN}}}}
""",
        )

    def test_the_first_that_is_set(self) -> None:
        for variable in ("FIRST_TOKEN", "SECOND_TOKEN"):
            with self.subTest(variable):
                result = self.status("--check", env={variable: k_token})
                self.assertEqual((result.code, result.stderr), (0, ""))

    def test_one_that_is_not_set_is_passed_over(self) -> None:
        result = self.status("-v", env={"SECOND_TOKEN": k_token})
        self.assertEqual(result.code, 0)
        self.assertIn("headway: $FIRST_TOKEN is passed over: ", result.stderr)

    def test_none_is_set(self) -> None:
        for words in (["status"], ["history", "staging"]):
            with self.subTest(words=words):
                self.assert_run(self.stage.run(*words), 5, "", """\
                    headway: error: cannot read http://127.0.0.1:<port>/group/app.git: the server answered HTTP 401
                      because: the variable FIRST_TOKEN is not set
                      try: set FIRST_TOKEN in Settings > CI/CD > Variables, protected only if this job's branch is, with a scope that holds this job's environment
                      try: outside CI: export FIRST_TOKEN
                    """)

    def test_the_job_token_of_ci(self) -> None:
        file = self.stage.headway.work / ".headway.yml"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        file.write_text("".join(lines[1:]), encoding="utf-8")
        ci = {"CI_PROJECT_URL": self.stage.host.url().removesuffix(".git"), "CI_JOB_TOKEN": k_token}
        result = self.status("--check", env=ci)
        self.assertEqual((result.code, result.stderr), (0, ""))

    def test_none_is_needed(self) -> None:
        self.enterContext(self.anonymous_stage())
        result = self.status()
        self.assertEqual(result.code, 0, result)

    def anonymous_stage(self) -> Any:
        from e2e.support import Stage

        self.stage = Stage(users={})
        self.configure("staging", "production")
        return self.stage


class Fleet(StatusTest):
    def test_a_thousand_cost_as_much_as_one(self) -> None:
        names = [f"edge-{number:04}" for number in range(1000)]
        self.configure(*names)
        self.assertEqual(self.stage.run("promote", "edge-*", "--no-verify", "--commit",
                                        self.stage.commits[1], timeout=240).code, 0)  # fmt: skip
        for name in names[:3]:
            self.verified(name, 1)
        self.stage.repo.delete_ref("refs/heads/deploy/edge-0999")
        result = self.status("--check", timeout=240)
        self.assertEqual(self.requests(), k_requests)
        lines = result.stdout.split("\n\n")[0].splitlines()
        self.assertEqual(len(lines), 1001)
        self.assertRegex(lines[1], r"^edge-0000    cc352607  verified    1 ")
        hint = "say where it runs, url: below environments: {0}: in .headway.yml, then: headway verify {0}"
        self.assertEqual(
            result.stderr,
            "headway: error: 997 of 1000 environments need attention\n"
            "  because: edge-0003: unverified; edge-0004: unverified; edge-0005: unverified; "
            "edge-0006: unverified; edge-0007: unverified; and 992 more\n"
            + "".join(f"  try: {hint.format(name)}\n" for name in names[3:8]),
        )


if __name__ == "__main__":
    unittest.main()
