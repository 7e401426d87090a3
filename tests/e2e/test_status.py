"""Where the environments stand: the table, what needs attention, and what it costs."""

from __future__ import annotations

import unittest
from typing import Any

from e2e.support import StageTest, k_branch, k_ledger
from host.headway import Result


class StatusTest(StageTest):
    def setUp(self) -> None:
        self.open()

    def status(self, *arguments: str, **options: Any) -> Result:
        return self.stage.run("status", *arguments, **options)

    def entry(self) -> dict[str, Any]:
        """Staging's part of the document."""
        return self.status("--output", "json").json()["environments"][0]


class Standing(StatusTest):
    def test_never_deployed(self) -> None:
        self.assert_run(self.status(), 0, """\
            ENVIRONMENT  COMMIT  BEHIND  STATE           LAST EVENT
            staging      -       -       never deployed  -
            """)

    def test_deployed(self) -> None:
        self.assertEqual(self.stage.promote("--commit", self.stage.commits[0], env={"USER": "ada"}).code, 0)
        self.stage.host.clear_log()
        self.assert_run(self.status(), 0, """\
            ENVIRONMENT  COMMIT    BEHIND  STATE       LAST EVENT
            staging      9318c89e  2       unverified  promoted <duration> ago by ada
            """)
        self.assertLessEqual(len(self.stage.host.requests()), 4)

    def test_held(self) -> None:
        for index in (0, 2):
            self.stage.deploy(self.stage.commits[index])
        self.stage.run("rollback", "staging", "--to", self.stage.commits[0], "--reason", "fails",
                       env={"USER": "ada"})  # fmt: skip
        since = self.stage.ledger()[0].trailers["Headway-Held-Since"]
        self.assert_run(self.status(), 0, """\
            ENVIRONMENT  COMMIT    BEHIND  STATE             LAST EVENT
            staging      9318c89e  2       unverified, held  rolled-back <duration> ago by ada
            staging: held since <time> by ada: fails
              try: headway promote staging --release-hold
            """, "", {since: "<time>"})

    def test_an_emergency_stop(self) -> None:
        self.stage.deploy(self.stage.commits[2])
        self.stage.run("hold", "staging", "--reason", "incident", env={"USER": "ada"})
        self.assertIn("  try: headway resume staging\n", self.status().stdout)

    def test_joined(self) -> None:
        for index in (0, 2):
            self.stage.deploy(self.stage.commits[index])
        self.stage.run("rollback", "staging", "--to", self.stage.commits[0],
                       "--strategy", "restore")  # fmt: skip
        self.assertIn("staging      9318c89e  2       unverified, held, joined  rolled-back ",
                      self.status().stdout)  # fmt: skip
        entry = self.entry()
        self.assertEqual((entry["commit"], entry["tip"], entry["joined"], entry["drift"]),
                         (self.stage.commits[0], self.stage.tip, True, None))  # fmt: skip
        self.assertEqual(self.stage.promote("--release-hold").code, 0)
        self.assertEqual((self.entry()["commit"], self.entry()["joined"]),
                         (self.stage.commits[2], True))  # fmt: skip

    def test_a_ledger_that_is_no_commit(self) -> None:
        self.stage.deploy(self.stage.commits[0])
        self.stage.repo.update_ref(k_ledger, "main^{tree}")
        self.assertEqual(self.entry()["concerns"], ["ledger damaged"])

    def test_drift(self) -> None:
        self.stage.deploy(self.stage.commits[0])
        self.stage.repo.update_ref(f"refs/heads/{k_branch}", self.stage.commits[1])
        entry = self.entry()
        self.assertEqual(entry["commit"], self.stage.commits[1])
        self.assertEqual(entry["drift"], self.stage.commits[0])
        self.assertEqual(entry["behind"], 1)
        self.assertEqual(entry["concerns"], ["drifted", "unverified"])

    def test_not_on_main(self) -> None:
        self.stage.deploy(self.stage.commits[0])
        commit = self.stage.repo.commit("Aside", branch=k_branch)
        entry = self.entry()
        self.assertEqual((entry["commit"], entry["on_source"], entry["behind"]), (commit, False, None))

    def test_a_damaged_ledger(self) -> None:
        self.stage.deploy(self.stage.commits[0])
        self.stage.repo.update_ref(k_ledger, self.stage.commits[1])
        self.assertEqual(self.entry()["concerns"], ["ledger damaged"])

    def test_ledger_off(self) -> None:
        self.stage.deploy(self.stage.commits[0])
        self.stage.configure(top="ledger: off")
        self.assert_run(self.status("--check"), 0, """\
            ENVIRONMENT  COMMIT    BEHIND  STATE  LAST EVENT
            staging      9318c89e  2       -      -
            """)

    def test_no_source_branch(self) -> None:
        self.stage.deploy(self.stage.commits[0])
        result = self.status("--source", "gone")
        self.assertEqual(result.code, 0)
        self.assertIn("the remote has no branch gone", result.stderr)
        self.assertIn("staging      9318c89e  ?  ", result.stdout)


class Tokens(StatusTest):
    def test_the_first_that_can_be_read(self) -> None:
        self.stage.configure()
        text = (self.stage.headway.work / ".headway.yml").read_text(encoding="utf-8")
        first = "environments:\n  early:\n    branch: early\n    token: {env: UNSET_TOKEN}\n"
        self.stage.write(".headway.yml", text.replace("environments:\n", first))
        result = self.status("-v")
        self.assertEqual(result.code, 0, result)
        self.assertIn("$UNSET_TOKEN is not used for reading: ", result.stderr)


class Check(StatusTest):
    def test_names_what_needs_attention(self) -> None:
        self.assert_run(self.status("--check"), 3, """\
            ENVIRONMENT  COMMIT  BEHIND  STATE           LAST EVENT
            staging      -       -       never deployed  -
            """, """\
            headway: error: one environment needs attention
              because: staging is never deployed
              try: headway promote staging
            """)

    def test_json(self) -> None:
        document = self.status("--check", "--output", "json").json()
        self.assertEqual(document["exit_code"], 3)
        self.assertEqual(document["error"]["because"], "staging is never deployed")
        self.assertEqual(document["source"], {"branch": "main", "commit": self.stage.commits[2]})


if __name__ == "__main__":
    unittest.main()
