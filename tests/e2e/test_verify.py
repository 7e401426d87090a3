"""Verification after a promotion and on its own: what is proven, what is said, what is recorded."""

from __future__ import annotations

import re
import unittest
from typing import Any

from e2e.support import StageTest, k_branch, k_ledger
from host.app import Agent, App
from host.headway import Headway, Result, normalise
from host.http_server import End, Reply, closed, connection_reset, hanging
from host.loopback import ClosedPort

k_sections = {"GITLAB_CI": "true"}
k_version = """json: {/version: "${short_commit}"}"""


class VerifyTest(StageTest):
    """A stage whose staging is an App, asked for its version."""

    def setUp(self) -> None:
        self.open()
        self.app = self.enterContext(App())
        self.configure()

    def configure(
        self,
        *,
        probe: str = k_version,
        url: str | None = None,
        deadline: str = "60s",
        interval: str = "10ms",
        consecutive: int = 3,
        further: str = "",
        top: str = "",
    ) -> None:
        self.stage.configure(
            environment=f"""\
                url: {url or self.app.origin}
                verify:
                  deadline: {deadline}
                  interval: {interval}
                  consecutive: {consecutive}
                  probes:
                    - {{name: health, url: /health, {probe}}}
                {further}
                """,
            top=top,
        )

    def configure_one_round(self, probe: str = k_version, **options: Any) -> None:
        """The second round would begin after the deadline: one request decides."""
        self.configure(probe=probe, interval="1h", consecutive=1, **options)

    def start_from(self, index: int) -> None:
        """Staging runs that commit, verified; nothing is left of how it came there."""
        self.app.version = self.stage.commits[index]
        self.stage.deploy(self.stage.commits[index])
        self.before = len(self.app.requests)

    def answer(self, index: int) -> Reply:
        """As the app answers while it runs that commit."""
        return Reply(200, {"status": "ok", "version": self.stage.commits[index]})

    def assert_told(self, result: Result, code: int, stdout: str = "", stderr: str = "") -> None:
        self.assert_run(result, code, stdout, stderr, {self.app.port: "<app>"})

    def assert_event(self, kind: str, index: int, reason: str) -> None:
        """The newest event is that verdict on that commit, in those words."""
        event = self.stage.ledger()[0]
        trailers = event.trailers
        self.assertEqual(trailers["Headway-Event"], kind)
        self.assertEqual(trailers["Headway-Commit"], self.stage.commits[index])
        said = trailers["Headway-Reason"].replace(f":{self.app.port}/", ":<app>/")
        self.assertEqual(said, reason)


class Converging(VerifyTest):
    def test_three_times_in_a_row(self) -> None:
        self.app.version = self.stage.commits[2]
        result = self.stage.promote()
        self.assert_told(result, 0, """\
            staging: created _gitlab/agents/staging at f7eef0d4
            staging: healthy 3 times in a row, version f7eef0d4 (<duration>)
            """, """\
            headway: health: healthy: 200, /version is f7eef0d494885651910e49a04ebe5e9226de8d5a
            """)
        self.assert_moved(self.stage.commits[2], 2)
        self.assert_event("verified", 2, "healthy 3 times in a row, version f7eef0d4")
        self.assertEqual(self.stage.ledger()[0].subject, "Verify f7eef0d4 on staging: healthy")
        self.assertEqual([r.path for r in self.app.requests], ["/health"] * 3)

    def test_each_probe_on_a_connection_of_its_own(self) -> None:
        self.app.version = self.stage.commits[2]
        self.assertEqual(self.stage.promote().code, 0)
        self.assertEqual([r.connection for r in self.app.requests], [1, 2, 3])

    def test_the_old_version_answers_first(self) -> None:
        self.start_from(0)
        self.app.version = self.stage.commits[2]
        self.app.script([self.answer(0)] * 4)
        result = self.stage.promote()
        self.assert_told(result, 0, """\
            staging: 9318c89e → f7eef0d4, fast-forward
            staging: healthy 3 times in a row, version f7eef0d4 (<duration>)
            """, """\
            headway: health: not healthy: 200, but /version is 9318c89e3af8ae7ec5363b025de951c5935cbe05, not f7eef0d4
            headway: health: healthy: 200, /version is f7eef0d494885651910e49a04ebe5e9226de8d5a
            """)
        self.assert_moved(self.stage.commits[2], 4)
        self.assertEqual(len(self.app.requests) - self.before, 4 + 3)
        self.app.raise_failures()

    def test_a_slow_agent(self) -> None:
        # The agent serves the new commit only after headway has been told the old one five times.
        self.start_from(0)
        enough = self.before + 5
        with Agent(
            self.app,
            self.stage.repo,
            k_branch,
            condition=lambda _: len(self.app.requests) >= enough,
        ) as agent:
            result = self.stage.promote()
            self.assertEqual(agent.deployed, [self.stage.commits[2]])
        self.assert_told(result, 0, """\
            staging: 9318c89e → f7eef0d4, fast-forward
            staging: healthy 3 times in a row, version f7eef0d4 (<duration>)
            """, """\
            headway: health: not healthy: 200, but /version is 9318c89e3af8ae7ec5363b025de951c5935cbe05, not f7eef0d4
            headway: health: healthy: 200, /version is f7eef0d494885651910e49a04ebe5e9226de8d5a
            """)
        self.assert_moved(self.stage.commits[2], 4)
        self.assertGreaterEqual(len(self.app.requests) - self.before, 5 + 3)

    def test_a_streak_is_broken(self) -> None:
        self.start_from(0)
        new, old = self.answer(2), self.answer(0)
        self.app.version = self.stage.commits[2]
        self.app.script([new, new, Reply(500), new, new, old, new])
        result = self.stage.promote()
        self.assert_told(result, 0, """\
            staging: 9318c89e → f7eef0d4, fast-forward
            staging: healthy 3 times in a row, version f7eef0d4 (<duration>)
            """, """\
            headway: health: healthy: 200, /version is f7eef0d494885651910e49a04ebe5e9226de8d5a
            headway: health: not healthy: status 500, not 200
            headway: health: healthy: 200, /version is f7eef0d494885651910e49a04ebe5e9226de8d5a
            headway: health: not healthy: 200, but /version is 9318c89e3af8ae7ec5363b025de951c5935cbe05, not f7eef0d4
            headway: health: healthy: 200, /version is f7eef0d494885651910e49a04ebe5e9226de8d5a
            """)
        self.assertEqual(len(self.app.requests) - self.before, 7 + 2)
        self.app.raise_failures()

    def test_every_fault_is_survived(self) -> None:
        self.start_from(0)
        self.app.version = self.stage.commits[2]
        self.app.script([closed(), connection_reset(), Reply(503), Reply(200, "<html>")])
        result = self.stage.promote()
        self.assert_told(result, 0, """\
            staging: 9318c89e → f7eef0d4, fast-forward
            staging: healthy 3 times in a row, version f7eef0d4 (<duration>)
            """, """\
            headway: health: not healthy: no complete answer from 127.0.0.1:<app>: the server closed the connection without an answer
            headway: health: not healthy: no complete answer from 127.0.0.1:<app>: the server closed the connection without an answer (Recv failure: Connection reset by peer)
            headway: health: not healthy: status 503, not 200
            headway: health: not healthy: 200, but the body is no JSON: <html>
            headway: health: healthy: 200, /version is f7eef0d494885651910e49a04ebe5e9226de8d5a
            """)

    def test_two_probes_must_agree(self) -> None:
        self.app.version = self.stage.commits[2]
        self.configure(
            probe=k_version + "}\n" + " " * 20 + "- {name: smoke, url: /smoke, status: [200, 204]",
            consecutive=2,
        )
        answers = [Reply(404), Reply(204), Reply(204)]
        self.app.behave(lambda r: answers.pop(0) if r.path == "/smoke" else None)
        result = self.stage.promote()
        self.assertEqual(result.code, 0, result)
        self.assertIn("staging: healthy 2 times in a row, version f7eef0d4 (", result.stdout)
        # They are asked at the same time: either may answer first.
        self.assertEqual(
            sorted(result.stderr.splitlines()),
            [
                "headway: health: healthy: 200, /version is f7eef0d494885651910e49a04ebe5e9226de8d5a",
                "headway: smoke: healthy: 204",
                "headway: smoke: not healthy: status 404, not 200 or 204",
            ],
        )
        paths = [request.path for request in self.app.requests]
        self.assertEqual(paths.count("/smoke"), 3)
        self.assertGreaterEqual(paths.count("/health"), 2)

    def test_a_longer_and_a_shorter_form_of_the_version(self) -> None:
        commit = self.stage.commits[2]
        self.configure(consecutive=4)
        versions = [commit, commit[:7], commit[:12].upper(), f" {commit[:8]}", commit[:6]]
        self.app.script(Reply(200, {"version": version}) for version in versions[4:] + versions)
        self.assert_told(self.stage.promote(), 0, """\
            staging: created _gitlab/agents/staging at f7eef0d4
            staging: healthy 4 times in a row, version f7eef0d4 (<duration>)
            """, """\
            headway: health: not healthy: 200, but /version is f7eef0, not f7eef0d4
            headway: health: healthy: 200, /version is f7eef0d494885651910e49a04ebe5e9226de8d5a
            headway: health: healthy: 200, /version is f7eef0d
            headway: health: healthy: 200, /version is F7EEF0D49488
            headway: health: healthy: 200, /version is  f7eef0d4
            """)
        self.assertEqual(len(self.app.requests), 5)

    def test_a_deployment_that_is_known_to_run(self) -> None:
        # A re-run: nothing moves, it is proven again, and the ledger knows already.
        self.start_from(2)
        result = self.stage.promote()
        self.assert_told(result, 0, """\
            staging: f7eef0d4 is there already
            staging: healthy 3 times in a row, version f7eef0d4 (<duration>)
            """, """\
            headway: health: healthy: 200, /version is f7eef0d494885651910e49a04ebe5e9226de8d5a
            """)
        self.assert_moved(self.stage.commits[2], 2)
        self.assertEqual(len(self.app.requests) - self.before, 3)

    def test_json(self) -> None:
        self.app.version = self.stage.commits[2]
        result = self.stage.promote("--output", "json")
        self.assertEqual(result.code, 0)
        verify = result.json()["environments"][0]["verify"]
        self.assertGreaterEqual(verify.pop("seconds"), 0.015)  # Two intervals, less the jitter.
        timings = verify["origins"][0].pop("timings_ms")
        self.assertEqual(
            set(timings), {"resolved", "connected", "secured", "first_byte", "total"})
        self.assertEqual(
            verify,
            {
                "verdict": "healthy",
                "words": "healthy 3 times in a row, version f7eef0d4",
                "version_proven": True,
                "outcome": "converged",
                "requests": 3,
                "watched_seconds": 0.0,
                "regressed": False,
                "origins": [
                    {
                        "probe": "health",
                        "url": self.app.url,
                        "address": "127.0.0.1",
                        "outcome": "converged",
                        "words": f"200, /version is {self.stage.commits[2]}",
                        "streak": 3,
                        "requests": 3,
                        "status": 200,
                        "certificate_expires": None,
                        "answered_by": None,
                        "body": None,
                    }
                ],
                "recording": "recorded",
            },
        )


k_old = "still runs another version, not {}"
k_silent = "does not answer"


class Unhealthy(VerifyTest):
    """One round decides. Staging ran the first commit, verified, when the third was promoted."""

    def assert_unhealthy(
        self, words: str, probe: str = k_version, *, what: str = "does not run {} healthily"
    ) -> None:
        """The promotion ends unhealthy, and the probe said `words`, here and in the ledger;
        `what` is said of staging and the commit."""
        self.configure_one_round(probe)
        result = self.stage.promote()
        old, new = self.stage.commits[0], self.stage.commits[2]
        self.assert_told(
            result,
            4,
            f"staging: {old[:8]} → {new[:8]}, fast-forward\n",
            f"headway: health: not healthy: {words}\n"
            "<the last answer>\n"
            f"headway: error: staging {what.format(new[:8])}\n"
            f"  because: health at http://127.0.0.1:<app>/health: {words} (1 request in <duration>)\n"
            f"  try: headway rollback staging --to {old}\n"
            "  try: give it more time: --deadline <duration>, or verify: {deadline: <duration>} "
            "in .headway.yml\n",
        )
        self.assert_moved(new, 4)
        event = self.stage.ledger()[0].trailers
        self.assertEqual(event["Headway-Event"], "unhealthy")
        said = normalise(event["Headway-Reason"], {self.app.port: "<app>"})
        self.assertEqual(said, f"health at http://127.0.0.1:<app>/health: {words}")
        self.assertEqual(len(self.app.requests) - self.before, self.asked)

    def setUp(self) -> None:
        super().setUp()
        self.start_from(0)
        self.app.version = self.stage.commits[2]
        self.asked = 1

    def test_server_error(self) -> None:
        self.app.status = 500
        self.assert_unhealthy("status 500, not 200")

    def test_unavailable(self) -> None:
        self.app.version = None
        self.assert_unhealthy("status 503, not 200")

    def test_not_found(self) -> None:
        self.app.script([Reply(404)])
        self.assert_unhealthy("status 404, not 200")

    def test_redirect(self) -> None:
        self.app.script([Reply(302, headers={"Location": "/login"})])
        self.assert_unhealthy("status 302, not 200")

    def test_the_old_version(self) -> None:
        self.app.version = self.stage.commits[0]
        old, new = self.stage.commits[0], self.stage.commits[2]
        self.assert_unhealthy(f"200, but /version is {old}, not {new[:8]}", what=k_old)

    def test_no_version(self) -> None:
        self.app.script([Reply(200, {"status": "ok"})])
        self.assert_unhealthy("200, but there is no /version", what=k_old)

    def test_a_version_of_another_kind(self) -> None:
        self.app.script([Reply(200, {"version": ["1.2.3", None]})])
        new = self.stage.commits[2]
        self.assert_unhealthy(f'200, but /version is ["1.2.3",null], not {new[:8]}', what=k_old)

    def test_a_web_page(self) -> None:
        self.app.script([Reply(200, "<html>\n<h1>Welcome\x07</h1>\n</html>\n")])
        self.assert_unhealthy("200, but the body is no JSON: <html> <h1>Welcome\\x07</h1> </html>")

    def test_no_body(self) -> None:
        self.app.script([Reply(204)])
        self.assert_unhealthy(
            "204, but the body is empty", "status: [200, 204], " + k_version
        )

    def test_json_cut_off(self) -> None:
        self.app.script([Reply(200, '{"version": "')])
        self.assert_unhealthy('200, but the body is no JSON: {"version": "')

    def test_nested_without_end(self) -> None:
        self.app.script([Reply(200, "[", repeat=100_000)])
        self.assert_unhealthy("200, but the body is no JSON: " + "[" * 80 + "…")

    def test_a_huge_body(self) -> None:
        self.app.script([Reply(200, "x" * 1024, repeat=100 * 1024)])
        self.assert_unhealthy(
            "200, but its body has more than 1048576 bytes, too many for JSON"
        )

    def test_endless_headers(self) -> None:
        self.app.script([Reply(200, "{}", headers={f"X-{n}": "x" * 1000 for n in range(2000)})])
        self.assert_unhealthy(
            "the answer of 127.0.0.1:<app> is too large: "
            "its headers have more than 65536 bytes or 200 lines"
        )

    def test_the_answer_comes_too_late(self) -> None:
        self.app.script([hanging()])
        self.assert_unhealthy(
            "no complete answer from 127.0.0.1:<app>: it did not answer within <duration>",
            "timeout: 100ms, " + k_version,
            what=k_silent,
        )

    def test_a_slow_answer(self) -> None:
        reply = self.answer(2)
        self.app.script([Reply(200, reply.body, delay=0.05)])
        self.assert_unhealthy("200 after <duration>, later than <duration>", "max_latency: 20ms, " + k_version)

    def test_closed(self) -> None:
        self.app.script([closed()])
        self.assert_unhealthy(
            "no complete answer from 127.0.0.1:<app>: "
            "the server closed the connection without an answer",
            what=k_silent,
        )

    def test_reset(self) -> None:
        self.app.script([connection_reset()])
        self.assert_unhealthy(
            "no complete answer from 127.0.0.1:<app>: "
            "the server closed the connection without an answer "
            "(Recv failure: Connection reset by peer)",
            what=k_silent,
        )

    def test_cut_off(self) -> None:
        self.app.script([Reply(200, {"version": self.stage.commits[2]}, cut=10, end=End.close)])
        self.assert_unhealthy(
            "no complete answer from 127.0.0.1:<app>: the connection ended after 100 bytes of the "
            "answer (end of response with 45 bytes missing)",
            what=k_silent,
        )

    def test_refused(self) -> None:
        with ClosedPort() as closed_port:
            self.app_port = closed_port.port
            url = f"http://127.0.0.1:{closed_port.port}"
            self.configure_one_round(url=url)
            result = self.stage.promote()
            self.assert_run(result, 4, """\
                staging: 9318c89e → f7eef0d4, fast-forward
                """, """\
                headway: health: not healthy: cannot reach 127.0.0.1:<closed>: Connection refused
                <the last answer>
                headway: error: staging does not answer
                  because: health at http://127.0.0.1:<closed>/health: cannot reach 127.0.0.1:<closed>: Connection refused (1 request in <duration>)
                  try: headway rollback staging --to 9318c89e3af8ae7ec5363b025de951c5935cbe05
                  try: give it more time: --deadline <duration>, or verify: {deadline: <duration>} in .headway.yml
                """, {closed_port.port: "<closed>"})
        self.assertEqual(self.stage.ledger()[0].trailers["Headway-Event"], "unhealthy")

    def test_rollback_goes_to_the_last_verified_commit(self) -> None:
        # The second commit was moved past without a proof: not there, but to the first.
        self.assertEqual(
            self.stage.promote("--commit", self.stage.commits[1], "--no-verify").code, 0
        )
        self.app.status = 500
        self.configure_one_round()
        self.assert_told(self.stage.promote(), 4, """\
            staging: cc352607 → f7eef0d4, fast-forward
            """, """\
            headway: health: not healthy: status 500, not 200
            <the last answer>
            headway: error: staging does not run f7eef0d4 healthily
              because: health at http://127.0.0.1:<app>/health: status 500, not 200 (1 request in <duration>)
              try: headway rollback staging --to 9318c89e3af8ae7ec5363b025de951c5935cbe05
              try: give it more time: --deadline <duration>, or verify: {deadline: <duration>} in .headway.yml
            """)

    def test_a_second_failure_in_a_row(self) -> None:
        # What failed before is no place to go back to, either.
        self.configure_one_round()
        self.app.status = 500
        self.assertEqual(self.stage.promote("--commit", self.stage.commits[1]).code, 4)
        self.assert_told(self.stage.promote(), 4, """\
            staging: cc352607 → f7eef0d4, fast-forward
            """, """\
            headway: health: not healthy: status 500, not 200
            <the last answer>
            headway: error: staging does not run f7eef0d4 healthily
              because: health at http://127.0.0.1:<app>/health: status 500, not 200 (1 request in <duration>)
              try: headway rollback staging --to 9318c89e3af8ae7ec5363b025de951c5935cbe05
              try: give it more time: --deadline <duration>, or verify: {deadline: <duration>} in .headway.yml
            """)
        self.assertEqual(self.stage.ledger()[0].trailers["Headway-Verified"], self.stage.commits[0])

    def test_healed_later(self) -> None:
        self.configure_one_round()
        self.app.status = 500
        self.assertEqual(self.stage.promote().code, 4)
        self.app.status = 200
        self.assert_told(self.stage.promote(), 0, """\
            staging: f7eef0d4 is there already
            staging: healthy once, version f7eef0d4 (<duration>)
            """, """\
            headway: health: healthy: 200, /version is f7eef0d494885651910e49a04ebe5e9226de8d5a
            """)
        self.assert_moved(self.stage.commits[2], 5)
        self.assert_event("verified", 2, "healthy once, version f7eef0d4")


class Deadline(VerifyTest):
    def test_is_kept(self) -> None:
        self.app.version = "0000000"
        self.configure(deadline="300ms")
        result = self.stage.promote()
        self.assertEqual(result.code, 4)
        told = re.search(r"\((\d+) requests? in \d+ ms\)\n", result.stderr)
        assert told, result
        # The last one may be cut before the app has read it.
        self.assertIn(int(told[1]) - len(self.app.requests), (0, 1))
        self.assertLess(result.duration, 15)

    def test_cuts_off_a_request_under_way(self) -> None:
        self.app.script([hanging()])
        self.configure(deadline="200ms", interval="10ms", consecutive=1)
        result = self.stage.promote()
        self.assert_told(result, 4, """\
            staging: created _gitlab/agents/staging at f7eef0d4
            """, """\
            headway: health: not healthy: no complete answer from 127.0.0.1:<app>: it did not answer within <duration>
            <the last answer>
            headway: error: staging does not answer
              because: health at http://127.0.0.1:<app>/health: no complete answer from 127.0.0.1:<app>: it did not answer within <duration> (1 request in <duration>)
              try: give it more time: --deadline <duration>, or verify: {deadline: <duration>} in .headway.yml
            """)
        self.assertEqual(len(self.app.requests), 1)
        self.assertLess(result.duration, 8, "the probe's own timeout is 10 s")

    def test_too_short_for_the_streak(self) -> None:
        # Healthy, but the server takes its time: the deadline comes before the third answer.
        self.app.version = self.stage.commits[2]
        body = self.answer(2).body
        self.app.behave(lambda _: Reply(200, body, delay=0.2))
        self.configure(deadline="300ms")
        result = self.stage.promote()
        self.assertEqual(result.code, 4)
        self.assertRegex(
            result.stderr,
            r"because: health at .*: (healthy only [12] of 3 times in a row when the deadline came|"
            r"no complete answer from .*) \([12] requests? in",
        )


class Notes(VerifyTest):
    def test_no_probes(self) -> None:
        self.stage.configure()
        self.assert_told(self.stage.promote(), 0, """\
            staging: created _gitlab/agents/staging at f7eef0d4
            """, """\
            headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
            """)
        self.assert_moved(self.stage.commits[2], 1)

    def test_no_verification(self) -> None:
        self.assert_told(self.stage.promote("--no-verify"), 0, """\
            staging: created _gitlab/agents/staging at f7eef0d4
            """, "")
        self.assert_moved(self.stage.commits[2], 1)
        self.assertEqual(self.app.requests, [])

    def test_no_verification_by_variable(self) -> None:
        result = self.stage.promote(env={"HEADWAY_NO_VERIFY": "1"})
        self.assertEqual((result.code, self.app.requests), (0, []))

    def test_the_version_is_not_checked(self) -> None:
        self.app.version = "unknown"
        self.configure(probe="status: 200")
        self.assert_told(self.stage.promote(), 0, """\
            staging: created _gitlab/agents/staging at f7eef0d4
            staging: healthy 3 times in a row, its version was not checked (<duration>)
            """, """\
            headway: staging: no probe names the version: health alone cannot tell the old version from the new (add json: {/version: "${short_commit}"} to a probe)
            headway: health: healthy: 200
            """)
        self.assert_event("verified", 2, "healthy 3 times in a row, its version was not checked")

    def test_sections_in_gitlab(self) -> None:
        self.app.version = self.stage.commits[2]
        result = self.stage.promote(env=k_sections)
        stderr = re.sub(r"(section_\w+):\d{10}:", r"\1:<time>:", result.stderr)
        self.assertEqual(result.code, 0)
        self.assertEqual(
            stderr,
            "\x1b[0Ksection_start:<time>:headway_verify_staging[collapsed=true]\r"
            "\x1b[0KVerifying staging\n"
            f"headway: health: healthy: 200, /version is {self.stage.commits[2]}\n"
            "\x1b[0Ksection_end:<time>:headway_verify_staging\r\x1b[0K\n",
        )

    def test_a_section_ends_with_an_unhealthy_verdict(self) -> None:
        self.configure_one_round()
        result = self.stage.promote(env=k_sections)
        self.assertEqual(result.code, 4)
        self.assertRegex(
            result.stderr,
            "(?s)^\x1b\\[0Ksection_start:[^\n]*\n.*\x1b\\[0Ksection_end:[^\n]*\nheadway: health at [^\n]*:\n"
            "(  [^\n]*\n)+headway: error: ",
        )

    def test_quiet(self) -> None:
        self.app.version = self.stage.commits[2]
        result = self.stage.promote("--quiet", env=k_sections)
        self.assert_told(result, 0, """\
            staging: created _gitlab/agents/staging at f7eef0d4
            staging: healthy 3 times in a row, version f7eef0d4 (<duration>)
            """, "")

    def test_overtaken(self) -> None:
        # While the first promotion verifies, another one moves the branch on: what the first one
        # found is no longer of interest, and no reason to fail.
        self.configure_one_round()
        commits = self.stage.commits

        def behave(_: object) -> Reply:
            self.stage.promote("--no-verify")
            return Reply(500)

        self.app.behave(behave)
        self.assert_told(self.stage.promote("--commit", commits[1]), 0, """\
            staging: created _gitlab/agents/staging at cc352607
            staging: overtaken, the branch has left cc352607; the verdict is not recorded
            """, """\
            headway: health: not healthy: status 500, not 200
            <the last answer>
            """)
        self.assert_moved(commits[2], 2)


class Alone(VerifyTest):
    """`headway verify staging`."""

    def verify(self, *arguments: str, **options: Any) -> Result:
        return self.stage.run("verify", "staging", *arguments, **options)

    def setUp(self) -> None:
        super().setUp()
        self.app.version = self.stage.commits[0]
        self.stage.promote("--commit", self.stage.commits[0], "--no-verify")
        self.stage.host.clear_log()

    def test_healthy(self) -> None:
        self.assert_told(self.verify(), 0, """\
            staging: healthy 3 times in a row, version 9318c89e (<duration>)
            """, """\
            headway: health: healthy: 200, /version is 9318c89e3af8ae7ec5363b025de951c5935cbe05
            """)
        self.assert_moved(self.stage.commits[0], 2)
        self.assert_event("verified", 0, "healthy 3 times in a row, version 9318c89e")
        self.assertLessEqual(len(self.stage.host.requests()), 4)

    def test_twice(self) -> None:
        self.assertEqual(self.verify().code, 0)
        self.assert_told(self.verify(), 0, """\
            staging: healthy 3 times in a row, version 9318c89e (<duration>)
            """, """\
            headway: health: healthy: 200, /version is 9318c89e3af8ae7ec5363b025de951c5935cbe05
            """)
        self.assert_moved(self.stage.commits[0], 2)

    def test_unhealthy(self) -> None:
        self.app.status = 500
        self.configure_one_round()
        self.assert_told(self.verify(), 4, "", """\
            headway: health: not healthy: status 500, not 200
            <the last answer>
            headway: error: staging does not run 9318c89e healthily
              because: health at http://127.0.0.1:<app>/health: status 500, not 200 (1 request in <duration>)
              try: give it more time: --deadline <duration>, or verify: {deadline: <duration>} in .headway.yml
            """)
        self.assert_event(
            "unhealthy", 0, "health at http://127.0.0.1:<app>/health: status 500, not 200"
        )

    def test_unhealthy_after_a_verified_commit(self) -> None:
        self.assertEqual(self.verify().code, 0)
        self.stage.promote("--no-verify")
        self.configure_one_round()
        self.assert_told(self.verify(), 6, "", """\
            headway: health: not healthy: 200, but /version is 9318c89e3af8ae7ec5363b025de951c5935cbe05, not f7eef0d4
            <the last answer>
            headway: error: staging still runs another version, not f7eef0d4
              because: health at http://127.0.0.1:<app>/health: 200, but /version is 9318c89e3af8ae7ec5363b025de951c5935cbe05, not f7eef0d4 (1 request in <duration>)
              try: headway rollback staging --to 9318c89e3af8ae7ec5363b025de951c5935cbe05
              try: give it more time: --deadline <duration>, or verify: {deadline: <duration>} in .headway.yml
            """)

    def test_an_abbreviated_commit(self) -> None:
        self.assert_told(self.verify("--commit", self.stage.commits[0][:8]), 0, """\
            staging: healthy 3 times in a row, version 9318c89e (<duration>)
            """, """\
            headway: health: healthy: 200, /version is 9318c89e3af8ae7ec5363b025de951c5935cbe05
            """)
        self.assert_moved(self.stage.commits[0], 2)

    def test_another_commit_than_the_branch_holds(self) -> None:
        # A job of an older pipeline: what it finds is said, and recorded nowhere.
        self.stage.promote("--no-verify")
        self.assert_told(self.verify("--commit", self.stage.commits[0]), 0, """\
            staging: healthy 3 times in a row, version 9318c89e (<duration>)
            staging: overtaken, the branch does not hold 9318c89e; the verdict is not recorded
            """, """\
            headway: health: healthy: 200, /version is 9318c89e3af8ae7ec5363b025de951c5935cbe05
            """)
        self.assert_moved(self.stage.commits[2], 2)

    def test_moved_on_while_verifying(self) -> None:
        self.configure_one_round()

        def behave(_: object) -> None:
            self.stage.promote("--no-verify")

        self.app.behave(behave)
        self.assert_told(self.verify(), 0, """\
            staging: healthy once, version 9318c89e (<duration>)
            staging: overtaken, the branch has left 9318c89e; the verdict is not recorded
            """, """\
            headway: health: healthy: 200, /version is 9318c89e3af8ae7ec5363b025de951c5935cbe05
            """)
        self.assert_moved(self.stage.commits[2], 2)

    def test_never_deployed(self) -> None:
        self.stage.repo.delete_ref(f"refs/heads/{k_branch}")
        self.assert_told(self.verify(), 3, "", """\
            headway: error: staging was never deployed
              because: the remote has no branch _gitlab/agents/staging
              try: headway promote staging
            """)
        self.assertEqual(self.app.requests, [])

    def test_nothing_to_ask(self) -> None:
        self.stage.configure()
        self.assert_told(self.verify(), 2, "", """\
            headway: error: nothing says where staging runs
              try: url: below environments: staging: in .headway.yml, or --url URL
            """)
        self.assertEqual(self.stage.host.requests(), [])

    def test_a_damaged_ledger(self) -> None:
        self.stage.repo.update_ref(k_ledger, self.stage.commits[0])
        self.assert_told(self.verify(), 3, "", """\
            headway: error: the ledger of staging is damaged
              because: the newest commit of refs/headway/ledger/staging is no event of this ledger: its tree is not empty
              try: look at it: git fetch <remote> refs/headway/ledger/staging && git log FETCH_HEAD
              try: start a new ledger: git push <remote> :refs/headway/ledger/staging
            """)

    def test_json_when_unhealthy(self) -> None:
        self.app.status = 500
        self.configure_one_round()
        result = self.verify("--output", "json")
        self.assertEqual((result.code, result.json()["exit_code"]), (4, 4))
        self.assertEqual(result.json()["error"]["kind"], "unhealthy")
        self.assertEqual(result.json()["environments"][0]["verify"]["verdict"], "unhealthy")


class Url(unittest.TestCase):
    """`headway verify --url`: no file, no git, no token."""

    maxDiff = None

    def setUp(self) -> None:
        self.headway = self.enterContext(Headway())
        self.app = self.enterContext(App("1a2b3c4d5e6f"))
        self.quick = ("--url", self.app.url, "--interval", "10ms")

    def verify(self, *arguments: str, **options: Any) -> Result:
        return self.headway.run(["verify", *arguments], **options)

    def assert_told(self, result: Result, code: int, stdout: str, stderr: str) -> None:
        StageTest.assert_run(self, result, code, stdout, stderr, {self.app.port: "<app>"})  # type: ignore[arg-type]

    def test_healthy(self) -> None:
        result = self.verify(*self.quick)
        self.assert_told(result, 0, """\
            http://127.0.0.1:<app>/health: healthy 3 times in a row, its version was not checked (<duration>)
            """, """\
            headway: http://127.0.0.1:<app>/health: no probe names the version: health alone cannot tell the old version from the new (add --expect /version=TEXT)
            headway: health: healthy: 200
            """)
        self.assertEqual(len(self.app.requests), 3)

    def test_expectations(self) -> None:
        result = self.verify(
            *self.quick, "--expect", "/status=ok", "--expect", "/version=1a2b3c4d5e6f"
        )
        self.assert_told(result, 0, """\
            http://127.0.0.1:<app>/health: healthy 3 times in a row (<duration>)
            """, """\
            headway: health: healthy: 200, /status is ok, /version is 1a2b3c4d5e6f
            """)

    def test_a_commit(self) -> None:
        commit = "1a2b3c4d5e6f" + "0" * 28
        result = self.verify(
            "--url", self.app.origin, "--probe", "/health", "--interval", "10ms",
            "--commit", commit, "--expect", "/version=${short_commit}",
        )  # fmt: skip
        self.assert_told(result, 0, """\
            http://127.0.0.1:<app>: healthy 3 times in a row, version 1a2b3c4d (<duration>)
            """, """\
            headway: health: healthy: 200, /version is 1a2b3c4d5e6f
            """)

    def test_an_abbreviated_commit(self) -> None:
        result = self.verify("--url", self.app.url, "--commit", "1a2b3c4d")
        self.assert_told(result, 2, "", """\
            headway: error: "1a2b3c4d" is no full commit id
              because: without a remote an abbreviated id cannot be looked up
              try: give all 40 digits: --commit $(git rev-parse COMMIT)
            """)

    def test_an_expectation_without_its_commit(self) -> None:
        result = self.verify("--url", self.app.url, "--expect", "/version=${commit}")
        self.assert_told(result, 2, "", """\
            headway: error: an expectation names the commit, but no commit is given
              try: --commit SHA
            """)
        self.assertEqual(self.app.requests, [])

    def test_unhealthy(self) -> None:
        result = self.verify(
            "--url", self.app.url, "--expect", "/version=2.0",
            "--interval", "1h", "--deadline", "1m", "--consecutive", "1",
        )  # fmt: skip
        self.assert_told(result, 6, "", """\
            headway: health: not healthy: 200, but /version is 1a2b3c4d5e6f, not 2.0
            <the last answer>
            headway: error: http://127.0.0.1:<app>/health still runs another version than the expected one
              because: health at http://127.0.0.1:<app>/health: 200, but /version is 1a2b3c4d5e6f, not 2.0 (1 request in <duration>)
              try: give it more time: --deadline <duration>, or verify: {deadline: <duration>} in .headway.yml
            """)

    def test_nothing_named(self) -> None:
        self.assert_told(self.verify(), 2, "", """\
            headway: error: nothing to verify is named
              try: headway verify ENV
              try: headway verify --url URL
            """)

    def test_by_variables(self) -> None:
        env = {
            "HEADWAY_URL": self.app.url,
            "HEADWAY_EXPECT": "/status=ok\n/version=1a2b3c4d5e6f\n",
            "HEADWAY_CONSECUTIVE": "1",
        }
        self.assert_told(self.verify(env=env), 0, """\
            http://127.0.0.1:<app>/health: healthy once (<duration>)
            """, """\
            headway: health: healthy: 200, /status is ok, /version is 1a2b3c4d5e6f
            """)

    def test_no_url(self) -> None:
        self.assert_told(self.verify("--url", "example.com/health"), 2, "", """\
            headway: error: --url: "example.com/health" is not a web URL
              because: it has to begin with https:// or http://
            """)

    def test_json(self) -> None:
        result = self.verify("--url", self.app.url, "--output", "json", "--consecutive", "1")
        report = result.json()
        self.assertEqual((result.code, report["exit_code"], report["error"]), (0, 0, None))
        entry = report["environments"][0]
        self.assertEqual(entry["environment"], self.app.url)
        self.assertEqual(
            entry["verify"]["words"], "healthy once, its version was not checked")


if __name__ == "__main__":
    unittest.main()
