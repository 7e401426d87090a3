"""Rollbacks to a named commit: the branch, its event and the hold in one push, and what follows."""

from __future__ import annotations

import unittest
from typing import Any

from e2e.support import StageTest, k_branch, k_ledger, moment
from host.app import Agent, App
from host.headway import Result
from host.repo import k_empty_tree


class RollbackTest(StageTest):
    """Staging was promoted to the first commit, then to the third."""

    def setUp(self) -> None:
        self.open()
        for index in (0, 2):
            self.stage.deploy(self.stage.commits[index])

    def rollback(self, *arguments: str, to: int | str = 0, **options: Any) -> Result:
        commit = to if isinstance(to, str) else self.stage.commits[to]
        return self.stage.run("rollback", "staging", "--to", commit, *arguments, **options)

    def verify_with(self, app: App) -> None:
        self.stage.configure(
            environment=f"""\
                url: {app.origin}
                verify:
                  interval: 1h
                  deadline: 30s
                  consecutive: 1
                  probes: [{{name: health, url: /health, json: {{/version: "${{commit}}"}}}}]
                """
        )


class MovingBack(RollbackTest):
    def test_branch_event_and_hold_in_one_push(self) -> None:
        result = self.rollback("--reason", "checkout fails", env={"USER": "ada"})
        self.assert_run(result, 0, """\
            staging: f7eef0d4 → 9318c89e, rolled back and held (reset)
            """, """\
            headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
            """)
        self.assert_moved(self.stage.commits[0], 3)
        event = self.stage.ledger()[0]
        self.assertEqual((event.subject, event.tree), ("Roll back staging to 9318c89e", k_empty_tree))
        trailers = dict(event.trailers)
        self.assertRegex(trailers.pop("Headway-Held-Since"), r"^20\d\d-\d\d-\d\dT[\d:]{8}Z$")
        self.assertEqual(
            trailers,
            {
                "Headway-Event": "rolled-back",
                "Headway-Environment": "staging",
                "Headway-Commit": self.stage.commits[0],
                "Headway-Previous": self.stage.commits[2],
                "Headway-Actor": "ada",
                "Headway-Reason": "checkout fails",
                "Headway-Held-By": "ada",
                "Headway-Held-Reason": "checkout fails",
                "Headway-Held-Good": self.stage.commits[0],
                "Headway-Held-Bad": self.stage.commits[2],
                "Headway-Push": "atomic",
            },
        )

    def test_costs_few_requests(self) -> None:
        self.assertEqual(self.rollback().code, 0)
        requests = self.stage.host.requests()
        self.assertLessEqual(len(requests), 6)
        pushes = [entry for entry in requests if entry.method == "POST" and "receive" in entry.uri]
        self.assertEqual(len(pushes), 1)
        self.assertEqual(len({entry.connection for entry in requests}), 1)

    def test_verifies_the_old_version(self) -> None:
        app = self.enterContext(App(self.stage.commits[2]))
        self.verify_with(app)
        with Agent(app, self.stage.repo, k_branch) as agent:
            # The agent is slower than the rollback: asked before it has deployed, the app waits.
            app.behave(lambda _: agent.await_deployed(self.stage.commits[0]))
            result = self.rollback()
        self.assert_run(result, 0, """\
            staging: f7eef0d4 → 9318c89e, rolled back and held (reset)
            staging: healthy once, version 9318c89e (<duration>)
            """, """\
            headway: health: healthy: 200, /version is 9318c89e3af8ae7ec5363b025de951c5935cbe05
            """, {app.port: "<app>"})
        self.assert_moved(self.stage.commits[0], 4)
        self.assertEqual(self.stage.ledger()[0].trailers["Headway-Event"], "verified")

    def test_the_old_version_does_not_run(self) -> None:
        app = self.enterContext(App(self.stage.commits[2]))
        self.verify_with(app)
        result = self.rollback()
        self.assert_run(result, 4, """\
            staging: f7eef0d4 → 9318c89e, rolled back and held (reset)
            """, """\
            headway: health: not healthy: 200, but /version is f7eef0d494885651910e49a04ebe5e9226de8d5a, not 9318c89e3af8ae7ec5363b025de951c5935cbe05
            <the last answer>
            headway: error: staging still runs another version, not 9318c89e
              because: health at http://127.0.0.1:<app>/health: 200, but /version is f7eef0d494885651910e49a04ebe5e9226de8d5a, not 9318c89e3af8ae7ec5363b025de951c5935cbe05 (1 request in <duration>)
              try: give it more time: --deadline <duration>, or verify: {deadline: <duration>} in .headway.yml
            """, {app.port: "<app>"})
        self.assert_moved(self.stage.commits[0], 4)

    def test_dry_run(self) -> None:
        result = self.rollback("--dry-run")
        self.assert_run(result, 0, """\
            staging: would go back f7eef0d4 → 9318c89e and be held (reset, or restore where the server forbids force pushes)
              f7eef0d4 Change 3 (Ada Example)
              cc352607 Change 2 (Ada Example)
            """, "")
        self.assert_untouched(self.stage.commits[2], 2)

    def test_done_already(self) -> None:
        self.assertEqual(self.rollback().code, 0)
        self.assert_run(self.rollback(), 0, """\
            staging: 9318c89e is there already
            """, """\
            headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
            """)
        self.assert_moved(self.stage.commits[0], 3)

    def test_moved_back_by_hand(self) -> None:
        # Somebody has reset the branch: it is put on record and held.
        self.stage.repo.update_ref(f"refs/heads/{k_branch}", self.stage.commits[0])
        self.assert_run(self.rollback(), 0, """\
            staging: 9318c89e was there already, now it is on record and held
            """, """\
            headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
            """)
        self.assert_moved(self.stage.commits[0], 3)
        self.assertEqual(self.stage.ledger()[0].trailers["Headway-Event"], "rolled-back")

    def test_between_two_deployments(self) -> None:
        # The second commit was never deployed by itself, but it is on the branch.
        self.assert_run(self.rollback(to=1), 0, """\
            staging: f7eef0d4 → cc352607, rolled back and held (reset)
            """, """\
            headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
            """)
        self.assert_moved(self.stage.commits[1], 3)

    def test_abbreviated(self) -> None:
        for digits in (12, 8, 7):
            with self.subTest(digits=digits):
                commit = self.stage.commits[0][:digits]
                self.assert_run(self.rollback("--dry-run", to=commit), 0, """\
                    staging: would go back f7eef0d4 → 9318c89e and be held (reset, or restore where the server forbids force pushes)
                      f7eef0d4 Change 3 (Ada Example)
                      cc352607 Change 2 (Ada Example)
                    """, "")

    def test_without_a_ledger(self) -> None:
        self.stage.configure(top="ledger: off")
        self.assert_run(self.rollback("--dry-run"), 0, """\
            staging: would go back f7eef0d4 → 9318c89e, not held, as the ledger is off (reset, or restore where the server forbids force pushes)
              f7eef0d4 Change 3 (Ada Example)
              cc352607 Change 2 (Ada Example)
            """, "")
        self.assert_run(self.rollback(), 0, """\
            staging: f7eef0d4 → 9318c89e, rolled back, not held, as the ledger is off (reset)
            """, """\
            headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
            """)
        self.assert_untouched(self.stage.commits[0], 2)
        self.assertEqual(self.stage.promote().code, 0)

    def test_a_ledger_that_is_not_there(self) -> None:
        self.stage.repo.delete_ref(k_ledger)
        self.assert_run(self.rollback(), 0, """\
            staging: f7eef0d4 → 9318c89e, rolled back and held (reset)
            """, """\
            headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
            """)
        self.assert_moved(self.stage.commits[0], 1)

    def test_a_damaged_ledger(self) -> None:
        # A rollback works in any case; the new event stands on what is there.
        self.stage.repo.update_ref(k_ledger, self.stage.commits[1])
        self.assert_run(self.rollback(), 0, """\
            staging: f7eef0d4 → 9318c89e, rolled back and held (reset)
            """, """\
            headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
            """)
        self.assertEqual(self.stage.tip, self.stage.commits[0])
        event = self.stage.ledger()[0]
        self.assertEqual(event.parents, [self.stage.commits[1]])
        self.assertEqual(event.trailers["Headway-Event"], "rolled-back")

    def test_json(self) -> None:
        result = self.rollback("--output", "json")
        old, _, new = self.stage.commits
        self.assertEqual(
            result.json(),
            {
                "command": "rollback",
                "exit_code": 0,
                "error": None,
                "environments": [
                    {
                        "environment": "staging",
                        "branch": k_branch,
                        "action": "reset",
                        "strategy": "auto",
                        "from": new,
                        "to": old,
                        "chosen_by": None,
                        "moved": True,
                        "event": self.stage.ledger()[0].id,
                    }
                ],
                "dry_run": False,
                "warnings": [],
            },
        )


class Refused(RollbackTest):
    def assert_refused(self, result: Result, code: int, stderr: str) -> None:
        self.assert_run(result, code, "", stderr)
        self.assert_untouched(self.stage.commits[2], 2)

    def test_force_push_forbidden(self) -> None:
        self.stage.repo.protection.protect("_gitlab/*", ["git", "gitlab-ci-token"], force=False)
        self.assert_refused(self.rollback("--strategy", "reset", env={"GITLAB_CI": "true"}), 3, """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: _gitlab/agents/staging is protected against being moved back (the server said: "You are not allowed to force push code to a protected branch on this project."); nothing moved
              try: Settings > Repository > Protected branches: turn on 'Allowed to force push' for _gitlab/agents/staging
              try: or without a force push: headway rollback staging --to 9318c89e3af8ae7ec5363b025de951c5935cbe05 --strategy restore
            """)

    def test_forbidden_by_git(self) -> None:
        self.stage.repo.set_config("receive.denyNonFastForwards", "true")
        self.assert_refused(self.rollback("--strategy", "reset"), 3, """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: the server does not let any branch be moved back (the server said: "non-fast-forward"); nothing moved
              try: git config receive.denyNonFastForwards false in the server's repository
              try: or without a force push: headway rollback staging --to 9318c89e3af8ae7ec5363b025de951c5935cbe05 --strategy restore
            """)

    def test_never_on_the_branch(self) -> None:
        self.stage.repo.create_branch("side", self.stage.commits[0])
        commit = self.stage.repo.commit("Aside", branch="side")
        self.assert_refused(self.rollback(to=commit), 3, """\
            headway: error: 84a8d18f was never on _gitlab/agents/staging
              because: the history of _gitlab/agents/staging (f7eef0d4) does not contain it
              try: choose a commit from: git log f7eef0d4
              try: or go forward: headway promote staging --commit 84a8d18fa8d6b59368cc1ab06ebe74247a466882
            """)

    def test_newer_than_the_branch(self) -> None:
        commit = self.stage.repo.commit("Newer")
        self.assert_refused(self.rollback(to=commit), 3, """\
            headway: error: 48a25a42 was never on _gitlab/agents/staging
              because: the history of _gitlab/agents/staging (f7eef0d4) does not contain it
              try: choose a commit from: git log f7eef0d4
              try: or go forward: headway promote staging --commit 48a25a4257f36577a477a5211568b6a10beac4f0
            """)

    def test_no_such_commit(self) -> None:
        self.assert_refused(self.rollback(to="1234567890" * 4), 3, """\
            headway: error: 12345678 was never on _gitlab/agents/staging
              because: the server said: upload-pack: not our ref 1234567890123456789012345678901234567890
              try: choose a commit from: git log f7eef0d4
            """)

    def test_no_such_abbreviation(self) -> None:
        self.assert_refused(self.rollback(to="12345678"), 2, """\
            headway: error: no commit 12345678 was found
              because: without a clone an abbreviated id is looked up among the tips and the newest 1000 generations of _gitlab/agents/staging
              try: give all 40 digits, as this prints them: git rev-parse 12345678
            """)

    def test_not_a_commit(self) -> None:
        self.assert_refused(self.rollback(to="HEAD~1"), 2, """\
            headway: error: "HEAD~1" is no commit id
              because: a commit is named by 4 to 40 hexadecimal digits
              try: give its id, as this prints it: git rev-parse NAME
            """)

    def test_nothing_to_roll_back(self) -> None:
        self.stage.repo.delete_ref(f"refs/heads/{k_branch}")
        self.assert_run(self.rollback(), 3, "", """\
            headway: error: staging has nothing to roll back
              because: the remote has no branch _gitlab/agents/staging
              try: deploy first: headway promote staging
            """)
        self.assert_untouched(None, 2)

    def test_no_target(self) -> None:
        result = self.stage.run("rollback", "staging")
        event = self.stage.ledger()[-1]
        self.assert_run(result, 3, "", f"""\
            headway: error: no verified commit to go back to is known for staging
              because: none of them was verified; deployments before: 9318c89e (since {moment(event)})
              try: to the deployment before, unverified: headway rollback staging --steps 1
              try: headway rollback staging --to SHA
              try: to see what was on the branch: git fetch <remote> refs/heads/_gitlab/agents/staging && git log FETCH_HEAD
            """)
        self.assert_untouched(self.stage.commits[2], 2)
        self.assertEqual(self.stage.run("rollback", "staging", "--steps", "1").code, 0)
        self.assert_moved(self.stage.commits[0], 3)


class Held(RollbackTest):
    def setUp(self) -> None:
        super().setUp()
        result = self.rollback("--reason", "checkout fails", env={"USER": "ada"})
        self.assertEqual(result.code, 0)

    def test_promotions_are_refused(self) -> None:
        since = self.stage.ledger()[0].trailers["Headway-Held-Since"]
        self.assert_run(self.stage.promote(), 3, "", """\
            headway: error: staging is held
              because: held since <time> by ada: checkout fails
              try: promote a commit that mends it: a revert of one of 9318c89e..f7eef0d4, or a trailer "Fixes-Deployment: f7eef0d494885651910e49a04ebe5e9226de8d5a"
              try: when the cause is mended: headway promote staging --release-hold
              try: or end the hold alone: headway resume staging
            """, {since: "<time>"})
        self.assert_untouched(self.stage.commits[0], 3)

    def test_released_by_a_promotion(self) -> None:
        result = self.stage.promote("--release-hold")
        self.assert_run(result, 0, """\
            staging: 9318c89e → f7eef0d4, fast-forward
            """, """\
            headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
            """)
        self.assert_moved(self.stage.commits[2], 4)
        self.stage.repo.commit("Next")
        self.assertEqual(self.stage.promote().code, 0)

    def test_another_rollback_goes_on(self) -> None:
        self.assertEqual(self.stage.promote("--release-hold").code, 0)
        self.assertEqual(self.rollback(to=1).code, 0)
        self.assert_moved(self.stage.commits[1], 5)
        self.assertEqual(self.stage.promote().code, 3)


if __name__ == "__main__":
    unittest.main()
