"""Servers that send too much, too slowly, or nonsense: every answer is bounded in memory and in
time, and what is wrong with it is named."""

from __future__ import annotations

import unittest
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from e2e.verify_support import UrlTest, Verdict, verdict_of
from host import hostile
from host.http_server import HttpServer, Reply
from host.saboteur import Reset, Saboteur, Send, Step
from host.usage import is_sanitized, k_mebibyte, measure

k_most_memory = 32 * k_mebibyte
"""What a run may hold at most. Idle it holds 4 MB, and the longest body that it keeps is 1 MiB."""
k_most_seconds = 10.0
"""What a run may take at most whose deadline is a second, on a machine with much else to do."""
k_version = ("--expect", "/version=1.0")
k_gzip = ("--header", "Accept-Encoding: gzip")


class HostileTest(UrlTest):
    """Each server is asked until the deadline of a second, or once where one request decides."""

    def attack(
        self,
        script: Sequence[Step],
        *arguments: str | Path,
        interval: str = "100ms",
        **options: Any,
    ) -> Verdict:
        """What headway makes of that server; within its bounds."""
        with Saboteur([script]) as server:
            words = self.arguments(server.url("/health"), *arguments, deadline="1s",
                                   interval=interval, **options)  # fmt: skip
            measured = measure(self.headway, words)
            self.origin = f"127.0.0.1:{server.port}"
            self.connections = server.connections
        found = verdict_of(measured.result)
        if not is_sanitized():
            self.assertLess(measured.memory, k_most_memory, found)
        self.assertLess(measured.result.duration, k_most_seconds, found)
        self.assertLess(len(found.result.stdout) + len(found.result.stderr), 64 << 10)
        return found

    def assert_unhealthy(self, script: Sequence[Step], words: str, *arguments: str) -> Verdict:
        found = self.attack(script, *arguments, interval="1h")
        self.assert_verdict(found, "unhealthy", words)
        self.assertEqual(self.connections, 1)
        return found


class TooMuch(HostileTest):
    def test_endless_bodies_where_a_body_is_expected(self) -> None:
        too_many = "200, but its body has more than 1048576 bytes, too many for JSON"
        for name, script in {
            "endless": hostile.endless_body(),
            "chunked": hostile.endless_chunks(),
            "gigabytes": hostile.gigabytes(),
        }.items():
            with self.subTest(name):
                found = self.assert_unhealthy(script, too_many, *k_version)
                # Of what came only the beginning is shown.
                self.assertLessEqual(len(found.origins[0]["body"]), 2000)

    def test_endless_bodies_where_only_the_status_counts(self) -> None:
        for name, script in {
            "endless": hostile.endless_body(),
            "chunked": hostile.endless_chunks(),
            "gigabytes": hostile.gigabytes(),
        }.items():
            with self.subTest(name):
                found = self.attack(script, consecutive=3)
                self.assert_verdict(found, "converged", "healthy 3 times in a row")

    def test_what_stands_in_the_beginning_of_an_endless_body(self) -> None:
        start = [*hostile.answers(b"ready, and more:", "X-Version: 1.0")[:1],
                 Send(hostile.head("X-Version: 1.0") + b"ready, and more:"),
                 *hostile.endless_body()[2:]]  # fmt: skip
        found = self.attack(start, "--contains", "ready", "--expect-header", "X-Version=1.0")
        self.assert_verdict(found, "converged")
        self.assert_unhealthy(
            start,
            "200, but the beginning of the body (1048576 bytes) does not contain 'the end'",
            "--contains", "the end",
        )  # fmt: skip

    def test_endless_bodies_again_and_again(self) -> None:
        found = self.attack(hostile.endless_body(), *k_version, interval="10ms")
        self.assert_verdict(found, "unhealthy", "too many for JSON")
        self.assertGreater(self.connections, 3)

    def test_endless_heads(self) -> None:
        for name, script in {
            "header lines": hostile.endless_headers(),
            "one header line": hostile.endless_header(),
            "a status line": hostile.endless_status_line(),
            "interim answers": hostile.endless_interim_answers(),
            "trailers": hostile.endless_trailers(),
        }.items():
            with self.subTest(name):
                self.assert_unhealthy(script, "is too large: ")

    def test_many_header_lines(self) -> None:
        lines = [f"X-{number}: {number}" for number in range(201)]
        self.assert_unhealthy(
            hostile.answers(b"{}", *lines),
            "is too large: its headers have more than 65536 bytes or 200 lines",
        )
        self.assertEqual(self.attack(hostile.answers(b"{}", *lines[:150])).outcome, "converged")

    def test_a_gzip_bomb(self) -> None:
        self.assert_unhealthy(
            hostile.gzip_bomb(),
            "200, but its body has more than 1048576 bytes, too many for JSON",
            *k_gzip, *k_version,
        )  # fmt: skip

    def test_a_gzip_bomb_that_nobody_asked_for(self) -> None:
        self.assert_unhealthy(
            hostile.gzip_bomb(), "it is encoded as 'gzip', which was not asked for", *k_version
        )

    def test_honest_gzip(self) -> None:
        script = hostile.gzipped(b'{"version": "1.0"}')
        self.assert_verdict(self.attack(script, *k_gzip, *k_version), "converged")

    def test_gzip_that_is_none(self) -> None:
        self.assert_unhealthy(hostile.broken_gzip(), "is not valid HTTP", *k_gzip, *k_version)

    def test_the_longest_body_that_is_read(self) -> None:
        body = b'{"version": "1.0"' + b" " * (k_mebibyte - 18) + b"}"
        self.assertEqual(len(body), k_mebibyte)
        found = self.attack(hostile.answers(body), *k_version)
        self.assert_verdict(found, "converged")
        self.assert_unhealthy(hostile.answers(body + b" "), "too many for JSON", *k_version)

    def test_an_object_of_many_keys(self) -> None:
        body = hostile.many_keys(50_000)
        self.assertLess(len(body), k_mebibyte)
        found = self.attack(hostile.answers(body), *k_version, interval="1h")
        # As an old version would, that does not tell its version yet.
        self.assert_verdict(found, "still-old", "200, but there is no /version")

    def test_a_pattern_that_takes_for_ever(self) -> None:
        found = self.assert_unhealthy(
            hostile.answers(b"a" * 100_000 + b"!"),
            "the body takes too many steps to match '^(a+)+$'",
            "--matches", "^(a+)+$",
        )  # fmt: skip
        self.assertLess(found.verify["seconds"], k_most_seconds)


class TooSlow(HostileTest):
    """Cut at the deadline of a second, although a request has ten seconds of its own."""

    def assert_cut(self, script: Sequence[Step], words: str, *arguments: str) -> None:
        found = self.attack(script, *arguments)
        self.assert_verdict(found, "unreachable", " within ")
        # On a busy machine not even the beginning of the answer may have come.
        self.assertRegex(found.words, f"{words}|it did not answer within ")
        self.assertEqual(self.connections, 1, "it was not cut by the deadline")
        self.assertGreaterEqual(found.verify["seconds"], 0.9)
        self.assertLess(found.verify["seconds"], 5)
        self.assertIsNone(found.origins[0]["status"])
        self.assertIn("status: none, no answer came", found.result.stderr)

    def test_a_byte_at_a_time(self) -> None:
        for name, script in {
            "the status line": hostile.slow_status_line(),
            "the headers": hostile.slow_headers(),
            "the body": hostile.slow_body(),
        }.items():
            with self.subTest(name):
                self.assert_cut(script, "its answer did not end within ", *k_version)

    def test_silence_after_the_headers(self) -> None:
        self.assert_cut(hostile.silent_after_the_headers(), "its answer did not end within ")

    def test_silence(self) -> None:
        self.assert_cut(hostile.silent_after_accepting(), "it did not answer within ")

    def test_a_request_has_its_own_time_as_well(self) -> None:
        found = self.attack(hostile.slow_body(), "--request-timeout", "100ms", interval="10ms")
        self.assert_verdict(found, "unreachable", "its answer did not end within 0.1 s")
        self.assertGreater(self.connections, 1)

    def test_a_silent_one_does_not_hold_up_the_others(self) -> None:
        app = self.enterContext(HttpServer())
        app.behave(lambda _: Reply(200, {"status": "ok"}))
        with Saboteur([hostile.silent_after_accepting()]) as silent:
            words = self.arguments(silent.url("/health"), "--url", f"{app.origin}/health",
                                   deadline="1s", consecutive=5)  # fmt: skip
            result = self.headway.run(words)
        self.assertEqual(result.code, 8, result)
        self.assertEqual(verdict_of(result, 0).outcome, "unreachable")
        fast = verdict_of(result, 1)
        self.assertEqual((fast.outcome, fast.verify["requests"]), ("converged", 5))
        self.assertLess(fast.verify["seconds"], 0.9)


class Nonsense(HostileTest):
    def test_bodies_that_are_no_json(self) -> None:
        for name, body in hostile.k_bad_bodies.items():
            with self.subTest(name):
                found = self.assert_unhealthy(
                    hostile.answers(body), "200, but the body is ", *k_version
                )
                for text in (found.result.stdout, found.result.stderr):
                    self.assertNotRegex(text, "[\x00-\x09\x0b-\x1f\x7f]", "not printable")

    def test_a_byte_order_mark_is_no_harm(self) -> None:
        script = hostile.answers(b'\xef\xbb\xbf{"version": "1.0"}')
        self.assert_verdict(self.attack(script, *k_version), "converged")

    def test_nesting_that_is_allowed(self) -> None:
        body = b'{"version": "1.0", "deep": ' + hostile.nested(50) + b"}"
        self.assert_verdict(self.attack(hostile.answers(body), *k_version), "converged")

    def test_equal_keys(self) -> None:
        # What a parser makes of them is its own affair (RFC 8259, section 4): one of the two.
        body = b'{"version": "0.9", "version": "1.0"}'
        self.assertIn(self.attack(hostile.answers(body), *k_version).outcome,
                      ("converged", "still-old"))  # fmt: skip

    def test_values_of_other_kinds(self) -> None:
        for value in (b"1", b"null", b"true", b"[]", b"{}", b'["1.0"]', b'""', b"1e400"):
            with self.subTest(value):
                found = self.attack(hostile.answers(b'{"version": ' + value + b"}"), *k_version,
                                    interval="1h")  # fmt: skip
                self.assertIn(found.outcome, ("still-old", "unhealthy"), found)

    def test_what_is_not_http(self) -> None:
        for name, script in {
            "another protocol": hostile.not_http(),
            "HTTP/0.9": hostile.old_http(),
            "a length that is no number": hostile.bad_length(),
            "a chunk that has no size": hostile.bad_chunk(),
        }.items():
            with self.subTest(name):
                self.assert_unhealthy(script, "the answer of 127.0.0.1:", *k_version)

    def test_header_injection_in_what_is_shown(self) -> None:
        evil = "\x1b[31mred\x1b[0m\x07"
        script = hostile.answers(b"{}", f"X-Version: {evil}")
        found = self.attack(script, "--expect-header", "X-Version=1.0", interval="1h")
        self.assert_verdict(found, "still-old", "header X-Version is \\x1B[31mred\\x1B[0m\\x07")
        self.assertNotIn("\x1b", found.result.stderr)

    def test_a_body_that_pretends_to_be_a_log(self) -> None:
        # GitLab's markers of sections, workflow commands, and lines that look like headway's own.
        body = (b"\x1b[0Ksection_start:1:evil\r\x1b[0K\n::error::owned\n"
                b"headway: http://app: healthy 3 times in a row\n")  # fmt: skip
        found = self.attack(hostile.answers(body), "--contains", "ready", interval="1h")
        self.assert_verdict(found, "unhealthy", "the body does not contain 'ready'")
        lines = found.result.stderr.splitlines()
        self.assertFalse([line for line in lines if line.startswith(("::", "\x1b"))], found)
        self.assertNotIn("\nheadway: http://app: healthy", found.result.stderr)
        self.assertIn("    headway: http://app: healthy", found.result.stderr)


class BrokenOff(HostileTest):
    def test_a_reset_at_each_stage(self) -> None:
        for stage, script in hostile.resets().items():
            with self.subTest(stage):
                found = self.attack(script, *k_version, interval="1h")
                self.assert_verdict(found, "unreachable", "Connection reset by peer")

    def test_half_an_answer(self) -> None:
        for what, script in hostile.halves().items():
            with self.subTest(what):
                found = self.attack(script, *k_version, interval="1h")
                self.assert_verdict(found, "unreachable", f"no complete answer from {self.origin}")

    def test_it_is_asked_again(self) -> None:
        scripts = [[Reset()], hostile.halves()["half the body"], hostile.answers(b"not yet"),
                   hostile.answers(b'{"version": "1.0"}')]  # fmt: skip
        with Saboteur(scripts) as server:
            found = self.verify(server.url("/health"), *k_version, consecutive=3)
        self.assert_verdict(found, "converged", "healthy 3 times in a row")
        self.assertEqual((found.verify["requests"], server.connections), (6, 6))

    def test_each_interruption_breaks_the_streak(self) -> None:
        good = hostile.answers(b'{"version": "1.0"}')
        with Saboteur([good, good, [Reset()], good, good, good]) as server:
            found = self.verify(server.url("/health"), *k_version, consecutive=3)
        self.assert_verdict(found, "converged")
        self.assertEqual(server.connections, 6)

    def test_within_the_tls_handshake(self) -> None:
        with Saboteur([[Reset()]]) as server:
            found = self.verify_once(server.url("/health").replace("http:", "https:"))
        self.assert_verdict(found, "unreachable", f"{server.port}: ")


if __name__ == "__main__":
    unittest.main()
