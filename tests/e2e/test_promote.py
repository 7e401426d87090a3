"""Every decision of a promotion, by what the command says and what then stands on the server."""

from __future__ import annotations

import re
import textwrap
import unittest
from pathlib import Path
from typing import Any

from e2e.support import StageTest, k_branch, k_ledger, k_token
from host.headway import Result
from host.repo import Commit, k_empty_tree

k_branch_ref = f"refs/heads/{k_branch}"
k_time = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
k_old_date = "1990-01-01T00:00:00+0000"
k_settings = """\
remote = http://127.0.0.1:<port>/group/app.git  (.headway.yml:1:9)
source = main  (.headway.yml:2:9)
ledger = refs/headway/ledger/staging  (default)
identity.name = headway  (default)
identity.email = headway@noreply.127.0.0.1  (default)
notify.slack.webhook = (none)  (default)
environment = staging  (.headway.yml)
branch = _gitlab/agents/staging  (.headway.yml:5:13)
token = $STAGING_PUSH_TOKEN  (.headway.yml:6:18)
url = (none)  (default)
verify = (nothing: no url and no probes)  (default)
"""


class PromoteTest(StageTest):
    """Staging's branch does not exist yet; main has three commits, c1 to c3."""

    def setUp(self) -> None:
        self.open()
        self.c1, self.c2, self.c3 = self.stage.commits

    def promote(self, *arguments: str, **options: Any) -> Result:
        return self.stage.promote("--no-verify", *arguments, **options)

    def pushes(self) -> int:
        """How many requests went to git-receive-pack, its advertisement included."""
        return sum("git-receive-pack" in entry.uri for entry in self.stage.host.requests())

    def assert_event(self, event: Commit, **trailers: str) -> None:
        """The event's trailers are these and no others; `Drift="…"` stands for Headway-Drift."""
        wanted = {f"Headway-{key.replace('_', '-')}": text for key, text in trailers.items()}
        self.assertEqual(event.trailers, wanted)
        self.assertEqual(event.tree, k_empty_tree)

    def assert_same_after(self, result: Result, before: dict[str, str]) -> None:
        """The run changed no ref, and did not even ask to push."""
        self.assertEqual(self.stage.repo.refs(), before, result)
        self.assertEqual(self.pushes(), 0)
        self.stage.repo.fsck()


class Created(PromoteTest):
    def test_the_branch_is_created_at_the_tip(self) -> None:
        self.assert_run(self.promote(), 0, """\
            staging: created _gitlab/agents/staging at f7eef0d4
            """)
        self.assert_moved(self.c3, 1)
        event = self.stage.ledger()[0]
        self.assertEqual(event.parents, [])
        self.assert_event(event, Event="promoted", Environment="staging", Commit=self.c3,
                          Actor="headway", Push="atomic")  # fmt: skip

    def test_at_a_given_commit(self) -> None:
        self.assert_run(self.promote("--commit", self.c1), 0, """\
            staging: created _gitlab/agents/staging at 9318c89e
            """)
        self.assert_moved(self.c1, 1)

    def test_without_anything_to_verify_it_says_so(self) -> None:
        self.assert_run(self.stage.promote(), 0, """\
            staging: created _gitlab/agents/staging at f7eef0d4
            """, """\
            headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
            """)
        self.assert_moved(self.c3, 1)

    def test_quietly(self) -> None:
        self.assert_run(self.stage.promote("--quiet"), 0, """\
            staging: created _gitlab/agents/staging at f7eef0d4
            """)
        self.assert_moved(self.c3, 1)

    def test_a_branch_that_was_deleted_is_drift(self) -> None:
        self.stage.deploy(self.c1)
        self.stage.repo.delete_ref(k_branch_ref)
        self.assert_run(self.promote(), 0, """\
            staging: created _gitlab/agents/staging at f7eef0d4
            """, """\
            headway: warning: staging was moved by something else: the ledger expected 9318c89e, the branch is missing
            """)
        self.assert_moved(self.c3, 2)
        self.assert_event(self.stage.ledger()[0], Event="promoted", Environment="staging",
                          Commit=self.c3, Drift=self.c1, Actor="headway",
                          Push="atomic")  # fmt: skip


class FastForward(PromoteTest):
    def setUp(self) -> None:
        super().setUp()
        self.first = self.stage.deploy()

    def test_to_the_tip(self) -> None:
        self.assert_run(self.promote(), 0, """\
            staging: 9318c89e → f7eef0d4, fast-forward
            """)
        self.assert_moved(self.c3, 2)
        event = self.stage.ledger()[0]
        self.assertEqual(event.parents, [self.first.id])
        self.assert_event(event, Event="promoted", Environment="staging", Commit=self.c3,
                          Previous=self.c1, Actor="headway", Push="atomic")  # fmt: skip

    def test_over_merges(self) -> None:
        self.stage.repo.create_branch("topic", self.c2)
        self.stage.repo.commit("Topic", {"topic.txt": "x"}, branch="topic")
        merged = self.stage.repo.merge("topic")
        self.assert_run(self.promote(), 0, f"""\
            staging: 9318c89e → {merged[:8]}, fast-forward
            """)
        self.assert_moved(merged, 2)

    def test_onto_a_commit_below_the_tip(self) -> None:
        self.assert_run(self.promote("--commit", self.c2), 0, """\
            staging: 9318c89e → cc352607, fast-forward
            """)
        self.assert_moved(self.c2, 2)

    def test_onto_a_commit_with_a_skewed_clock(self) -> None:
        # Git orders by dates; a parent that is decades younger than its child misleads it.
        old = self.stage.repo.run(
            "commit-tree", "main^{tree}", "-p", self.c3, "-m", "From the past",
            env={"GIT_AUTHOR_DATE": k_old_date, "GIT_COMMITTER_DATE": k_old_date},
        )  # fmt: skip
        self.stage.repo.update_ref("refs/heads/main", old)
        for tip in (self.c3, old):
            self.assertEqual(self.promote("--commit", tip).code, 0)
            self.assertEqual(self.stage.tip, tip)
        self.assert_moved(old, 3)

    def test_the_reason_goes_into_the_ledger(self) -> None:
        result = self.promote("--reason", "Café opens\non Monday")
        self.assertEqual(result.code, 0, result)
        self.assert_event(self.stage.ledger()[0], Event="promoted", Environment="staging",
                          Commit=self.c3, Previous=self.c1, Actor="headway",
                          Reason="Café opens on Monday", Push="atomic")  # fmt: skip


class DoneAlready(PromoteTest):
    def setUp(self) -> None:
        super().setUp()
        self.stage.deploy(self.c3)
        self.before = self.stage.repo.refs()

    def test_nothing_is_pushed(self) -> None:
        result = self.promote()
        self.assert_run(result, 0, """\
            staging: f7eef0d4 is there already
            """)
        self.assert_same_after(result, self.before)

    def test_after_main_has_moved_on(self) -> None:
        self.stage.repo.commit()
        before = self.stage.repo.refs()
        result = self.promote("--commit", self.c3)
        self.assert_run(result, 0, """\
            staging: f7eef0d4 is there already
            """)
        self.assert_same_after(result, before)

    def test_a_held_environment_stays_held(self) -> None:
        self.stage.run("rollback", "staging", "--to", self.c1)
        self.stage.host.clear_log()
        before = self.stage.repo.refs()
        result = self.promote("--commit", self.c1)
        self.assert_run(result, 0, """\
            staging: 9318c89e is there already
            """)
        self.assert_same_after(result, before)


class Record(PromoteTest):
    """The branch is where it should be, and the ledger does not know of it."""

    def test_without_a_ledger(self) -> None:
        self.stage.repo.create_branch(k_branch, self.c3)
        self.assert_run(self.promote(), 0, """\
            staging: f7eef0d4 was there already, now it is on record
            """)
        self.assert_moved(self.c3, 1)
        self.assert_event(self.stage.ledger()[0], Event="promoted", Environment="staging",
                          Commit=self.c3, Actor="headway",
                          Reason="found on the branch, not moved by this run",
                          Push="atomic")  # fmt: skip
        # Once is enough.
        self.assert_run(self.promote(), 0, """\
            staging: f7eef0d4 is there already
            """)
        self.assert_moved(self.c3, 1)

    def test_after_somebody_else_moved_the_branch(self) -> None:
        self.stage.deploy()
        self.stage.repo.create_branch(k_branch, self.c3)
        self.assert_run(self.promote(), 0, """\
            staging: f7eef0d4 was there already, now it is on record
            """)
        self.assert_moved(self.c3, 2)
        self.assert_event(self.stage.ledger()[0], Event="promoted", Environment="staging",
                          Commit=self.c3, Previous=self.c1, Drift=self.c1, Actor="headway",
                          Reason="found on the branch, not moved by this run",
                          Push="atomic")  # fmt: skip

    def test_with_the_ledger_off_there_is_nothing_to_record(self) -> None:
        self.stage.repo.create_branch(k_branch, self.c3)
        self.stage.configure(top="ledger: off")
        before = self.stage.repo.refs()
        result = self.promote()
        self.assert_run(result, 0, """\
            staging: f7eef0d4 is there already
            """)
        self.assert_same_after(result, before)


class Superseded(PromoteTest):
    def test_an_older_commit_moves_nothing(self) -> None:
        self.stage.deploy(self.c3)
        before = self.stage.repo.refs()
        for commit in (self.c1, self.c2):
            result = self.promote("--commit", commit)
            self.assert_run(result, 0, f"""\
                staging: nothing moved, f7eef0d4 is newer than {commit[:8]}
                """)
            self.assert_same_after(result, before)

    def test_in_a_slow_old_pipeline(self) -> None:
        self.stage.deploy(self.c3)
        before = self.stage.repo.refs()
        result = self.promote(env={"CI": "true", "CI_COMMIT_SHA": self.c2})
        self.assert_run(result, 0, """\
            staging: nothing moved, f7eef0d4 is newer than cc352607
            """)
        self.assert_same_after(result, before)


class Diverged(PromoteTest):
    def setUp(self) -> None:
        super().setUp()
        self.stage.deploy()

    def hot_fix(self, subject: str = "Hot fix") -> str:
        return self.stage.repo.commit(subject, branch=k_branch, author="Eve Example <eve@x.org>")

    def assert_refused(self, stderr: str) -> None:
        before = self.stage.repo.refs()
        result = self.promote()
        self.assert_run(result, 3, "", stderr)
        self.assert_same_after(result, before)

    def test_one_commit_in_the_way(self) -> None:
        fix = self.hot_fix()
        self.assert_refused(f"""\
            headway: warning: staging was moved by something else: the ledger expected 9318c89e, the branch is at {fix[:8]}
            headway: error: _gitlab/agents/staging has diverged from main
              because: _gitlab/agents/staging has a commit that f7eef0d4 does not contain: {fix[:8]} Hot fix (Eve Example)
              try: keep them: merge {fix[:8]} into main, then promote again
              try: drop them: headway rollback staging --to {self.c1} --reason "drop commits that are not on main", then: headway promote staging --release-hold
            """)

    def test_the_way_to_keep_it_works(self) -> None:
        fix = self.hot_fix()
        self.assertEqual(self.promote().code, 3)
        merged = self.stage.repo.run(
            "commit-tree", "main^{tree}", "-p", "main", "-p", fix, "-m", "Keep the hot fix"
        )
        self.stage.repo.update_ref("refs/heads/main", merged)
        result = self.promote()
        self.assertEqual((result.code, result.stdout),
                         (0, f"staging: {fix[:8]} → {merged[:8]}, fast-forward\n"))  # fmt: skip
        self.assert_moved(merged, 2)

    def test_the_way_to_drop_it_works(self) -> None:
        self.hot_fix()
        refused = self.promote().stderr
        words = re.search(r"headway (rollback staging --to \w+)", refused)
        assert words
        self.assertEqual(self.stage.run(*words[1].split(), "--reason", "drop it").code, 0)
        self.assert_run(self.promote("--release-hold"), 0, """\
            staging: 9318c89e → f7eef0d4, fast-forward
            """)
        self.assert_moved(self.c3, 3)

    def test_seven_commits_in_the_way(self) -> None:
        fixes = [self.hot_fix(f"Fix {number}") for number in range(7)]
        shown = "; ".join(
            f"{fixes[number][:8]} Fix {number} (Eve Example)" for number in (6, 5, 4, 3, 2)
        )
        self.assert_refused(f"""\
            headway: warning: staging was moved by something else: the ledger expected 9318c89e, the branch is at {fixes[6][:8]}
            headway: error: _gitlab/agents/staging has diverged from main
              because: _gitlab/agents/staging has commits that f7eef0d4 does not contain: {shown}; and 2 more
              try: keep them: merge {fixes[6][:8]} into main, then promote again
              try: drop them: headway rollback staging --to {self.c1} --reason "drop commits that are not on main", then: headway promote staging --release-hold
            """)

    def test_very_many_commits_in_the_way(self) -> None:
        tip = self.stage.repo.grow(300, branch=k_branch, files=0)
        ids = self.stage.repo.run("rev-list", "-5", tip).split()
        subjects = self.stage.repo.run("log", "-5", "--format=%s", tip).splitlines()
        shown = "; ".join(
            f"{id_[:8]} {subject} (Ada Example)"
            for id_, subject in zip(ids, subjects, strict=True)
        )
        self.assert_refused(f"""\
            headway: warning: staging was moved by something else: the ledger expected 9318c89e, the branch is at {tip[:8]}
            headway: error: _gitlab/agents/staging has diverged from main
              because: _gitlab/agents/staging has commits that f7eef0d4 does not contain: {shown}; and at least 15 more
              try: keep them: merge {tip[:8]} into main, then promote again
              try: drop them: git push --force-with-lease={k_branch_ref}:{tip} <remote> {self.c3}:{k_branch_ref}
            """)

    def test_a_merge_on_the_branch_has_no_single_way_back(self) -> None:
        repo = self.stage.repo
        self.hot_fix()
        merged = repo.run("commit-tree", "main^{tree}", "-p", k_branch, "-p", self.c2, "-m", "Join")
        repo.update_ref(k_branch_ref, merged)
        refused = self.promote()
        self.assertEqual(refused.code, 3)
        command = (
            f"push --force-with-lease={k_branch_ref}:{merged} <remote> {self.c3}:{k_branch_ref}"
        )
        self.assertIn(f"  try: drop them: git {command}\n", refused.stderr)
        # The way that it names works.
        url = self.stage.host.url(credentials=f"git:{k_token}")
        repo.run(*command.replace("<remote>", url).split())
        self.assert_run(self.promote(), 0, """\
            staging: f7eef0d4 was there already, now it is on record
            """)
        self.assert_moved(self.c3, 2)

    def test_an_unrelated_history(self) -> None:
        root = self.stage.repo.commit("Another root", branch=k_branch, parents=[])
        self.assert_refused(f"""\
            headway: warning: staging was moved by something else: the ledger expected 9318c89e, the branch is at {root[:8]}
            headway: error: _gitlab/agents/staging has diverged from main
              because: _gitlab/agents/staging has a commit that f7eef0d4 does not contain: {root[:8]} Another root (Ada Example)
              try: keep them: merge {root[:8]} into main, then promote again
              try: drop them: git push --force-with-lease={k_branch_ref}:{root} <remote> {self.c3}:{k_branch_ref}
            """)

    def test_a_subject_cannot_write_to_the_terminal(self) -> None:
        fix = self.hot_fix("Fix \x1b]0;owned\x07\u202e it")
        result = self.promote()
        self.assertEqual(result.code, 3)
        self.assertIn(f"{fix[:8]} Fix \\x1B]0;owned\\x07", result.stderr)
        self.assertNotRegex(result.stderr, "[\x00-\x09\x0b-\x1f\x7f\u202e]")


class NotOnSource(PromoteTest):
    def test_a_commit_of_another_branch(self) -> None:
        self.stage.deploy()
        self.stage.repo.create_branch("topic", self.c2)
        topic = self.stage.repo.commit("Not merged", branch="topic")
        before = self.stage.repo.refs()
        result = self.promote("--commit", topic)
        self.assert_run(result, 3, "", f"""\
            headway: error: {topic[:8]} is not on main
              because: deployment branches hold only commits of main, and the remote's main (f7eef0d4) does not contain this one
              try: merge it into main, then: headway promote staging
              try: or name another source branch: --source BRANCH
            """)
        self.assert_same_after(result, before)
        # The second way works, too.
        self.assert_run(self.promote("--commit", topic, "--source", "topic"), 0, f"""\
            staging: 9318c89e → {topic[:8]}, fast-forward
            """)
        self.assert_moved(topic, 2)

    def test_a_commit_that_main_no_longer_has(self) -> None:
        # Somebody rewrote main; the object is still on the server, no ref leads to it.
        self.stage.deploy()
        self.stage.repo.update_ref("refs/heads/main", self.c2)
        before = self.stage.repo.refs()
        result = self.promote("--commit", self.c3)
        self.assert_run(result, 3, "", """\
            headway: error: f7eef0d4 is not on main
              because: deployment branches hold only commits of main, and the remote's main (cc352607) does not contain this one
              try: merge it into main, then: headway promote staging
              try: or name another source branch: --source BRANCH
            """)
        self.assert_same_after(result, before)

    def test_a_commit_that_the_server_does_not_know(self) -> None:
        self.stage.deploy()
        before = self.stage.repo.refs()
        result = self.promote("--commit", "1" * 40)
        self.assert_run(result, 3, "", f"""\
            headway: error: the remote does not have commit {"1" * 40}
              because: the server said: upload-pack: not our ref {"1" * 40}
              try: push the commit to the source branch first
            """)
        self.assert_same_after(result, before)

    def test_an_object_that_is_no_commit(self) -> None:
        file = self.stage.repo.rev_parse("main:app.txt")
        tag = self.stage.repo.tag("v1", "main", "An annotated tag")
        before = self.stage.repo.refs()
        for id_ in (file, tag):
            result = self.promote("--commit", id_)
            self.assert_run(result, 1, "", f"""\
                headway: error: the server did not answer when asked about commit {id_}
                  because: the answer to a fetch is empty: git's server ends so when the id is that of an annotated tag, a folder or a file
                  try: give the id of the commit itself: git rev-parse NAME^{{commit}}
                """)
            self.assert_same_after(result, before)


class Held(PromoteTest):
    """Rolled back from c2 to c1, for a reason."""

    def setUp(self) -> None:
        super().setUp()
        self.stage.deploy()
        self.stage.deploy(self.c2)
        result = self.stage.run("rollback", "staging", "--to", self.c1, "--reason", "it burns",
                                "--no-verify", env={"GITLAB_USER_LOGIN": "ada"})  # fmt: skip
        self.assert_run(result, 0, """\
            staging: cc352607 → 9318c89e, rolled back and held (reset)
            """)
        self.since = self.stage.ledger()[0].trailers["Headway-Held-Since"]
        self.stage.host.clear_log()

    def test_refused(self) -> None:
        before = self.stage.repo.refs()
        result = self.promote()
        self.assert_run(result, 3, "", f"""\
            headway: error: staging is held
              because: held since {self.since} by ada: it burns
              try: promote a commit that mends it: a revert of one of 9318c89e..cc352607, or a trailer "Fixes-Deployment: cc352607d207c9dcaf0ce181d561e6232b9e7ba7"
              try: when the cause is mended: headway promote staging --release-hold
              try: or end the hold alone: headway resume staging
            """)
        self.assert_same_after(result, before)
        self.assertRegex(self.since, k_time)

    def test_released(self) -> None:
        self.assert_run(self.promote("--release-hold"), 0, """\
            staging: 9318c89e → f7eef0d4, fast-forward
            """)
        self.assert_moved(self.c3, 4)
        self.assert_event(self.stage.ledger()[0], Event="promoted", Environment="staging",
                          Commit=self.c3, Previous=self.c1, Actor="headway",
                          Push="atomic")  # fmt: skip
        # And it is over for the next one, too.
        tip = self.stage.repo.commit()
        self.assertEqual(self.promote().code, 0)
        self.assert_moved(tip, 5)

    def test_a_dry_run_releases_nothing(self) -> None:
        self.assertEqual(self.promote("--release-hold", "--dry-run").code, 0)
        self.assertEqual(self.promote().code, 3)
        self.assert_untouched(self.c1, 3)

    def test_a_hold_survives_somebody_elses_move(self) -> None:
        # The broken version was pushed again by hand; then it is promoted.
        self.stage.repo.create_branch(k_branch, self.c2)
        self.assert_run(self.promote("--commit", self.c2), 0, """\
            staging: cc352607 was there already, now it is on record
            """)
        event = self.stage.ledger()[0]
        self.assert_event(event, Event="promoted", Environment="staging", Commit=self.c2,
                          Previous=self.c1, Drift=self.c1, Held_Since=self.since, Held_By="ada",
                          Held_Reason="it burns", Held_Good=self.c1, Held_Bad=self.c2,
                          Actor="headway",
                          Reason="found on the branch, not moved by this run",
                          Push="atomic")  # fmt: skip
        self.assertEqual(self.promote().code, 3)


class Drift(PromoteTest):
    def test_is_shown_and_recorded(self) -> None:
        self.stage.deploy(self.c1)
        self.stage.repo.create_branch(k_branch, self.c2)
        self.assert_run(self.promote(), 0, """\
            staging: cc352607 → f7eef0d4, fast-forward
            """, """\
            headway: warning: staging was moved by something else: the ledger expected 9318c89e, the branch is at cc352607
            """)
        self.assert_moved(self.c3, 2)
        self.assert_event(self.stage.ledger()[0], Event="promoted", Environment="staging",
                          Commit=self.c3, Previous=self.c2, Drift=self.c1, Actor="headway",
                          Push="atomic")  # fmt: skip
        # From now on the ledger is right again.
        self.stage.repo.commit()
        result = self.promote()
        self.assertEqual((result.code, result.stderr), (0, ""))
        self.assertNotIn("Headway-Drift", self.stage.ledger()[0].trailers)

    def test_is_in_the_json_document(self) -> None:
        self.stage.deploy(self.c1)
        self.stage.repo.create_branch(k_branch, self.c2)
        document = self.promote("--output", "json").json()
        self.assertEqual(document["environments"][0]["drift"], self.c1)
        self.assertEqual(
            document["warnings"],
            ["staging was moved by something else: the ledger expected 9318c89e, the branch is at "
             "cc352607"],
        )  # fmt: skip

    def test_is_shown_when_nothing_moves(self) -> None:
        self.stage.deploy(self.c1)
        self.stage.repo.create_branch(k_branch, self.c3)
        before = self.stage.repo.refs()
        result = self.promote("--commit", self.c2)
        self.assert_run(result, 0, """\
            staging: nothing moved, f7eef0d4 is newer than cc352607
            """, """\
            headway: warning: staging was moved by something else: the ledger expected 9318c89e, the branch is at f7eef0d4
            """)
        self.assert_same_after(result, before)


class DamagedLedger(PromoteTest):
    def assert_refused(self, because: str) -> None:
        before = self.stage.repo.refs()
        result = self.promote()
        self.assert_run(result, 3, "", f"""\
            headway: error: the ledger of staging is damaged
              because: the newest commit of refs/headway/ledger/staging is no event of this ledger: {because}
              try: look at it: git fetch <remote> refs/headway/ledger/staging && git log FETCH_HEAD
              try: start a new ledger: git push <remote> :refs/headway/ledger/staging
            """)
        self.assert_same_after(result, before)

    def test_a_commit_with_files(self) -> None:
        self.stage.deploy()
        stray = self.stage.repo.commit("Stray", branch="stray")
        self.stage.repo.update_ref(k_ledger, stray)
        self.assert_refused("its tree is not empty")

    def test_a_commit_of_the_source_branch(self) -> None:
        self.stage.deploy()
        self.stage.repo.update_ref(k_ledger, self.c2)
        self.assert_refused("it is a commit of the source branch, or no commit at all")

    def test_another_environments_event(self) -> None:
        self.stage.deploy()
        event = self.stage.repo.run("cat-file", "commit", k_ledger)
        text = event.replace("Headway-Environment: staging", "Headway-Environment: production")
        other = self.stage.repo.run("hash-object", "-t", "commit", "-w", "--stdin",
                                    stdin=f"{text}\n".encode())  # fmt: skip
        self.stage.repo.update_ref(k_ledger, other)
        self.assert_refused("it belongs to another environment")

    def test_the_way_out_works(self) -> None:
        self.stage.deploy()
        self.stage.repo.update_ref(k_ledger, self.c2)
        url = self.stage.host.url(credentials=f"git:{k_token}")
        self.stage.repo.run("push", url, f":{k_ledger}")
        self.assertEqual(self.promote().code, 0)
        self.assert_moved(self.c3, 1)


class CommitNames(PromoteTest):
    def setUp(self) -> None:
        super().setUp()
        self.stage.deploy()

    def test_by_the_tip_of_a_ref(self) -> None:
        for name in (self.c3[:4], self.c3[:12].upper(), self.c3):
            self.stage.repo.create_branch(k_branch, self.c1)
            self.assertEqual(self.promote("--commit", name).stdout,
                             "staging: 9318c89e → f7eef0d4, fast-forward\n")  # fmt: skip
        self.assertEqual(self.stage.tip, self.c3)

    def test_by_the_branchs_history(self) -> None:
        self.assert_run(self.promote("--commit", "cc35260"), 0, """\
            staging: 9318c89e → cc352607, fast-forward
            """)
        self.assert_moved(self.c2, 2)

    def test_by_the_checkout(self) -> None:
        # Too far back to be looked for on the server.
        self.stage.repo.grow(1100, files=0)
        self.assert_run(self.promote("--commit", "cc35260"), 2, "", """\
            headway: error: no commit cc35260 was found
              because: without a clone an abbreviated id is looked up among the tips and the newest 1000 generations of main
              try: give all 40 digits, as this prints them: git rev-parse cc35260
            """)
        clone = self.stage.headway.work / "clone"
        self.stage.repo.clone(clone)
        self.assert_run(self.promote("--commit", "cc35260", cwd=clone), 0, """\
            staging: 9318c89e → cc352607, fast-forward
            """)
        self.assert_moved(self.c2, 2)

    def test_ambiguous(self) -> None:
        self.stage.repo.grow(900, files=0)
        ids = self.stage.repo.run("rev-list", "main").split()
        prefixes = [id_[:4] for id_ in ids]
        prefix = next(prefix for prefix in prefixes if prefixes.count(prefix) == 2)
        fitting = sorted(id_ for id_ in ids if id_.startswith(prefix))
        before = self.stage.repo.refs()
        result = self.promote("--commit", prefix)
        self.assert_run(result, 2, "", f"""\
            headway: error: {prefix} is ambiguous
              because: it fits {fitting[0]}, {fitting[1]}
              try: give more digits
            """)
        self.assert_same_after(result, before)

    def test_unknown(self) -> None:
        before = self.stage.repo.refs()
        result = self.promote("--commit", "0123456")
        self.assert_run(result, 2, "", """\
            headway: error: no commit 0123456 was found
              because: without a clone an abbreviated id is looked up among the tips and the newest 1000 generations of main
              try: give all 40 digits, as this prints them: git rev-parse 0123456
            """)
        self.assert_same_after(result, before)

    def test_no_id(self) -> None:
        before = self.stage.repo.refs()
        for name in ("main", "cc3", "HEAD~1", f"{self.c2}0"):
            result = self.promote("--commit", name)
            self.assert_run(result, 2, "", f"""\
                headway: error: "{name}" is no commit id
                  because: a commit is named by 4 to 40 hexadecimal digits
                  try: give its id, as this prints it: git rev-parse NAME
                """)
            self.assert_same_after(result, before)

    def test_of_the_pipeline(self) -> None:
        env = {"CI": "true", "GITLAB_CI": "true", "CI_COMMIT_SHA": self.c2}
        self.assert_run(self.promote(env=env), 0, """\
            staging: 9318c89e → cc352607, fast-forward
            """)
        self.assert_moved(self.c2, 2)

    def test_the_flag_wins_over_the_variable_and_that_over_the_pipeline(self) -> None:
        env = {"CI": "true", "CI_COMMIT_SHA": self.c3, "HEADWAY_COMMIT": self.c2}
        self.assertEqual(self.promote("--commit", self.c1, env=env).stdout,
                         "staging: 9318c89e is there already\n")  # fmt: skip
        self.assertEqual(self.promote(env=env).stdout,
                         "staging: 9318c89e → cc352607, fast-forward\n")  # fmt: skip
        self.assert_moved(self.c2, 2)

    def test_a_pipelines_variable_means_nothing_outside_of_one(self) -> None:
        self.assertEqual(self.promote(env={"CI_COMMIT_SHA": self.c2}).stdout,
                         "staging: 9318c89e → f7eef0d4, fast-forward\n")  # fmt: skip


class DryRun(PromoteTest):
    def assert_rehearsed(self, result: Result, code: int, stdout: str, stderr: str = "") -> None:
        """`stdout` is followed by the settings as the file gives them."""
        text = textwrap.dedent(stdout) + textwrap.indent(k_settings, "  ")
        self.assert_run(result, code, text, stderr)
        self.assert_same_after(result, self.before)

    def dry_run(self, *arguments: str, **options: Any) -> Result:
        self.before = self.stage.repo.refs()
        self.stage.host.clear_log()
        return self.promote("--dry-run", *arguments, **options)

    def test_create(self) -> None:
        self.assert_rehearsed(self.dry_run(), 0, """\
            staging: would create _gitlab/agents/staging at f7eef0d4
            settings:
              commit = f7eef0d494885651910e49a04ebe5e9226de8d5a  (the tip of the source branch)
            """)

    def test_fast_forward(self) -> None:
        self.stage.deploy()
        self.assert_rehearsed(self.dry_run(), 0, """\
            staging: would move 9318c89e → f7eef0d4, fast-forward
              f7eef0d4 Change 3 (Ada Example)
              cc352607 Change 2 (Ada Example)
            settings:
              commit = f7eef0d494885651910e49a04ebe5e9226de8d5a  (the tip of the source branch)
            """)

    def test_the_list_of_changes_ends_at_ten(self) -> None:
        self.stage.deploy(self.c3)
        ids = self.stage.repo.commits(12)
        changes = "".join(
            f"  {id_[:8]} Change {number} (Ada Example)\n"
            for number, id_ in reversed(list(enumerate(ids[2:], 6)))
        )
        wanted = (
            f"staging: would move f7eef0d4 → {ids[-1][:8]}, fast-forward\n{changes}  and 2 more\n"
            f"settings:\n  commit = {ids[-1]}  (the tip of the source branch)\n"
        )
        self.assert_rehearsed(self.dry_run(), 0, wanted)

    def test_a_list_of_changes_that_is_cut_off(self) -> None:
        self.stage.deploy(self.c3)
        self.stage.repo.grow(150, files=0)
        result = self.dry_run()
        self.assertIn("\n  and at least 90 more\n", result.stdout)
        self.assert_same_after(result, self.before)

    def test_done_already(self) -> None:
        self.stage.deploy(self.c3)
        self.assert_rehearsed(self.dry_run(), 0, """\
            staging: f7eef0d4 is there already
            settings:
              commit = f7eef0d494885651910e49a04ebe5e9226de8d5a  (the tip of the source branch)
            """)

    def test_record(self) -> None:
        self.stage.repo.create_branch(k_branch, self.c3)
        self.assert_rehearsed(self.dry_run(), 0, """\
            staging: f7eef0d4 is there already, would put it on record
            settings:
              commit = f7eef0d494885651910e49a04ebe5e9226de8d5a  (the tip of the source branch)
            """)

    def test_superseded(self) -> None:
        self.stage.deploy(self.c3)
        self.assert_rehearsed(self.dry_run("--commit", self.c2), 0, """\
            staging: nothing moved, f7eef0d4 is newer than cc352607
            settings:
              commit = cc352607d207c9dcaf0ce181d561e6232b9e7ba7  (--commit or HEADWAY_COMMIT)
            """)

    def test_diverged(self) -> None:
        self.stage.deploy()
        fix = self.stage.repo.commit("Hot fix", branch=k_branch)
        self.assert_rehearsed(self.dry_run(), 3, """\
            staging: refused
            settings:
              commit = f7eef0d494885651910e49a04ebe5e9226de8d5a  (the tip of the source branch)
            """, f"""\
            headway: warning: staging was moved by something else: the ledger expected 9318c89e, the branch is at {fix[:8]}
            headway: error: _gitlab/agents/staging has diverged from main
              because: _gitlab/agents/staging has a commit that f7eef0d4 does not contain: {fix[:8]} Hot fix (Ada Example)
              try: keep them: merge {fix[:8]} into main, then promote again
              try: drop them: headway rollback staging --to {self.c1} --reason "drop commits that are not on main", then: headway promote staging --release-hold
            """)

    def test_held(self) -> None:
        self.stage.deploy(self.c2)
        self.stage.run("rollback", "staging", "--to", self.c1)
        since = self.stage.ledger()[0].trailers["Headway-Held-Since"]
        self.assert_rehearsed(self.dry_run(), 3, """\
            staging: refused
            settings:
              commit = f7eef0d494885651910e49a04ebe5e9226de8d5a  (the tip of the source branch)
            """, f"""\
            headway: error: staging is held
              because: held since {since} by headway: rolled back from cc352607
              try: promote a commit that mends it: a revert of one of 9318c89e..cc352607, or a trailer "Fixes-Deployment: cc352607d207c9dcaf0ce181d561e6232b9e7ba7"
              try: when the cause is mended: headway promote staging --release-hold
              try: or end the hold alone: headway resume staging
            """)

    def test_the_origin_of_every_setting(self) -> None:
        # Four kinds: a flag, a variable of headway's, the file, the pipeline.
        self.stage.write(
            "other.yml",
            textwrap.dedent(f"""\
                source: main
                ledger: {{branch: headway-ledger}}
                environments:
                  staging:
                    branch: elsewhere
                    token: {{file: token}}
                """),
        )
        self.stage.write("token", f"{k_token}\n")
        result = self.dry_run(
            "--branch", k_branch, "--config", "other.yml",
            env={
                "CI": "true",
                "GITLAB_CI": "true",
                "CI_COMMIT_SHA": self.c2,
                "CI_PROJECT_URL": f"{self.stage.host.origin}/group/app",
                "GITLAB_USER_NAME": "Ada Example",
                "GITLAB_USER_EMAIL": "ada@example.com",
                "HEADWAY_IDENTITY_NAME": "Deployer",
                "HEADWAY_URL": "https://staging.example.com",
            },
        )  # fmt: skip
        self.assert_run(result, 0, """\
            staging: would create _gitlab/agents/staging at cc352607
            settings:
              commit = cc352607d207c9dcaf0ce181d561e6232b9e7ba7  (CI_COMMIT_SHA)
              remote = http://127.0.0.1:<port>/group/app.git  (CI_PROJECT_URL)
              source = main  (other.yml:1:9)
              forge = gitlab  (GITLAB_CI)
              ledger = refs/heads/headway-ledger/staging  (other.yml:2:18)
              identity.name = Deployer  (HEADWAY_IDENTITY_NAME)
              identity.email = ada@example.com  (GITLAB_USER_EMAIL)
              notify.slack.webhook = (none)  (default)
              environment = staging  (other.yml)
              branch = _gitlab/agents/staging  (--branch)
              token = file token  (other.yml:6:19)
              url = https://staging.example.com  (HEADWAY_URL)
              verify.deadline = <duration>  (default)
              verify.interval = <duration>  (default)
              verify.consecutive = 3  (default)
              probe health = GET https://staging.example.com, status 200, timeout <duration>  (HEADWAY_URL)
            """)
        self.assert_same_after(result, self.before)


class Json(PromoteTest):
    """Whole documents; only an event's id is not known beforehand."""

    def document(self, result: Result, **entry: Any) -> dict[str, Any]:
        """What a run without a refusal says: `entry` is what differs in the environment's part."""
        event = self.stage.ledger()[0].id if self.stage.ledger() else None
        return {
            "command": "promote",
            "exit_code": 0,
            "error": None,
            "dry_run": False,
            "source": {"branch": "main", "commit": self.c3},
            "commit": entry.get("to", self.c3),
            "attempts": 1,
            "environments": [
                {
                    "environment": "staging",
                    "branch": k_branch,
                    "action": "create",
                    "from": None,
                    "to": self.c3,
                    "moved": False,
                    "drift": None,
                    "released_hold": None,
                    "overridden": None,
                    "ledger": k_ledger,
                    "event": event,
                    **entry,
                }
            ],
            "warnings": [],
        }

    def assert_document(self, result: Result, wanted: dict[str, Any], stderr: str = "") -> None:
        self.assertEqual(result.json(), wanted)
        self.assertEqual((result.code, result.stderr),
                         (wanted["exit_code"], textwrap.dedent(stderr)))  # fmt: skip

    def json(self, *arguments: str, **options: Any) -> Result:
        return self.promote("--output", "json", *arguments, **options)

    def test_created(self) -> None:
        result = self.json()
        self.assert_document(result, self.document(result, moved=True))

    def test_fast_forward(self) -> None:
        self.stage.deploy()
        result = self.json()
        self.assert_document(
            result,
            self.document(result, action="fast-forward", moved=True, **{"from": self.c1}),
        )

    def test_done_already(self) -> None:
        self.stage.deploy(self.c3)
        result = self.json()
        self.assert_document(
            result, self.document(result, action="done-already", **{"from": self.c3})
        )

    def test_record(self) -> None:
        self.stage.repo.create_branch(k_branch, self.c3)
        result = self.json()
        self.assert_document(result, self.document(result, action="record", **{"from": self.c3}))

    def test_superseded(self) -> None:
        self.stage.deploy(self.c3)
        result = self.json("--commit", self.c2)
        self.assert_document(
            result, self.document(result, action="superseded", to=self.c2, **{"from": self.c3})
        )

    def test_without_a_ledger(self) -> None:
        self.stage.configure(top="ledger: off")
        result = self.json()
        self.assert_document(result, self.document(result, moved=True, ledger=None, event=None))

    def test_not_verified(self) -> None:
        result = self.stage.promote("--output", "json")
        self.assert_document(result, self.document(result, moved=True), """\
            headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
            """)

    def test_diverged(self) -> None:
        self.stage.deploy()
        fix = self.stage.repo.commit("Hot fix", branch=k_branch)
        result = self.json()
        what = "_gitlab/agents/staging has diverged from main"
        because = (
            f"_gitlab/agents/staging has a commit that f7eef0d4 does not contain: {fix[:8]} Hot fix"
            " (Ada Example)"
        )
        ways = [
            f"keep them: merge {fix[:8]} into main, then promote again",
            f"drop them: headway rollback staging --to {self.c1} --reason "
            '"drop commits that are not on main", then: headway promote staging --release-hold',
        ]
        drift = (
            "staging was moved by something else: the ledger expected 9318c89e, the branch is at "
            f"{fix[:8]}"
        )
        refusal: dict[str, Any] = {"what": what, "because": because, "try": ways}
        wanted = self.document(
            result,
            action="refused",
            drift=self.c1,
            refusal=refusal,
            in_the_way=[{"id": fix, "subject": "Hot fix", "author": "Ada Example"}],
            in_the_way_cut=False,
            **{"from": fix},
        )
        wanted |= {"exit_code": 3, "error": {"kind": "refused", **refusal}, "warnings": [drift]}
        self.assert_document(result, wanted, f"""\
            headway: warning: {drift}
            headway: error: {what}
              because: {because}
              try: {ways[0]}
              try: {ways[1]}
            """)

    def test_held(self) -> None:
        self.stage.deploy(self.c2)
        self.stage.run("rollback", "staging", "--to", self.c1)
        since = self.stage.ledger()[0].trailers["Headway-Held-Since"]
        refusal: dict[str, Any] = {
            "what": "staging is held",
            "because": f"held since {since} by headway: rolled back from cc352607",
            "try": [
                "promote a commit that mends it: a revert of one of 9318c89e..cc352607, or a"
                ' trailer "Fixes-Deployment: cc352607d207c9dcaf0ce181d561e6232b9e7ba7"',
                "when the cause is mended: headway promote staging --release-hold",
                "or end the hold alone: headway resume staging",
            ],
        }
        result = self.json()
        wanted = self.document(result, action="refused", refusal=refusal, **{"from": self.c1})
        wanted |= {"exit_code": 3, "error": {"kind": "refused", **refusal}}
        self.assert_document(result, wanted, f"""\
            headway: error: staging is held
              because: held since {since} by headway: rolled back from cc352607
              try: promote a commit that mends it: a revert of one of 9318c89e..cc352607, or a trailer "Fixes-Deployment: cc352607d207c9dcaf0ce181d561e6232b9e7ba7"
              try: when the cause is mended: headway promote staging --release-hold
              try: or end the hold alone: headway resume staging
            """)

    def test_dry_run(self) -> None:
        self.stage.deploy()
        before = self.stage.repo.refs()
        result = self.json("--dry-run")
        wanted = self.document(
            result,
            action="fast-forward",
            changes=[
                {"id": self.c3, "subject": "Change 3", "author": "Ada Example"},
                {"id": self.c2, "subject": "Change 2", "author": "Ada Example"},
            ],
            changes_cut=False,
            **{"from": self.c1},
        )
        lines = k_settings.splitlines()
        wanted |= {"dry_run": True}
        found = result.json()
        settings = [line.replace(f":{self.stage.host.port}/", ":<port>/")
                    for line in found.pop("settings")]  # fmt: skip
        self.assertEqual(settings, lines)
        self.assertEqual(found, wanted)
        self.assertEqual((result.code, result.stderr), (0, ""))
        self.assert_same_after(result, before)

    def test_an_error_before_any_plan(self) -> None:
        result = self.json("--commit", "0123456")
        wanted = {
            "command": "promote",
            "exit_code": 2,
            "error": {
                "kind": "usage",
                "what": "no commit 0123456 was found",
                "because": "without a clone an abbreviated id is looked up among the tips and the "
                "newest 1000 generations of main",
                "try": ["give all 40 digits, as this prints them: git rev-parse 0123456"],
            },
            "warnings": [],
        }
        self.assert_document(result, wanted, """\
            headway: error: no commit 0123456 was found
              because: without a clone an abbreviated id is looked up among the tips and the newest 1000 generations of main
              try: give all 40 digits, as this prints them: git rev-parse 0123456
            """)


class Ledger(PromoteTest):
    """The audit trail, as plain git shows it."""

    def log(self, form: str) -> str:
        return self.stage.repo.run("log", f"--format={form}", k_ledger)

    def test_the_whole_story(self) -> None:
        env = {
            "CI": "true",
            "GITLAB_CI": "true",
            "GITLAB_USER_LOGIN": "ada",
            "GITLAB_USER_NAME": "Ada Example",
            "GITLAB_USER_EMAIL": "ada@example.com",
            "CI_PIPELINE_URL": "https://gitlab.example.com/group/project/-/pipelines/123",
        }
        for commit in (self.c1, self.c2):
            self.assertEqual(self.promote("--commit", commit, env=env).code, 0)
        back = self.stage.run("rollback", "staging", "--to", self.c1, "--reason", "5xx everywhere",
                              "--no-verify", env=env)  # fmt: skip
        self.assertEqual(back.code, 0, back)
        self.assertEqual(self.promote("--release-hold", "--reason", "mended", env=env).code, 0)
        text = k_time.sub("<time>", self.log("%an <%ae>, %cn <%ce>%n%B"))
        self.assertEqual(text, textwrap.dedent(f"""\
            Ada Example <ada@example.com>, Ada Example <ada@example.com>
            Promote f7eef0d4 to staging

            Headway-Event: promoted
            Headway-Environment: staging
            Headway-Commit: {self.c3}
            Headway-Previous: {self.c1}
            Headway-Actor: ada
            Headway-Run: https://gitlab.example.com/group/project/-/pipelines/123
            Headway-Reason: mended
            Headway-Push: atomic

            Ada Example <ada@example.com>, Ada Example <ada@example.com>
            Roll back staging to 9318c89e

            Headway-Event: rolled-back
            Headway-Environment: staging
            Headway-Commit: {self.c1}
            Headway-Previous: {self.c2}
            Headway-Held-Since: <time>
            Headway-Held-By: ada
            Headway-Held-Reason: 5xx everywhere
            Headway-Held-Good: {self.c1}
            Headway-Held-Bad: {self.c2}
            Headway-Actor: ada
            Headway-Run: https://gitlab.example.com/group/project/-/pipelines/123
            Headway-Reason: 5xx everywhere
            Headway-Push: atomic

            Ada Example <ada@example.com>, Ada Example <ada@example.com>
            Promote cc352607 to staging

            Headway-Event: promoted
            Headway-Environment: staging
            Headway-Commit: {self.c2}
            Headway-Previous: {self.c1}
            Headway-Actor: ada
            Headway-Run: https://gitlab.example.com/group/project/-/pipelines/123
            Headway-Push: atomic

            Ada Example <ada@example.com>, Ada Example <ada@example.com>
            Promote 9318c89e to staging

            Headway-Event: promoted
            Headway-Environment: staging
            Headway-Commit: {self.c1}
            Headway-Actor: ada
            Headway-Run: https://gitlab.example.com/group/project/-/pipelines/123
            Headway-Push: atomic
            """))  # fmt: skip
        self.stage.repo.fsck()

    def test_is_an_unbroken_chain_with_the_empty_tree(self) -> None:
        for commit in self.stage.commits:
            self.stage.deploy(commit)
        events = self.stage.ledger()
        self.assertEqual([event.parents for event in events],
                         [[events[1].id], [events[2].id], []])  # fmt: skip
        self.assertEqual({event.tree for event in events}, {k_empty_tree})
        self.assertEqual([event.trailers["Headway-Commit"] for event in events],
                         [self.c3, self.c2, self.c1])  # fmt: skip
        self.stage.repo.fsck()

    def test_the_identity_of_the_file(self) -> None:
        self.stage.configure(top="identity: {name: Déploiement, email: bot@example.com}")
        env = {"CI": "true", "GITLAB_CI": "true", "GITLAB_USER_NAME": "Ada Example",
               "GITLAB_USER_EMAIL": "ada@example.com", "GITLAB_USER_LOGIN": "ada"}  # fmt: skip
        self.assertEqual(self.promote(env=env).code, 0)
        self.assertEqual(self.log("%an <%ae>, %cn <%ce>"),
                         "Déploiement <bot@example.com>, Déploiement <bot@example.com>")  # fmt: skip
        self.assertEqual(self.stage.ledger()[0].trailers["Headway-Actor"], "ada")

    def test_the_default_identity(self) -> None:
        self.assertEqual(self.promote().code, 0)
        self.assertEqual(self.log("%an <%ae>, %cn <%ce>"),
                         "headway <headway@noreply.127.0.0.1>, headway <headway@noreply.127.0.0.1>")  # fmt: skip

    def test_a_value_cannot_forge_a_trailer(self) -> None:
        env = {"HEADWAY_ACTOR": "eve\nHeadway-Commit: " + "1" * 40}
        self.assertEqual(self.promote("--commit", self.c1, "--reason",
                                      "x\r\n\r\nHeadway-Event: verified", env=env).code, 0)  # fmt: skip
        self.assert_event(self.stage.ledger()[0], Event="promoted", Environment="staging",
                          Commit=self.c1, Actor="eve Headway-Commit: " + "1" * 40,
                          Reason="x Headway-Event: verified", Push="atomic")  # fmt: skip
        # And it can be read back.
        self.assertEqual(self.promote().code, 0)
        self.assert_moved(self.c3, 2)

    def test_is_fetched_by_plain_git(self) -> None:
        self.stage.deploy()
        clone = self.stage.repo.clone(Path(self.stage.headway.work / "clone"))
        url = self.stage.host.url(credentials=f"git:{k_token}")
        folder = self.stage.headway.work / "clone"
        clone.run("fetch", "--quiet", url, f"{k_ledger}:{k_ledger}", cwd=folder)
        self.assertEqual(clone.run("log", "--format=%s", k_ledger, cwd=folder),
                         "Promote 9318c89e to staging")  # fmt: skip


if __name__ == "__main__":
    unittest.main()
