"""What doctor finds out about the right to push, without moving anything, whatever the server is like."""

from __future__ import annotations

import unittest
from pathlib import Path
from typing import Any

from e2e.doctor_support import DoctorTest, k_allow, k_branch_ref, k_gitlab
from e2e.support import Stage, k_branch, k_ledger
from host import ledger
from host.protection import Creation


class Protected(DoctorTest):
    """The server's rules, seen before they are met."""

    def setUp(self) -> None:
        super().setUp()
        self.stage.deploy()
        self.protection = self.stage.repo.protection

    def test_may_not_push(self) -> None:
        self.protection.protect("_gitlab/*", ["somebody-else"])
        self.assert_run(self.doctor("--quiet", env=k_gitlab), 3, f"""\
            staging
              ✗ push  the server refuses to move _gitlab/agents/staging
                  because: _gitlab/agents/staging is a protected branch and the bot of $STAGING_PUSH_TOKEN may not push to it (the server said: "You are not allowed to push code to protected branches on this project.")
                  try: {k_allow}
            """, f"""\
            headway: error: 1 problem would stop a promotion, or its proof
              because: staging: push
              try: {k_allow}
            """)

    def test_may_not_push_before_the_first_deployment(self) -> None:
        self.stage.repo.delete_ref(k_branch_ref)
        self.stage.repo.delete_ref(k_ledger)
        self.protection.protect("_gitlab/*", ["somebody-else"])
        checks = self.checks(code=3, env=k_gitlab)
        self.assertEqual(checks["push"]["try"], [k_allow])
        self.assertIsNone(self.stage.tip)

    def test_only_through_a_merge_request(self) -> None:
        self.protection.protect("_gitlab/*", merge_request_only=True)
        checks = self.checks(code=3, env=k_gitlab)
        self.assertEqual(checks["push"]["try"], [k_allow])
        self.assert_check(checks["force-push"], "not-checked", "no push to the branch goes through")

    def test_force_pushes_are_forbidden(self) -> None:
        self.protection.protect("_gitlab/*", ["*"])
        checks = self.checks(code=0, env=k_gitlab)
        self.assertEqual(checks["push"]["verdict"], "ok")
        self.assert_check(
            checks["force-push"], "ok",
            "not allowed: a rollback will use restore, a new commit with the old files",
        )  # fmt: skip

    def test_what_it_says_of_force_pushes_is_so(self) -> None:
        for force, way in ((False, "restored"), (True, "moved back")):
            with self.subTest(force=force), Stage() as self.stage:
                self.stage.deploy()
                self.stage.deploy(self.stage.commits[1])
                self.stage.repo.protection.protect("_gitlab/*", ["*"], force=force)
                allowed = self.checks(code=0)["force-push"]["text"].startswith("allowed")
                self.assertEqual(allowed, force)
                result = self.stage.run("rollback", "staging", "--to", self.stage.commits[0],
                                        "--no-verify", "--reason", "test")  # fmt: skip
                self.assertEqual(result.code, 0, result)
                self.assertEqual(self.stage.tip == self.stage.commits[0], force, way)

    def test_a_rule_that_is_no_matter_of_the_token(self) -> None:
        self.protection.decline_refs(k_branch_ref, "only on Tuesdays")
        checks = self.checks(code=0)
        self.assertEqual(checks["push"]["verdict"], "warning")
        self.assertIn('the server said: "only on Tuesdays', checks["push"]["because"])
        self.assertIn("which it may take", checks["push"]["because"])

    def test_every_move_back_is_forbidden_by_git_itself(self) -> None:
        self.stage.repo.set_config("receive.denyNonFastForwards", "true")
        checks = self.checks(code=0)
        self.assertEqual(checks["push"]["verdict"], "ok")
        self.assertIn("not allowed", checks["force-push"]["text"])

    def test_the_branch_is_hidden(self) -> None:
        self.stage.repo.set_config("receive.hideRefs", "refs/heads/_gitlab")
        checks = self.checks(code=3)
        self.assertEqual(checks["push"]["verdict"], "problem")
        self.assertIn("hides _gitlab/agents/staging from pushes", checks["push"]["because"])

    def test_an_archived_project(self) -> None:
        self.stage.host.refuse_with("You can't push code to an archived project.")
        checks = self.checks(code=3)
        self.assertEqual(checks["push"]["try"],
                         ["Settings > General > Advanced: unarchive the project"])  # fmt: skip

    def test_creation_is_never_tried(self) -> None:
        self.stage.repo.delete_ref(k_branch_ref)
        self.protection.protect("_gitlab/*", ["*"], creation=Creation.refused)
        checks = self.checks(code=0)
        self.assertIn("whether it may create it shows only then", checks["push"]["text"])

    def test_what_stays_on_the_server_does_not_grow(self) -> None:
        self.protection.protect("_gitlab/*", ["*"])
        left = []
        for _ in range(3):
            self.checks(code=0)
            found = self.stage.repo.run("fsck", "--unreachable", "--no-reflogs", "--no-progress")
            left.append(sorted(line for line in found.splitlines() if " commit " in line))
        self.assertEqual(left, left[:1] * 3)
        self.assertLessEqual(len(left[0]), 4)  # Two for the branch, two for the ledger.

    def test_a_race_during_the_question_is_not_touched(self) -> None:
        # Whatever somebody else makes of the branch in the last moment stays so.
        for new in (self.stage.commits[1], self.stage.commits[2], "0" * 40):
            with self.subTest(new=new):
                self.stage.repo.update_ref(k_branch_ref, self.stage.commits[0])
                self.protection.race((k_branch_ref, new), (k_branch_ref, new))
                result = self.stage.run("doctor", "--output", "json")
                push = next(c for c in result.json()["checks"] if c["id"] == "push")
                self.assertEqual(push["verdict"], "ok", result)
                self.assertEqual(self.stage.tip, new if new.strip("0") else None)


class Ledgers(DoctorTest):
    def test_the_server_takes_branches_only(self) -> None:
        self.stage.repo.protection.only_branches_and_tags()
        checks = self.checks(code=3, env=k_gitlab)
        self.assert_check(
            checks["ledger-push"], "problem",
            "the server refuses to move refs/headway/ledger/staging",
            "the server does not let the bot of $STAGING_PUSH_TOKEN push to"
            " refs/headway/ledger/staging, where headway keeps its ledger (the server said: \"You"
            ' can only push to branches and tags of this project.")',
            "ledger: {branch: headway-ledger} in .headway.yml",
        )  # fmt: skip

    def test_the_way_out_works(self) -> None:
        self.stage.repo.protection.only_branches_and_tags()
        self.stage.configure(top="ledger: {branch: headway-ledger}")
        for _ in range(2):
            checks = self.checks(code=0)
            self.assert_check(
                checks["ledger-push"], "ok", "the server takes headway-ledger/staging"
            )
            self.assertEqual(self.stage.promote("--no-verify").code, 0)
        self.assertIn("its newest event: promoted", checks["ledger"]["text"] + self.checks(
            code=0)["ledger"]["text"])  # fmt: skip

    def test_hidden_refs(self) -> None:
        self.stage.repo.set_config("transfer.hideRefs", "refs/headway")
        checks = self.checks(code=3)
        self.assertEqual(checks["ledger-push"]["try"],
                         ["ledger: {branch: headway-ledger} in .headway.yml"])  # fmt: skip

    def test_turned_off(self) -> None:
        self.stage.configure(top="ledger: off")
        checks = self.checks(code=0)
        for id_ in ("ledger", "ledger-push"):
            self.assert_check(checks[id_], "not-checked", "the configuration turns the ledger off")

    def test_damaged(self) -> None:
        event = self.stage.deploy()
        self.stage.repo.update_ref(k_ledger, self.stage.commits[1])
        checks = self.checks(code=3)
        self.assertEqual(checks["ledger"]["text"], "the ledger of staging is damaged")
        self.assertEqual(checks["ledger"]["try"][1],
                         "start a new ledger: git push <remote> :refs/headway/ledger/staging")  # fmt: skip
        self.assertEqual(checks["push"]["verdict"], "ok", event)

    def test_no_commit_at_all(self) -> None:
        self.stage.deploy()
        tree = self.stage.repo.rev_parse("main^{tree}")
        self.stage.repo.update_ref(k_ledger, tree)
        checks = self.checks(code=3)
        self.assertEqual(checks["ledger"]["text"], "the ledger of staging is damaged")

    def test_of_another_environment(self) -> None:
        self.stage.deploy()
        text = ledger.message("promoted", "production", self.stage.commits[0])
        self.stage.repo.update_ref(
            k_ledger, ledger.write(self.stage.repo, ledger.commit_text(text, ()))
        )
        self.assertIn("it belongs to another environment",
                      self.checks(code=3)["ledger"]["because"])  # fmt: skip


class Branches(DoctorTest):
    def test_diverged(self) -> None:
        self.stage.deploy()
        own = self.stage.repo.commit("Hot fix", parents=[self.stage.commits[0]], branch=k_branch)
        checks = self.checks(code=3)
        self.assertEqual(checks["branch"]["text"], f"{k_branch} has diverged from main")
        self.assertIn(own[:8], checks["branch"]["because"])
        self.assertEqual(len(checks["branch"]["try"]), 2)
        self.assertEqual(checks["push"]["verdict"], "ok")

    def test_a_branch_is_where_a_folder_is_needed(self) -> None:
        self.stage.repo.create_branch("_gitlab/agents")
        checks = self.checks(code=3)
        self.assert_check(
            checks["branch"], "problem", "_gitlab/agents/staging cannot be created",
            "there is a branch _gitlab/agents, and git keeps no branch below another one",
            "another name, as branch: _gitlab/agents-deploy below environments: staging: in"
            " .headway.yml, or delete _gitlab/agents on the server",
        )  # fmt: skip


class PoorServers(DoctorTest):
    def check(self, **options: Any) -> dict[str, dict[str, Any]]:
        self.open(**options)
        for _ in range(2):
            checks = self.checks(code=0)
            for id_ in ("access", "branch", "push", "ledger", "ledger-push"):
                self.assertEqual(checks[id_]["verdict"], "ok", checks[id_])
            self.stage.promote("--no-verify", "--commit", self.stage.commits[0])
        return checks

    def test_protocol_v0(self) -> None:
        self.check(protocol_v2=False)

    def test_without_atomic_pushes(self) -> None:
        checks = self.check(atomic=False)
        self.assertIn("it moves a branch and its ledger one after the other",
                      checks["access"]["text"])  # fmt: skip

    def test_without_filters(self) -> None:
        self.check(allow_filter=False, any_sha1=False, push_options=False)

    def test_fsck_of_what_is_received(self) -> None:
        self.check(config={"receive.fsckObjects": "true", "transfer.fsckObjects": "true"})


class LocalPaths(DoctorTest):
    def setUp(self) -> None:
        super().setUp()
        hook = self.stage.repo.path / "hooks/pre-receive"
        hook.unlink(missing_ok=True)
        self.stage.configure(remote=str(self.stage.repo.path), token=False)

    def test_all_is_fine(self) -> None:
        for _ in range(2):
            checks = self.checks(code=0)
            self.assertIn("is a repository on this machine", checks["remote"]["text"])
            self.assert_check(checks["token"], "not-checked",
                              "a repository on this machine needs none")  # fmt: skip
            for id_ in ("access", "branch", "push", "ledger", "ledger-push"):
                self.assertEqual(checks[id_]["verdict"], "ok", checks[id_])
            self.assert_check(checks["force-push"], "not-checked",
                              "a repository on this machine tells only when a branch is moved back")
            self.stage.promote("--no-verify", "--commit", self.stage.commits[0])

    def test_nothing_is_written(self) -> None:
        objects = {path: path.stat().st_mtime_ns for path in self.files()}
        self.checks(code=0)
        self.assertEqual({path: path.stat().st_mtime_ns for path in self.files()}, objects)

    def files(self) -> list[Path]:
        return [path for path in self.stage.repo.path.rglob("*") if path.is_file()]

    def test_hidden_refs(self) -> None:
        self.stage.repo.set_config("transfer.hideRefs", "refs/headway")
        self.assertEqual(self.checks(code=3)["ledger-push"]["verdict"], "problem")

    def test_no_repository(self) -> None:
        self.stage.configure(remote=str(self.stage.headway.home), token=False)
        checks = self.checks(code=2)
        self.assertEqual(checks["remote"]["verdict"], "problem")
        self.assertEqual(checks["push"]["verdict"], "not-checked")


if __name__ == "__main__":
    unittest.main()
