"""Ledgers that were damaged, forged or rewritten: nothing moves wrongly, the refusal is clear and
its way out works, and a rollback to a named commit works all the same."""

from __future__ import annotations

import shlex
import unittest
from collections.abc import Callable, Iterator
from pathlib import Path

from e2e.support import StageTest, k_branch, k_ledger, k_token
from host import ledger
from host.app import App
from host.headway import Result
from host.repo import Git, k_empty_tree, k_null_id

k_branch_ref = f"refs/heads/{k_branch}"
k_missing_id = "1234567890" * 4
k_since = "2026-02-20T00:00:00Z"

k_no_event = "it has no Headway-Event trailer that this version knows"
k_no_id = "it has a commit id that is none"
k_other = "it belongs to another environment"
k_files = "its tree is not empty"


class HostileLedgerTest(StageTest):
    """Staging was promoted to the first commit, then to the second; main has a third. `good` is
    the newest event of then."""

    def setUp(self) -> None:
        self.open()
        self.c1, self.c2, self.c3 = self.stage.commits
        self.first = self.stage.deploy(self.c1).id
        self.good = self.stage.deploy(self.c2).id
        self.app = self.enterContext(App(version=self.c2))
        self.stage.configure(environment=f"""
            url: {self.app.origin}
            verify:
              interval: 10ms
              consecutive: 1
              deadline: 20s
              probes: [{{name: health, url: /health, json: {{/version: "${{commit}}"}}}}]
            """)
        self.remote = self.stage.host.url(credentials=f"git:{k_token}")

    def text(self, event: str = "promoted", environment: str = "staging", commit: str = "",
             **trailers: str) -> str:  # fmt: skip
        values = {"Previous": self.c1, "Push": "atomic", **trailers}
        return ledger.message(event, environment, commit or self.c2, **values)

    def event(self, text: str | bytes, *parents: str, tree: str = k_empty_tree,
              when: int = 1767225600) -> str:  # fmt: skip
        """Stores an event, on top of the good one unless told otherwise."""
        content = ledger.commit_text(text, parents or (self.good,), tree=tree, when=when)
        return ledger.write(self.stage.repo, content)

    def put(self, ledger_id: str) -> None:
        """The branch is at the second commit, and the ledger holds this, whatever it is."""
        self.stage.repo.update_ref(k_branch_ref, self.c2)
        # git itself makes no ref to what is not there.
        (self.stage.repo.path / k_ledger).write_text(f"{ledger_id}\n")

    def unreadable(self) -> Iterator[tuple[str, str]]:
        """What a ref can point to and headway cannot read as a commit. (An object that is damaged
        on the disk is left out: there git itself cannot delete the ref.)"""
        repo = self.stage.repo
        blob = ledger.write(repo, b"hello\n", "blob")
        yield "a blob", blob
        yield "a tree", repo.rev_parse("main^{tree}")
        for kind, target in (("commit", self.c2), ("blob", blob)):
            text = f"object {target}\ntype {kind}\ntag x\ntagger {ledger.k_who} 1 +0000\n\nx\n"
            yield f"a tag of a {kind}", ledger.write(repo, text.encode(), "tag")
        subject, _, trailers = self.text().partition("\n\n")
        lines = ("x" * 1023 + "\n") * 1024
        yield "a message of 1 MiB", self.event(f"{subject}\n\n{lines}\n{trailers}")
        missing = self.event(self.text(Reason="missing"))
        self.file_of(missing).unlink()
        yield "nothing", missing

    def file_of(self, id_: str) -> Path:
        """Where a loose object is."""
        return self.stage.repo.path / "objects" / id_[:2] / id_[2:]

    def refs(self) -> tuple[str | None, str | None]:
        return self.stage.repo.ref(k_branch_ref), self.stage.repo.ref(k_ledger)

    def promote(self, *arguments: str) -> Result:
        return self.stage.promote("--no-verify", *arguments)

    def rollback(self) -> Result:
        return self.stage.run("rollback", "staging", "--no-verify", "--to", self.c1)

    def assert_damaged(self, id_: str, because: str) -> Result:
        """A promotion and a verification refuse in these words, and nothing moves."""
        result = Result([], 0, "", "", 0)
        for command in (("promote", "staging"), ("verify", "staging")):
            self.put(id_)
            result = self.stage.run(*command)
            self.assert_run(result, 3, "", f"""\
                headway: error: the ledger of staging is damaged
                  because: the newest commit of refs/headway/ledger/staging is no event of this ledger: {because}
                  try: look at it: git fetch <remote> refs/headway/ledger/staging && git log FETCH_HEAD
                  try: start a new ledger: git push <remote> :refs/headway/ledger/staging
                """)
            self.assertEqual(self.refs(), (self.c2, id_))
        self.assertEqual(self.app.requests, [])
        return result

    def assert_rollback_works(self, id_: str) -> None:
        self.put(id_)
        result = self.rollback()
        self.assert_run(result, 0, "staging: cc352607 → 9318c89e, rolled back and held (reset)\n")
        self.assertEqual(self.stage.tip, self.c1)
        newest = self.stage.repo.log(k_ledger, 1)[0]
        self.assertEqual((newest.trailers["Headway-Event"], newest.trailers["Headway-Commit"]),
                         ("rolled-back", self.c1))  # fmt: skip
        self.assertIn("Headway-Held-Since", newest.trailers)
        # And what it wrote is a sound ledger for everybody else.
        self.assertIn("error: staging is held\n", self.promote().stderr)

    def follow(self, hint: str) -> str:
        """Types what a hint says, in a repository of its own; what was printed."""
        git, folder = Git(self.stage.headway.home), self.stage.headway.home / "here"
        if not folder.exists():
            git.run("init", "--quiet", folder)
        output = ""
        for command in hint.replace("<remote>", self.remote).split(" && "):
            program, *arguments = shlex.split(command)
            self.assertEqual(program, "git")
            output = git.run(*arguments, cwd=folder)
        return output

    def assert_way_out(self, id_: str, refusal: Result) -> None:
        """Both hints do what they say, and then the promotion succeeds."""
        self.put(id_)
        hints = dict(line.strip().removeprefix("try: ").split(": ", 1)
                     for line in refusal.stderr.splitlines() if "try: " in line)  # fmt: skip
        self.assertIn(f"commit {id_}", self.follow(hints["look at it"]))
        self.follow(hints["start a new ledger"])
        self.assertEqual(self.promote().code, 0)
        self.assert_moved(self.c3, 1)

    def assert_all_damaged(self, cases: dict[str, tuple[str, Callable[[], str]]]) -> None:
        for name, (because, make) in cases.items():
            with self.subTest(name):
                id_ = make()
                refusal = self.assert_damaged(id_, because)
                self.assert_rollback_works(id_)
                self.assert_way_out(id_, refusal)

    def assert_taken(self, id_: str, *, drift: str = "") -> None:
        """A promotion reads it as the newest event and goes on from there; so do a verdict and a
        rollback. `drift` is what the ledger then says of the branch, wrongly."""
        warning = f"""\
            headway: warning: staging was moved by something else: the ledger expected {drift[:8]}, the branch is at cc352607
            """ if drift else ""  # fmt: skip
        self.put(id_)
        self.assert_run(self.promote(), 0, "staging: cc352607 → f7eef0d4, fast-forward\n", warning)
        self.assertEqual(self.stage.tip, self.c3)
        self.assert_newest(id_, "promoted", self.c3, drift)
        # From now on the ledger is right again.
        self.assertEqual(self.promote().stderr, "")
        self.put(id_)
        self.assertEqual(self.stage.run("verify", "staging").code, 0)
        self.assert_newest(id_, "verified", self.c2, drift)
        self.assert_rollback_works(id_)

    def assert_newest(self, parent: str, word: str, commit: str, drift: str) -> None:
        newest = self.stage.repo.log(k_ledger, 1)[0]
        self.assertEqual(newest.parents, [parent])
        told = [newest.trailers.get(f"Headway-{key}") for key in ("Event", "Commit", "Drift")]
        self.assertEqual(told, [word, commit, drift or None])


class Damaged(HostileLedgerTest):
    def test_commits_that_are_none_of_headways(self) -> None:
        tree = self.stage.repo.rev_parse("main^{tree}")
        self.assert_all_damaged({
            "with files": (k_files, lambda: self.event(self.text(), tree=tree)),
            "an empty message": (k_no_event, lambda: self.event("")),
            "a merge with files": (k_files, lambda: self.event("Merge\n", self.good, self.c2,
                                                               tree=tree)),
            "a merge": (k_no_event, lambda: self.event("Merge\n", self.good, self.c2)),
            "a root": (k_no_event, lambda: ledger.write(self.stage.repo,
                                                        ledger.commit_text("Hello\n"))),
        })  # fmt: skip

    def test_events_that_are_none(self) -> None:
        text = self.text()
        self.assert_all_damaged({
            "an unknown word": (k_no_event, lambda: self.event(self.text("exploded"))),
            "a word in capitals": (k_no_event, lambda: self.event(self.text("Promoted"))),
            "not in the last paragraph": (
                k_no_event, lambda: self.event(f"{text}\nThat was all.\n")),
            "in the subject": (k_no_event, lambda: self.event("Headway-Event: promoted\n")),
            "another environment": (k_other, lambda: self.event(self.text(environment="prod"))),
            "nearly its name": (k_other, lambda: self.event(self.text(environment="Staging"))),
            "no environment": (k_other, lambda: self.event(self.text(environment=""))),
        })  # fmt: skip

    def test_repeated_trailers(self) -> None:
        for key, shown in (("Commit", "Commit"), ("Event", "Event"), ("commit", "commit")):
            with self.subTest(key):
                id_ = self.event(self.text() + f"Headway-{key}: {self.c3}\n")
                self.assert_damaged(id_, f"the trailer Headway-{shown} is there twice")
                self.assert_rollback_works(id_)

    def test_ids_that_are_none(self) -> None:
        for key in ("Commit", "Previous", "Verified", "Drift"):
            for value in (k_null_id, self.c2[:12], f"{self.c2}0", "HEAD", f"{self.c2[:-1]}g"):
                with self.subTest(key, value=value):
                    lines = [line for line in self.text().splitlines() if f"-{key}:" not in line]
                    text = "\n".join([*lines, f"Headway-{key}: {value}\n"])
                    self.assert_damaged(self.event(text), k_no_id)
        id_ = self.event(self.text().replace(f"Headway-Commit: {self.c2}\n", ""))
        refusal = self.assert_damaged(id_, k_no_id)
        self.assert_rollback_works(id_)
        self.assert_way_out(id_, refusal)

    def test_times_that_are_none(self) -> None:
        for key in ("Held-Since", "Verified-Since"):
            for value in ("yesterday", "2026-02-30T00:00:00Z", "2026-02-20T24:00:00Z",
                          "2026-02-20 00:00:00Z", "1771545600"):  # fmt: skip
                with self.subTest(key, value=value):
                    id_ = self.event(self.text() + f"Headway-{key}: {value}\n")
                    self.assert_damaged(id_, f"its Headway-{key} is no time")
        self.assert_rollback_works(id_)

    def test_thousands_of_other_trailers(self) -> None:
        id_ = self.event(self.text() + "".join(f"X-{n}: {n}\n" for n in range(5000)))
        self.assert_damaged(id_, "it has more trailers than headway reads")
        self.assert_rollback_works(id_)

    def test_half_a_bad_range(self) -> None:
        for key in ("Held_Good", "Held_Bad"):
            with self.subTest(key):
                id_ = self.event(self.text(Held_Since=k_since, **{key: self.c2}))
                self.assert_damaged(id_, "its bad range is not two commit ids")
                self.assert_rollback_works(id_)

    def test_a_commit_of_main(self) -> None:
        for commit in (self.c1, self.c2, self.c3):
            with self.subTest(commit[:8]):
                self.put(commit)
                result = self.promote()
                self.assertEqual((result.code, self.refs()), (3, (self.c2, commit)), result)
                self.assertIn("error: the ledger of staging is damaged\n", result.stderr)
                self.assert_rollback_works(commit)
                self.assert_way_out(commit, result)


class Taken(HostileLedgerTest):
    """Strange, but sound as far as it matters."""

    def test_unknown_trailers(self) -> None:
        self.assert_taken(self.event(self.text(Frobnicate="yes") + "Signed-off-by: Ada <a@b.c>\n"))

    def test_a_forged_subject(self) -> None:
        text = self.text().replace("Promote cc352607 to staging", "Promote f7eef0d4 to prod")
        self.assert_taken(self.event(text))
        # The trailers count: the other way round it is drift.
        text = self.text(commit=self.c1).replace("Promote 9318c89e", "Promote cc352607")
        self.assert_taken(self.event(text), drift=self.c1)

    def test_trailers_in_an_earlier_paragraph_do_not_count(self) -> None:
        text = self.text()
        subject, _, trailers = text.partition("\n\n")
        held = f"Headway-Held-Since: {k_since}\nHeadway-Commit: {self.c1}\n"
        self.assert_taken(self.event(f"{subject}\n\n{held}\n{trailers}"))

    def test_far_away_times(self) -> None:
        for when in (0, 1, 4102444800, 2**40):
            with self.subTest(when):
                self.assert_taken(self.event(self.text(), when=when))

    def test_a_long_message(self) -> None:
        subject, _, trailers = self.text().partition("\n\n")
        line = "x" * 1023 + "\n"
        self.assert_taken(self.event(f"{subject}\n\n{line * 1000}\n{trailers}"))

    def test_many_other_trailers(self) -> None:
        self.assert_taken(self.event(self.text() + "".join(f"X-{n}: {n}\n" for n in range(200))))

    def test_values_that_are_no_text(self) -> None:
        for value in (b"\xff\xfe\xc0\x80", b"\x1b[31mred\x07", b"\xe2\x80\xae rtl"):
            with self.subTest(value):
                text = self.text(Actor="X", Reason="X").encode().replace(b": X\n", b": %s\n" % value)
                self.assert_taken(self.event(text))
                self.put(self.event(text))
                result = self.promote("--output", "json")
                self.assertEqual((result.code, result.json()["exit_code"]), (0, 0))
                # Nothing of it goes into the new event.
                self.assertNotIn(value.decode(errors="surrogateescape"),
                                 self.stage.repo.run("cat-file", "commit", k_ledger))  # fmt: skip


class Rewritten(HostileLedgerTest):
    """By force, by somebody who may push to it: the next promotion says drift."""

    def test_truncated_to_its_first_event(self) -> None:
        self.assert_taken(self.first, drift=self.c1)

    def test_an_old_event_was_replayed(self) -> None:
        # The same words on top of the newest.
        text = self.stage.repo.run("cat-file", "commit", self.first).partition("\n\n")[2] + "\n"
        self.assert_taken(self.event(text), drift=self.c1)

    def test_an_older_event_stands_elsewhere(self) -> None:
        # Only the newest event is read: what is below it costs nothing and decides nothing.
        other = ledger.write(self.stage.repo, ledger.commit_text("Hello\n"))
        self.assert_taken(self.event(self.text(), other))
        self.assert_taken(self.event(self.text(), self.c1))

    def test_an_older_event_is_not_there(self) -> None:
        older = self.event(self.text(Reason="older"))
        newest = self.event(self.text(), older)
        self.file_of(older).unlink()
        self.put(newest)
        self.assert_run(self.promote(), 0, "staging: cc352607 → f7eef0d4, fast-forward\n")
        self.assertIn(f"parent {newest}\n", self.stage.repo.run("cat-file", "commit", k_ledger))

    def test_a_commit_that_is_not_there(self) -> None:
        self.assert_taken(self.event(self.text(commit=k_missing_id)), drift=k_missing_id)
        # What else it names is taken on trust, and decides nothing.
        self.assert_taken(self.event(self.text(Previous=k_missing_id, Verified=k_missing_id)))

    def test_replaced_by_another_environments(self) -> None:
        id_ = ledger.write_chain(self.stage.repo, "refs/headway/ledger/prod", "prod",
                                 (self.c1, self.c2), 4)  # fmt: skip
        refusal = self.assert_damaged(id_, k_other)
        self.assert_rollback_works(id_)
        self.assert_way_out(id_, refusal)

    def test_it_says_that_the_server_is_atomic(self) -> None:
        # Which it is not: both move all the same.
        self.stage.close()
        self.open(atomic=False)
        self.stage.deploy(self.c1)
        self.stage.deploy(self.c2)
        self.good = self.stage.repo.rev_parse(k_ledger)
        id_ = self.event(self.text(Push="atomic"))
        self.put(id_)
        self.assertEqual(self.promote().code, 0)
        self.assertEqual(self.stage.tip, self.c3)
        self.assert_newest(id_, "promoted", self.c3, "")


class NotReadable(HostileLedgerTest):
    """What the ledger's ref points to cannot be read as a commit."""

    def test_nothing_moves_and_a_new_ledger_can_be_started(self) -> None:
        for name, id_ in self.unreadable():
            with self.subTest(name):
                for command in (("promote", "staging"), ("verify", "staging")):
                    self.put(id_)
                    result = self.stage.run(*command)
                    self.assertIn(result.code, (1, 3), result)
                    self.assertEqual(self.refs(), (self.c2, id_))
                self.follow(f"git push <remote> :{k_ledger}")
                self.assertEqual(self.promote().code, 0)
                self.assertEqual((self.stage.tip, len(self.stage.ledger())), (self.c3, 1))
        self.stage.repo.fsck()

    def test_what_cannot_be_read_is_a_damaged_ledger(self) -> None:
        for name, id_ in self.unreadable():
            with self.subTest(name):
                self.put(id_)
                result = self.promote()
                self.assertEqual(result.code, 3, result)
                self.assertIn("error: the ledger of staging is damaged\n", result.stderr)
                self.assertIn(f"git push <remote> :{k_ledger}\n", result.stderr)

    def test_a_rollback_always_works(self) -> None:
        for name, id_ in self.unreadable():
            with self.subTest(name):
                self.put(id_)
                result = self.rollback()
                self.assertEqual((result.code, self.stage.tip), (0, self.c1), result)


class DoubtfulHolds(HostileLedgerTest):
    """What may have been a hold is never passed over, and what it says is shown safely."""

    def test_a_hold_behind_many_trailers_is_no_less_a_hold(self) -> None:
        text = self.text() + "".join(f"X-{n}: {n}\n" for n in range(300))
        self.put(self.event(text + f"Headway-Held-Since: {k_since}\n"))
        result = self.promote()
        self.assertEqual((result.code, self.stage.tip), (3, self.c2), result)

    def test_a_hold_without_a_time_is_not_passed_over(self) -> None:
        whose = "Headway-Held-By: ada\nHeadway-Held-Reason: it burns\n"
        for name, text in {
            "no time": self.text("rolled-back") + whose,
            "an empty time": self.text("rolled-back") + "Headway-Held-Since:\n" + whose,
            "the event alone": self.text("held"),
        }.items():
            with self.subTest(name):
                self.put(self.event(text))
                result = self.promote()
                self.assertEqual((result.code, self.stage.tip), (3, self.c2), result)

    def test_what_a_hold_says_is_shown_in_bounds(self) -> None:
        # headway writes at most 300 bytes; others may not.
        self.put(self.event(self.text(Held_Since=k_since, Held_Reason="x" * 100_000)))
        result = self.promote()
        self.assertEqual(result.code, 3)
        self.assertLess(len(result.stderr), 2000)

    def test_what_a_hold_says_is_shown_with_control_characters_escaped(self) -> None:
        text = self.text(Held_Since=k_since, Held_By="\x1b[31mred\x07", Held_Reason="\x1b]0;x\x07")
        self.put(self.event(text))
        result = self.promote()
        self.assertEqual(result.code, 3, result)
        self.assertNotRegex(result.stderr, r"[\x00-\x08\x0b-\x1f\x7f]")


if __name__ == "__main__":
    unittest.main()
