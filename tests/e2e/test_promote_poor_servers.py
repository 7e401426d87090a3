"""Servers that offer less than git's newest: the same decisions, or a refusal with the setting that
helps. Git's own configuration takes the abilities away."""

from __future__ import annotations

import unittest
from typing import Any

from e2e.support import StageTest, k_branch, k_ledger, k_token
from host.git_host import Certificate
from host.headway import Result
from host.repo import Commit, GitError

k_branch_ref = f"refs/heads/{k_branch}"
k_one_by_one = (
    "headway: this server cannot move several refs as one: the branch goes first, its ledger event"
    " second\n"
)
k_hidden = """\
headway: error: the server refused to move refs/headway/ledger/staging
  because: the server does not let the bot of $STAGING_PUSH_TOKEN push to refs/headway/ledger/staging, where headway keeps its ledger (the server said: "deny updating a hidden ref"); nothing moved
  try: ledger: {branch: headway-ledger} in .headway.yml
"""


class Server(StageTest):
    """A server of one kind, and what headway makes of it."""

    options: dict[str, Any] = {}
    top = ""
    """Of the configuration file."""
    arguments: tuple[str, ...] = ()
    note = ""
    """What a push writes to stderr."""
    ledger_ref = k_ledger
    manner = "atomic"
    """How the ledger says that refs are moved; empty: there is no ledger."""

    def setUp(self) -> None:
        self.open(**self.options)
        self.stage.configure(top=self.top)
        self.c1, self.c2, self.c3 = self.stage.commits

    def promote(self, *arguments: str) -> Result:
        return self.stage.promote("--no-verify", *self.arguments, *arguments)

    def deploy(self, commit: str) -> None:
        result = self.promote("--commit", commit)
        self.assertEqual((result.code, result.stderr), (0, self.note), result)
        self.stage.host.clear_log()

    def ledger(self) -> list[Commit]:
        return self.stage.repo.ledger("staging", self.ledger_ref)

    def assert_deployed(self, *commits: str) -> None:
        """The branch is at the newest, and the ledger tells of all of them, newest first."""
        self.assertEqual(self.stage.tip, commits[0])
        events = self.ledger()
        if self.manner:
            self.assertEqual([event.trailers["Headway-Commit"] for event in events], [*commits])
            self.assertEqual({event.trailers["Headway-Push"] for event in events}, {self.manner})
        else:
            self.assertEqual(events, [])
        self.stage.repo.fsck()

    def packets(self) -> str:
        """Every pkt-line of a promotion."""
        return self.promote("-vv").stderr


class Decisions:
    """The tests of every kind of server."""

    def test_created_then_fast_forward(self: Any) -> None:
        self.assert_run(self.promote("--commit", self.c1), 0, """\
            staging: created _gitlab/agents/staging at 9318c89e
            """, self.note)
        self.assert_deployed(self.c1)
        # A commit that no ref points to.
        self.assert_run(self.promote("--commit", self.c2), 0, """\
            staging: 9318c89e → cc352607, fast-forward
            """, self.note)
        self.assert_deployed(self.c2, self.c1)
        self.assert_run(self.promote(), 0, """\
            staging: cc352607 → f7eef0d4, fast-forward
            """, self.note)
        self.assert_deployed(self.c3, self.c2, self.c1)

    def test_a_long_way(self: Any) -> None:
        self.deploy(self.c1)
        tip = self.stage.repo.grow(2000, files=0)
        self.assert_run(self.promote(), 0, f"""\
            staging: 9318c89e → {tip[:8]}, fast-forward
            """, self.note)
        self.assert_deployed(tip, self.c1)

    def test_nothing_to_do(self: Any) -> None:
        self.deploy(self.c3)
        self.assert_run(self.promote(), 0, """\
            staging: f7eef0d4 is there already
            """)
        self.assert_run(self.promote("--commit", self.c1), 0, """\
            staging: nothing moved, f7eef0d4 is newer than 9318c89e
            """)
        self.assertEqual([e.uri for e in self.stage.host.requests() if "receive" in e.uri], [])
        self.assert_deployed(self.c3)

    def test_diverged(self: Any) -> None:
        self.deploy(self.c1)
        fix = self.stage.repo.commit("Hot fix", branch=k_branch)
        drift = (
            "headway: warning: staging was moved by something else: the ledger expected 9318c89e, "
            f"the branch is at {fix[:8]}\n"
        )
        result = self.promote()
        self.assertEqual(
            (result.code, result.stdout, result.stderr),
            (3, "", f"""\
{drift if self.manner else ""}headway: error: _gitlab/agents/staging has diverged from main
  because: _gitlab/agents/staging has a commit that f7eef0d4 does not contain: {fix[:8]} Hot fix (Ada Example)
  try: keep them: merge {fix[:8]} into main, then promote again
  try: drop them: headway rollback staging --to {self.c1} --reason "drop commits that are not on main", then: headway promote staging --release-hold
"""),
        )  # fmt: skip
        self.assertEqual(self.stage.tip, fix)

    def test_not_on_the_source_branch(self: Any) -> None:
        self.deploy(self.c1)
        self.stage.repo.create_branch("topic", self.c2)
        topic = self.stage.repo.commit("Not merged", branch="topic")
        self.assert_run(self.promote("--commit", topic), 3, "", f"""\
            headway: error: {topic[:8]} is not on main
              because: deployment branches hold only commits of main, and the remote's main (f7eef0d4) does not contain this one
              try: merge it into main, then: headway promote staging
              try: or name another source branch: --source BRANCH
            """)
        self.assert_deployed(self.c1)

    def test_an_unknown_commit(self: Any) -> None:
        self.deploy(self.c1)
        result = self.promote("--commit", "1" * 40)
        self.assertEqual(result.code, 3, result)
        self.assertTrue(
            result.stderr.startswith(
                f"headway: error: the remote does not have commit {'1' * 40}\n  because: the server"
                " said: "
            ),
            result,
        )
        self.assertTrue(result.stderr.endswith("  try: push the commit to the source branch first\n"))
        self.assert_deployed(self.c1)


class NoFilter(Decisions, Server):
    options = {"allow_filter": False}

    def test_it_is_such_a_server(self) -> None:
        self.assertNotIn("filter", self.packets())


class NoAtomic(Decisions, Server):
    options = {"atomic": False}
    manner = "one-by-one"
    note = k_one_by_one

    def test_it_is_such_a_server(self) -> None:
        self.assertNotIn("atomic", self.packets())

    def test_a_refused_branch_has_no_event(self) -> None:
        self.deploy(self.c1)
        self.stage.repo.protection.decline_refs(k_branch_ref, "not today")
        self.assert_run(self.promote(), 3, "", f"""\
headway: error: the server refused to move _gitlab/agents/staging
  because: a hook of the server's owner refused _gitlab/agents/staging (the server said: "not today hook declined to update {k_branch_ref}"); nothing moved
  try: ask the server's owner what the hook wants
""")
        self.assert_deployed(self.c1)

    def test_a_refused_event_is_made_up_for(self) -> None:
        # The branch has moved when the event is refused; the next run puts it on record.
        self.deploy(self.c1)
        self.stage.repo.protection.decline_refs(k_ledger, "not today")
        self.assert_run(self.promote(), 3, "", self.note + f"""\
headway: error: the server refused to move refs/headway/ledger/staging
  because: the server does not let the bot of $STAGING_PUSH_TOKEN push to refs/headway/ledger/staging, where headway keeps its ledger (the server said: "not today hook declined to update {k_ledger}"); already moved: {k_branch_ref}
  try: ledger: {{branch: headway-ledger}} in .headway.yml
""")
        self.assertEqual(self.stage.tip, self.c3)
        self.stage.repo.protection.clear()
        result = self.promote()
        self.assertEqual((result.code, result.stdout),
                         (0, "staging: f7eef0d4 was there already, now it is on record\n"))  # fmt: skip
        self.assert_deployed(self.c3, self.c1)

    def test_a_first_event_that_is_refused_moves_nothing(self) -> None:
        self.stage.repo.set_config("transfer.hideRefs", "refs/headway")
        self.assert_run(self.promote(), 3, "", k_hidden)
        self.assertEqual(self.stage.repo.refs(k_branch_ref), {})


class NoPushOptions(Decisions, Server):
    options = {"push_options": False}

    def test_it_is_such_a_server(self) -> None:
        # It says so in what it offers for a push.
        with self.assertRaisesRegex(GitError, "does not support push options"):
            self.stage.repo.run(
                "push", "-o", "ci.skip", self.stage.host.url(credentials=f"git:{k_token}"),
                "main:refs/heads/other",
            )  # fmt: skip


class Version0(Decisions, Server):
    options = {"protocol_v2": False}

    def test_it_is_such_a_server(self) -> None:
        packets = self.packets()
        self.assertNotIn("git < version 2", packets)
        self.assertIn("git < # service=git-upload-pack", packets)


class Version0Bare(Decisions, Server):
    """What every git server since 2010 can do."""

    options = {
        "protocol_v2": False,
        "allow_filter": False,
        "any_sha1": False,
        "atomic": False,
        "push_options": False,
    }
    manner = "one-by-one"
    note = k_one_by_one

    def test_a_commit_that_no_ref_leads_to(self) -> None:
        self.deploy(self.c1)
        self.stage.repo.update_ref("refs/heads/main", self.c2)
        self.assert_run(self.promote("--commit", self.c3), 3, "", f"""\
            headway: error: the remote does not have commit {self.c3}
              because: the server said: upload-pack: not our ref {self.c3}
              try: push the commit to the source branch first
            """)
        self.assert_deployed(self.c1)


class NoForcePushes(Decisions, Server):
    options = {"deny_non_fast_forwards": True}


class LedgerOnABranch(Decisions, Server):
    """Neither listed nor taken: refs/headway/*. The setting that headway names makes it work."""

    options = {"config": {"transfer.hideRefs": "refs/headway"}}
    top = "ledger: {branch: headway-ledger}"
    ledger_ref = "refs/heads/headway-ledger/staging"

    def test_is_what_headway_says(self) -> None:
        self.stage.configure()
        self.assert_run(self.promote(), 3, "", k_hidden)
        self.assertEqual(list(self.stage.repo.refs()), ["refs/heads/main"])
        # Nor into a branch that is there already.
        self.stage.repo.create_branch(k_branch, self.c1)
        self.assert_run(self.promote(), 3, "", k_hidden)
        self.assertEqual(self.stage.tip, self.c1)


class LedgerOff(Decisions, Server):
    options = {"config": {"transfer.hideRefs": "refs/headway"}}
    top = "ledger: off"
    manner = ""

    def test_no_ref_but_the_branch_is_touched(self) -> None:
        self.deploy(self.c1)
        self.deploy(self.c3)
        self.assertEqual(list(self.stage.repo.refs()), [k_branch_ref, "refs/heads/main"])


class HookAgainstTheLedger(Decisions, Server):
    """GitLab's push rules may refuse what is neither a branch nor a tag."""

    top = "ledger: {branch: headway-ledger}"
    ledger_ref = "refs/heads/headway-ledger/staging"

    def setUp(self) -> None:
        super().setUp()
        self.stage.repo.protection.only_branches_and_tags()

    def test_is_what_headway_says(self) -> None:
        self.stage.configure()
        self.assert_run(self.promote(), 3, "", """\
            headway: error: the server refused to move refs/headway/ledger/staging
              because: the server does not let the bot of $STAGING_PUSH_TOKEN push to refs/headway/ledger/staging, where headway keeps its ledger (the server said: "You can only push to branches and tags of this project."); nothing moved
              try: ledger: {branch: headway-ledger} in .headway.yml
            """)
        self.assertEqual(list(self.stage.repo.refs()), ["refs/heads/main"])


class OwnAuthority(Decisions, Server):
    """TLS with a certificate of the company's own authority."""

    options = {"tls": Certificate.valid}

    def setUp(self) -> None:
        super().setUp()
        self.arguments = ("--ca-file", str(self.stage.host.ca_file))

    def test_the_variables_of_ci_do_as_well(self) -> None:
        for number, name in enumerate(("HEADWAY_CA_FILE", "SSL_CERT_FILE", "CI_SERVER_TLS_CA_FILE")):
            result = self.stage.promote(
                "--no-verify", "--commit", self.stage.commits[number],
                env={name: str(self.stage.host.ca_file)},
            )  # fmt: skip
            self.assertEqual((result.code, result.stderr), (0, ""), result)
        self.assert_deployed(self.c3, self.c2, self.c1)


if __name__ == "__main__":
    unittest.main()
