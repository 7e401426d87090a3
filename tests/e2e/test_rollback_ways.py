"""Rollbacks that find their own way: to the last verified commit, by reset or by restore, whatever
is broken around them; and the promotion that joins the branch with main again."""

from __future__ import annotations

import unittest
from typing import Any

from e2e.support import StageTest, k_branch, k_ledger, k_variable, moment
from host.app import Agent, App
from host.headway import Result

k_unverified = (
    "headway: staging: not verified, nothing says where it runs (url: below environments: staging:"
    " in .headway.yml, or --url)\n"
)
k_restored = (
    "headway: staging: the server forbids force pushes to _gitlab/agents/staging: the files are"
    " restored by a commit instead\n"
)


class WaysTest(StageTest):
    """Staging has run c1 and c2, both verified, and c3, which was not."""

    def setUp(self) -> None:
        self.open()
        self.c1, self.c2, self.c3 = self.stage.commits
        self.app = self.enterContext(App())
        self.configure()
        for commit in (self.c1, self.c2):
            self.app.version = commit
            self.stage.deploy(commit)
        self.stage.configure()
        self.stage.deploy(self.c3)

    def configure(self, **options: Any) -> None:
        self.stage.configure(
            environment=f"""\
                url: {self.app.origin}
                verify:
                  deadline: 30s
                  interval: 10ms
                  consecutive: 1
                  probes: [{{name: health, url: /health, json: {{/version: "${{commit}}"}}}}]
                """,
            **options,
        )

    def rollback(self, *arguments: str, **options: Any) -> Result:
        return self.stage.run("rollback", "staging", *arguments, **options)

    def forbid_force(self) -> None:
        self.stage.repo.protection.protect("_gitlab/*", ["git", "gitlab-ci-token"], force=False)

    def deployed_at(self, commit: str) -> str:
        """When the ledger says that the commit was promoted."""
        return next(moment(event) for event in self.stage.ledger()
                    if event.trailers["Headway-Commit"] == commit
                    and event.trailers["Headway-Event"] == "promoted")  # fmt: skip

    def assert_restored(self, commit: str, parent: str) -> str:
        """The branch ends in one commit of headway's own, with that commit's files; its id."""
        tip = self.stage.tip or ""
        made = self.stage.repo.log(tip, 1)[0]
        self.assertEqual(made.parents, [parent])
        self.assertEqual(made.tree, self.stage.repo.rev_parse(f"{commit}^{{tree}}"))
        event = self.stage.ledger()[0].trailers
        self.assertEqual((event["Headway-Commit"], event["Headway-Tip"]), (commit, tip))
        self.stage.repo.fsck()
        return tip


class LastVerified(WaysTest):
    def test_is_where_it_goes(self) -> None:
        self.assert_run(self.rollback("--reason", "it burns"), 0, f"""\
            staging: f7eef0d4 → cc352607, rolled back and held (reset)
              to cc352607: the last verified commit, deployed {self.deployed_at(self.c2)}
            """, k_unverified)
        self.assert_moved(self.c2, 6)
        self.assertEqual(self.stage.ledger()[0].trailers["Headway-Verified"], self.c2)

    def test_costs_four_requests(self) -> None:
        self.assertEqual(self.rollback().code, 0)
        self.assertEqual(len(self.stage.host.requests()), 4)

    def test_a_dry_run_names_target_commits_and_strategy(self) -> None:
        self.assert_run(self.rollback("--dry-run"), 0, f"""\
            staging: would go back f7eef0d4 → cc352607 and be held (reset, or restore where the server forbids force pushes)
              to cc352607: the last verified commit, deployed {self.deployed_at(self.c2)}
              f7eef0d4 Change 3 (Ada Example)
            """)
        self.assert_untouched(self.c3, 5)
        self.assertIn("held (restore)\n", self.rollback("--dry-run", "--strategy", "restore").stdout)

    def test_a_second_run_changes_nothing(self) -> None:
        self.assertEqual(self.rollback().code, 0)
        self.assert_run(self.rollback(), 0, f"""\
            staging: cc352607 is there already
              to cc352607: the last verified commit, deployed {self.deployed_at(self.c2)}
            """, k_unverified)
        self.assert_moved(self.c2, 6)

    def test_goes_further_when_that_one_does_not_run_either(self) -> None:
        self.configure()
        self.app.status = 500
        result = self.rollback("--interval", "1h")
        self.assertEqual(result.code, 4, result)
        self.assertEqual(self.stage.ledger()[0].trailers["Headway-Event"], "unhealthy")
        self.app.status = 200
        self.app.version = self.c1
        self.assertEqual(self.rollback().code, 0)
        self.assertEqual(self.stage.tip, self.c1)
        event = self.stage.ledger()[1].trailers
        self.assertEqual((event["Headway-Held-Good"], event["Headway-Held-Bad"]),
                         (self.c1, self.c3))  # fmt: skip

    def test_steps(self) -> None:
        self.assert_run(self.rollback("--steps", "2"), 0, f"""\
            staging: f7eef0d4 → 9318c89e, rolled back and held (reset)
              to 9318c89e: 2 steps back, deployed {self.deployed_at(self.c1)}
            """, k_unverified)
        self.assertEqual(self.rollback("--steps", "2").code, 0)
        self.assert_moved(self.c1, 6)

    def test_too_many_steps(self) -> None:
        self.assert_run(self.rollback("--steps", "3"), 3, "", f"""\
            headway: error: staging has no deployment 3 steps back
              because: there are not so many steps; deployments before: cc352607 (since {self.deployed_at(self.c2)}), 9318c89e (since {self.deployed_at(self.c1)})
              try: headway rollback staging --to SHA
              try: to see what was on the branch: git fetch <remote> refs/heads/_gitlab/agents/staging && git log FETCH_HEAD
            """)
        self.assert_untouched(self.c3, 5)

    def test_mistakes(self) -> None:
        for arguments, stderr in (
            (("--steps", "1", "--to", self.c1), """\
                headway: error: --to and --steps both name where to go back to
                  try: give one of them
                """),
            (("--strategy", "restor"), """\
                headway: error: unknown strategy "restor"
                  because: it is one of auto, reset, restore
                  try: --strategy restore
                """),
        ):  # fmt: skip
            with self.subTest(arguments=arguments):
                self.assert_run(self.rollback(*arguments), 2, "", stderr)
        self.assertEqual(self.rollback("--steps", "0").code, 2)
        self.assertEqual(self.stage.host.requests(), [])


class Restore(WaysTest):
    def test_in_gitlabs_words(self) -> None:
        self.forbid_force()
        result = self.rollback(env={"GITLAB_CI": "true"})
        self.assert_run(result, 0, f"""\
            staging: f7eef0d4 → cc352607, rolled back and held (restore)
              to cc352607: the last verified commit, deployed {self.deployed_at(self.c2)}
            """, k_restored + k_unverified)
        self.assert_restored(self.c2, self.c3)
        self.assertLessEqual(len(self.stage.host.requests()), 6)

    def test_where_git_denies_it(self) -> None:
        self.stage.repo.set_config("receive.denyNonFastForwards", "true")
        self.assertEqual(self.rollback().code, 0)
        self.assert_restored(self.c2, self.c3)

    def test_by_choice(self) -> None:
        result = self.rollback("--strategy", "restore", "--to", self.c1, "--reason", "it burns")
        self.assert_run(result, 0, """\
            staging: f7eef0d4 → 9318c89e, rolled back and held (restore)
            """, k_unverified)
        tip = self.assert_restored(self.c1, self.c3)
        made = self.stage.repo.log(tip, 1)[0]
        self.assertEqual(made.subject, "Restore 9318c89e on staging")
        self.assertEqual(made.body, f"it burns\n\nThe files are those of {self.c1}.\n")

    def test_a_second_run_changes_nothing(self) -> None:
        self.forbid_force()
        self.assertEqual(self.rollback().code, 0)
        tip = self.stage.tip
        self.assertEqual(self.rollback().code, 0)
        self.assertEqual((self.stage.tip, len(self.stage.ledger())), (tip, 6))

    def test_an_app_that_tells_the_branchs_own_commit_is_right_too(self) -> None:
        self.configure()
        self.forbid_force()
        with Agent(self.app, self.stage.repo, k_branch):
            result = self.rollback()
        self.assertEqual(result.code, 0, result)
        self.assertIn("staging: healthy once, version cc352607", result.stdout)
        self.assertEqual(self.stage.ledger()[0].trailers["Headway-Verified"], self.c2)

    def test_the_next_promotion_joins_main_again(self) -> None:
        self.forbid_force()
        self.assertEqual(self.rollback().code, 0)
        restored = self.stage.tip or ""
        fix = self.stage.repo.commit(f'Revert "Change 3"\n\nThis reverts commit {self.c3}.\n')
        self.assert_run(self.stage.promote(), 0, f"""\
            staging: cc352607 → {fix[:8]}, joined with its source again by a merge
            staging: the hold ends, {fix[:8]} reverts f7eef0d4
            """, k_unverified)
        joined = self.stage.tip or ""
        self.assertEqual(self.stage.repo.log(joined, 1)[0].parents, [restored, fix])
        self.assertEqual(self.stage.repo.run("diff", "main", joined), "")
        self.assertTrue(self.stage.repo.is_ancestor(restored, joined))
        self.assertNotIn("Headway-Held-Since", self.stage.ledger()[0].trailers)
        self.stage.repo.fsck()
        # It is known for what it is: done already, superseded, and on with the next.
        self.assert_run(self.stage.promote(), 0, f"staging: {fix[:8]} is there already\n",
                        k_unverified)  # fmt: skip
        following = self.stage.repo.commit("Next")
        self.assertEqual(self.stage.promote().code, 0)
        self.assertEqual(self.stage.repo.run("diff", "main", k_branch), "")
        # Where a force push is allowed again, the branch becomes linear.
        self.stage.repo.protection.clear()
        result = self.rollback("--to", following, "--strategy", "reset")
        self.assertEqual(result.code, 0, result)
        self.assertEqual(self.stage.tip, following)

    def test_somebody_elses_commit_on_top_is_no_join(self) -> None:
        self.forbid_force()
        self.assertEqual(self.rollback().code, 0)
        self.stage.repo.protection.clear()
        self.stage.repo.commit("Hotfix", branch=k_branch)
        self.stage.repo.commit("Next")
        result = self.stage.promote("--release-hold")
        self.assertEqual(result.code, 3, result)
        self.assertIn("has diverged from main", result.stderr)


class WhateverIsBroken(WaysTest):
    def test_the_source_branch_is_gone(self) -> None:
        self.stage.repo.delete_ref("refs/heads/main")
        self.assertEqual(self.rollback().code, 0)
        self.assert_moved(self.c2, 6)

    def test_the_source_branch_is_no_commit(self) -> None:
        blob = self.stage.repo.run("hash-object", "-w", "--stdin", stdin=b"rubbish")
        self.stage.repo.path.joinpath("refs/heads/main").write_text(f"{blob}\n")
        self.assertEqual(self.rollback().code, 0)
        self.assertEqual(self.stage.tip, self.c2)

    def test_the_configuration_on_it_is_invalid(self) -> None:
        self.stage.repo.commit("Broken", files={".headway.yml": "environments: [broken\n"})
        file = self.stage.write("elsewhere.yml", (self.stage.headway.work / ".headway.yml").read_text())
        (self.stage.headway.work / ".headway.yml").unlink()
        remote = ("--remote", self.stage.host.url(self.stage.repo))
        self.assertEqual(self.rollback(*remote, "--token-env", k_variable).code, 2)
        self.assertEqual(self.rollback("--config", str(file)).code, 0)
        self.assertEqual(self.stage.tip, self.c2)
        # And by flags alone.
        result = self.rollback(*remote, "--branch", k_branch, "--token-env", k_variable,
                               "--to", self.c1)  # fmt: skip
        self.assertEqual(result.code, 0, result)
        self.assertEqual(self.stage.tip, self.c1)

    def test_the_ledger_is_gone(self) -> None:
        self.stage.repo.delete_ref(k_ledger)
        self.assert_run(self.rollback(), 3, "", """\
            headway: error: no commit to go back to is known for staging
              because: the remote has no ledger refs/headway/ledger/staging
              try: headway rollback staging --to SHA
              try: to see what was on the branch: git fetch <remote> refs/heads/_gitlab/agents/staging && git log FETCH_HEAD
            """)
        self.assertEqual(self.rollback("--to", self.c2).code, 0)
        self.assert_moved(self.c2, 1)

    def test_the_ledger_is_off(self) -> None:
        self.stage.configure(top="ledger: off")
        result = self.rollback()
        self.assertEqual(result.code, 3)
        self.assertIn("because: the ledger is off\n", result.stderr)

    def test_the_branch_has_drifted(self) -> None:
        rogue = self.stage.repo.commit("By hand", branch=k_branch)
        # The ledger knows of c3, which was never verified: c2 is the last that was.
        self.assertEqual(self.rollback().code, 0)
        self.assert_moved(self.c2, 6)
        event = self.stage.ledger()[0].trailers
        self.assertEqual((event["Headway-Previous"], event["Headway-Drift"]), (rogue, self.c3))

    def test_the_branch_was_replaced(self) -> None:
        rogue = self.stage.repo.commit("Elsewhere", branch=k_branch, parents=[self.c1])
        self.assertEqual(self.rollback("--to", self.c2).code, 0)
        self.assert_moved(self.c2, 6)
        self.assertEqual(self.stage.ledger()[0].trailers["Headway-Previous"], rogue)


if __name__ == "__main__":
    unittest.main()
