"""SIGINT and SIGTERM at every moment: the branch and its event have moved together or not at all,
headway says what is known, and the same command finishes the work."""

from __future__ import annotations

import unittest
from signal import SIGINT, SIGTERM

from e2e.support import StageTest, k_branch
from host.app import App
from host.headway import Result, Running
from host.http_server import hanging
from host.relay import Relay, push
from host.waiting import await_condition

k_signals = (SIGINT, SIGTERM)
k_forward = "staging: 9318c89e → f7eef0d4, fast-forward\n"
k_created = f"staging: created {k_branch} at f7eef0d4\n"


class InterruptTest(StageTest):
    def setUp(self) -> None:
        self.open()
        self.relay = self.enterContext(Relay(self.stage.host))
        self.stage.configure(remote=self.relay.url())

    def start(self, *arguments: str) -> Running:
        return self.enterContext(self.stage.start("promote", "staging", "--quiet", *arguments))

    def assert_ended(self, result: Result, code: int, stdout: str, stderr: str) -> None:
        known: dict[object, str] = {self.relay.port: "<relay>"}
        if app := getattr(self, "app", None):
            known[app.port] = "<app>"
        self.assert_run(result, code, stdout, stderr, known)

    def assert_agree(self) -> bool:
        """The branch and the ledger have both moved to the last commit, or neither; which."""
        self.stage.repo.fsck()
        events = self.stage.ledger()
        told = events[0].trailers["Headway-Commit"] if events else None
        self.assertEqual(self.stage.tip, told)
        return told == self.stage.commits[2]

    def assert_finishes(self, events: int) -> None:
        """The same command does what is left, whatever that is."""
        result = self.stage.promote("--quiet")
        self.assertEqual((result.code, result.stderr), (0, ""), result)
        self.assert_moved(self.stage.commits[2], events)


class WhileReading(InterruptTest):
    """A signal while an answer is due to a request that changes nothing."""

    def test_each_request_of_a_promotion(self) -> None:
        self.stage.deploy()
        for number in (1, 2, 3):
            for signal in k_signals:
                with self.subTest(number=number, signal=signal.name):
                    before = len(self.relay.exchanges)
                    hold = self.relay.hold_request(before + number)
                    process = self.start()
                    hold.await_arrival()
                    process.signal(signal)
                    self.assert_ended(process.wait(), 130, "", """\
                        headway: error: interrupted while waiting for 127.0.0.1:<relay>
                          because: nothing was moved
                          try: run the same command again
                        """)
                    hold.drop()
                    self.assertFalse(self.assert_agree())
                    self.assertEqual(len(self.relay.exchanges), before + number)
        self.assert_finishes(2)

    def test_in_json(self) -> None:
        self.stage.deploy()
        hold = self.relay.hold_answer(len(self.relay.exchanges) + 2)
        process = self.start("--output", "json")
        hold.await_arrival()
        process.signal(SIGINT)
        result = process.wait()
        self.assertEqual(result.code, 130)
        document = result.json()
        self.assertEqual((document["exit_code"], document["error"]["kind"]), (130, "interrupted"))
        self.assertFalse(self.assert_agree())

    def test_a_rollback(self) -> None:
        self.stage.deploy()
        self.stage.deploy(self.stage.commits[2])
        words = ("rollback", "staging", "--to", self.stage.commits[0], "--quiet")
        for number in (1, 2, 3):
            with self.subTest(number):
                before = len(self.relay.exchanges)
                hold = self.relay.hold_answer(before + number)
                process = self.enterContext(self.stage.start(*words))
                hold.await_arrival()
                process.signal(SIGTERM)
                self.assert_ended(process.wait(), 130, "", """\
                    headway: error: interrupted while waiting for 127.0.0.1:<relay>
                      because: nothing was moved
                      try: run the same command again
                    """)
                hold.drop()
                self.assertTrue(self.assert_agree())
        self.assertEqual(self.stage.run(*words).code, 0)
        self.assert_moved(self.stage.commits[0], 3)

    def test_each_request_of_a_first_promotion(self) -> None:
        # Reads, what the server offers for a push, and the pushes.
        number = 0
        while not self.stage.tip:
            number += 1
            with self.subTest(number=number):
                hold = self.relay.hold_request(len(self.relay.exchanges) + number)
                process = self.start()
                hold.await_arrival()
                process.signal(SIGTERM)
                process.signal(SIGINT)  # While a push is under way, only the second ends it.
                result = process.wait()
                self.assertEqual((result.code, result.stdout), (130, ""), result)
                self.assertIn("interrupted", result.stderr)
                moves = push(self.relay.exchanges[-1].head)
                hold.release()
                if moves:
                    # What was held was on its way: the server may get it even now.
                    last = self.relay.exchanges[-1]
                    await_condition(lambda last=last: last.answer, "the held push's answer")
                self.assert_agree()
        self.assertGreaterEqual(number, 4)
        self.assert_finishes(1)


class WhilePushing(InterruptTest):
    """A signal while the server has the push: headway waits for the answer, so that it knows."""

    def setUp(self) -> None:
        super().setUp()
        self.stage.deploy()

    def test_the_answer_comes(self) -> None:
        with self.stage.repo.protection.pause_pushes() as pause:
            process = self.start()
            pause.await_push()
            process.signal(SIGTERM)
            pause.release()
            self.assert_ended(process.wait(), 130, k_forward, """\
                headway: error: interrupted
                  because: the signal came too late to stop anything: what is told above is done
                """)
        self.assertTrue(self.assert_agree())
        result = self.stage.promote("--quiet")
        self.assert_ended(result, 0, "staging: f7eef0d4 is there already\n", "")

    def test_the_answer_comes_and_is_told_in_json(self) -> None:
        with self.stage.repo.protection.pause_pushes() as pause:
            process = self.start("--output", "json")
            pause.await_push()
            process.signal(SIGINT)
            pause.release()
            result = process.wait()
        self.assertEqual(result.code, 130)
        document = result.json()
        self.assertEqual((document["exit_code"], document["error"]["kind"]), (130, "interrupted"))
        self.assertTrue(document["environments"][0]["moved"])
        self.assertTrue(self.assert_agree())

    def test_a_second_signal_ends_it_at_once(self) -> None:
        with self.stage.repo.protection.pause_pushes() as pause:
            process = self.enterContext(self.stage.start("promote", "staging"))
            pause.await_push()
            process.signal(SIGINT)
            process.await_output("interrupted: waiting")
            process.signal(SIGINT)
            self.assert_ended(process.wait(), 130, "", """\
                headway: interrupted: waiting up to <duration> for the answer of 127.0.0.1:<relay>; a second signal ends it at once
                headway: error: interrupted while the push was under way
                  because: it may or may not have been carried out
                  try: run the same command again: it reads the refs first and goes on from what it finds
                """)
            self.assertFalse(self.assert_agree())
            pause.release()
        # The server has the push, and carries it out or not: never half of it.
        self.assert_finishes(2)

    def test_before_the_server_knows_of_it(self) -> None:
        hold = self.relay.hold_request(push)
        process = self.start()
        hold.await_arrival()
        process.signal(SIGTERM)
        process.signal(SIGINT)
        self.assert_ended(process.wait(), 130, "", """\
            headway: error: interrupted while the push was under way
              because: it may or may not have been carried out
              try: run the same command again: it reads the refs first and goes on from what it finds
            """)
        hold.drop()
        self.assertFalse(self.assert_agree())
        self.assert_finishes(2)

    def test_after_the_server_did_it(self) -> None:
        hold = self.relay.hold_answer(push)
        process = self.start()
        hold.await_arrival()
        process.signal(SIGINT)
        process.signal(SIGTERM)
        self.assert_ended(process.wait(), 130, "", """\
            headway: error: interrupted while the push was under way
              because: it may or may not have been carried out
              try: run the same command again: it reads the refs first and goes on from what it finds
            """)
        self.assertTrue(self.assert_agree())
        self.assert_finishes(2)

    def test_a_refusal_that_comes_after_the_signal(self) -> None:
        self.stage.repo.protection.refuse_with("Not now.")
        with self.stage.repo.protection.pause_pushes() as pause:
            process = self.start()
            pause.await_push()
            process.signal(SIGTERM)
            pause.release()
            result = process.wait()
        self.assert_ended(result, 3, "", """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: a hook of the server's owner refused _gitlab/agents/staging (the server said: "Not now."); nothing moved
              try: ask the server's owner what the hook wants
            """)
        self.assertFalse(self.assert_agree())


class WhileVerifying(InterruptTest):
    """The branch has moved, and the new version does not run yet."""

    def setUp(self) -> None:
        super().setUp()
        self.app = self.enterContext(App("0" * 40))
        self.stage.configure(
            remote=self.relay.url(),
            environment=f"""
                url: {self.app.origin}
                verify:
                  deadline: 1h
                  interval: 5m
                  probes: [{{name: health, url: /health, json: {{/version: "${{commit}}"}}}}]
            """,
        )

    def test_between_two_rounds(self) -> None:
        # The next round is five minutes away: only the signal can end the wait.
        for signal, text, stderr in (
            (SIGINT, k_created, """\
                headway: health: not healthy: 200, but /version is 0000000000000000000000000000000000000000, not f7eef0d494885651910e49a04ebe5e9226de8d5a
                headway: error: interrupted while waiting
                  because: staging stays at f7eef0d4; the verification had not ended
                  try: headway verify staging
                """),
            (SIGTERM, "staging: f7eef0d4 is there already\n", """\
                headway: health: not healthy: 200, but /version is 0000000000000000000000000000000000000000, not f7eef0d494885651910e49a04ebe5e9226de8d5a
                headway: error: interrupted while waiting
                  because: staging stays at f7eef0d4; the verification had not ended
                  try: headway verify staging
                """),
        ):
            with self.subTest(signal.name):
                process = self.enterContext(self.stage.start("promote", "staging"))
                process.await_output("not healthy")
                process.signal(signal)
                self.assert_ended(process.wait(timeout=30), 130, text, stderr)
                self.assert_moved(self.stage.commits[2], 1)

    def test_within_a_probe(self) -> None:
        self.app.script([hanging()])
        process = self.start()
        self.app.await_requests(1)
        process.signal(SIGINT)
        result = process.wait()
        self.assert_ended(result, 130, k_created, """\
            headway: error: interrupted while waiting for 127.0.0.1:<app>
              because: staging stays at f7eef0d4; the verification had not ended
              try: headway verify staging
            """)
        self.assert_moved(self.stage.commits[2], 1)

    def test_the_next_run_verifies(self) -> None:
        process = self.start()
        self.app.await_requests(1)
        process.signal(SIGTERM)
        self.assertEqual(process.wait().code, 130)
        self.app.version = self.stage.commits[2]
        result = self.stage.promote("--quiet", "--consecutive", "1")
        self.assert_ended(result, 0, """\
            staging: f7eef0d4 is there already
            staging: healthy once, version f7eef0d4 (<duration>)
            """, "")
        self.assert_moved(self.stage.commits[2], 2)
        self.assertEqual(self.stage.ledger()[0].trailers["Headway-Event"], "verified")

    def test_in_json(self) -> None:
        process = self.start("--output", "json")
        self.app.await_requests(1)
        process.signal(SIGINT)
        result = process.wait()
        self.assertEqual(result.code, 130)
        document = result.json()
        self.assertEqual((document["exit_code"], document["error"]["kind"]), (130, "interrupted"))
        # What was done is told, although the run did not end well.
        self.assertEqual(
            [(entry["environment"], entry["moved"]) for entry in document["environments"]],
            [("staging", True)],
        )


if __name__ == "__main__":
    unittest.main()
