"""Redirects: which are followed, what goes along, and what never leaves its host."""

from __future__ import annotations

import shutil
import tempfile
import unittest
from pathlib import Path

from e2e.verify_support import UrlTest, Verdict
from host.app import App
from host.headway import assert_no_secret
from host.http_server import HttpServer, Reply, Request
from host.tls import CertificateAuthority

k_secret = "sesame-0123456789"
k_env = {"PROBE_TOKEN": k_secret}
k_token = ("--header-env", "Authorization=PROBE_TOKEN", "--header", "X-Plain: yes")
k_any = ("--redirects", "any")
k_same = ("--redirects", "same-origin")


def to(location: str, status: int = 302) -> Reply:
    return Reply(status, "moved\n", {"Location": location})


class RedirectTest(UrlTest):
    """`app` redirects as told; `other` is another host, on another address and port."""

    def setUp(self) -> None:
        super().setUp()
        self.app = self.enterContext(App("1.0"))
        self.other = self.enterContext(App("1.0", address="127.0.0.2"))

    def lead(self, ways: dict[str, str], status: int = 302) -> None:
        """From each of these paths the app redirects there."""
        self.app.behave(lambda r: to(ways[r.path], status) if r.path in ways else None)

    def prove(self, *arguments: str | Path, path: str = "/old") -> Verdict:
        return self.verify_once(self.app.origin + path, *arguments, env=k_env)

    def assert_refused(self, found: Verdict, words: str) -> None:
        self.assert_verdict(
            found, "unhealthy", f"127.0.0.1:{self.app.port} answers with a redirect (status 302) "
            f"that is not followed: {words}",
        )  # fmt: skip
        self.assertEqual(found.verify["requests"], 1)


class Followed(RedirectTest):
    def test_not_at_all_unless_told(self) -> None:
        self.lead({"/old": "/health"})
        for arguments in ((), ("--redirects", "none")):
            self.assert_verdict(self.prove(*arguments), "unhealthy", "status 302, not 200")
        self.assertEqual([r.path for r in self.app.requests], ["/old", "/old"])

    def test_a_redirect_may_be_what_is_expected(self) -> None:
        self.lead({"/old": "/login"})
        found = self.prove("--status", "302", "--expect-header", "Location=/login")
        self.assert_verdict(found, "converged", "healthy once")

    def test_within_the_origin(self) -> None:
        for location in ("/health", "health", "./a/../health", f"{self.app.origin}/health", "?",
                         "//127.0.0.1:{port}/health"):  # fmt: skip
            with self.subTest(location):
                before = len(self.app.requests)
                target = location.format(port=self.app.port)
                self.app.script([to(target)])
                path = "/health" if location == "?" else "/old"
                found = self.prove(*k_same, "--expect", "/version=1.0", path=path)
                self.assert_verdict(found, "converged")
                self.assertEqual(len(self.app.requests) - before, 2)

    def test_where_it_was_answered(self) -> None:
        self.lead({"/old": "/newer", "/newer": "/health"})
        found = self.prove(*k_same)
        self.assertEqual(found.origins[0]["answered_by"], self.app.url)
        self.assertEqual(found.origins[0]["url"], f"{self.app.origin}/old")
        self.app.status = 500
        found = self.prove(*k_same)
        self.assert_verdict(found, "unhealthy", "status 500, not 200")
        self.assertIn(f"  answered by: {self.app.url}\n", found.result.stderr)

    def test_another_host_only_if_told(self) -> None:
        self.lead({"/old": self.other.url})
        found = self.prove(*k_same)
        self.assert_refused(found, f"it leads to {self.other.url}, beyond {self.app.origin}")
        self.assertIn("  try: to follow it there, without token and body: redirects: any\n", found.result.stderr)
        self.assertEqual(self.other.connections, 0)
        found = self.prove(*k_any, "--expect", "/version=1.0")
        self.assert_verdict(found, "converged")
        self.assertEqual(found.origins[0]["answered_by"], self.other.url)

    def test_another_port_is_another_origin(self) -> None:
        near = self.enterContext(App("1.0"))
        self.lead({"/old": near.url})
        self.assert_refused(self.prove(*k_same), f"it leads to {near.url}, beyond ")
        self.assertEqual(near.connections, 0)

    def test_each_round_begins_at_the_beginning(self) -> None:
        self.lead({"/old": "/health"})
        found = self.verify(f"{self.app.origin}/old", *k_same, consecutive=3)
        self.assert_verdict(found, "converged", "healthy 3 times in a row")
        self.assertEqual([r.path for r in self.app.requests], ["/old", "/health"] * 3)

    def test_they_take_of_the_request_s_time(self) -> None:
        def slow(request: Request) -> Reply:
            return Reply(302, headers={"Location": request.target + "x"}, delay=0.1)

        self.app.behave(slow)
        found = self.prove(*k_same, "--request-timeout", "350ms")
        self.assert_verdict(
            found, "unreachable", f"no complete answer from 127.0.0.1:{self.app.port}"
        )
        self.assertLess(len(self.app.requests), 5)

    def test_max_latency_counts_all_of_it(self) -> None:
        self.app.script([Reply(302, headers={"Location": "/health"}, delay=0.1)])
        found = self.prove(*k_same, "--max-latency", "50ms")
        self.assert_verdict(found, "unhealthy", ", later than 50 ms")


class Refused(RedirectTest):
    def test_a_loop(self) -> None:
        self.lead({"/old": "/new", "/new": "/old"})
        self.assert_refused(self.prove(*k_any), "10 redirects led to no answer: a redirect loop")
        self.assertEqual(len(self.app.requests), 11)

    def test_a_loop_of_two_hosts(self) -> None:
        self.lead({"/old": self.other.url})
        self.other.behave(lambda _: to(f"{self.app.origin}/old"))
        found = self.prove(*k_any, *k_token)
        self.assert_verdict(found, "unhealthy", "10 redirects led to no answer: a redirect loop")
        self.assertEqual(len(self.app.requests) + len(self.other.requests), 11)

    def test_no_usable_target(self) -> None:
        for location in ("ftp://127.0.0.1/health", "file:///etc/passwd", "javascript:alert(1)",
                         "http://me:sesame@127.0.0.1/", "http:///", "http://[::1/"):  # fmt: skip
            with self.subTest(location):
                self.app.script([to(location)])
                found = self.prove(*k_any)
                self.assert_verdict(found, "unhealthy")
                self.assertNotIn("root:", found.result.stdout)
                self.assertNotIn("sesame", found.result.stdout + found.result.stderr)

    def test_no_target(self) -> None:
        self.app.script([Reply(302, "moved")])
        self.assert_verdict(self.prove(*k_any), "unhealthy", "status 302, not 200")

    def test_from_https_to_http(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="headway-tls-"))
        self.addCleanup(shutil.rmtree, folder)
        authority = CertificateAuthority(folder)
        safe = self.enterContext(App("1.0", identity=authority.issue("good")))
        safe.behave(lambda _: to(self.other.url))
        found = self.verify_once(safe.url, *k_any, "--ca-file", authority.certificate)
        self.assert_verdict(
            found, "unhealthy", f"it leads from https to {self.other.url}, where everybody may"
        )
        self.assertEqual(self.other.connections, 0)

    def test_a_long_target(self) -> None:
        self.app.script([to("/" + "x" * 60_000)])
        found = self.prove(*k_same)
        self.assertIn(found.outcome, ("unhealthy", "unreachable"), found)
        self.assertLess(len(found.result.stderr), 10_000)


class WhatGoesAlong(RedirectTest):
    """What the other host gets to see."""

    def seen(self, server: HttpServer) -> Request:
        return server.requests[-1]

    def test_secrets_stay_with_their_host(self) -> None:
        self.lead({"/old": self.other.url})
        for status in (301, 302, 303, 307, 308):
            with self.subTest(status):
                self.lead({"/old": self.other.url}, status)
                found = self.prove(*k_any, *k_token)
                self.assert_verdict(found, "converged")
                self.assertEqual(self.seen(self.app).headers["authorization"], k_secret)
                headers = self.seen(self.other).headers
                self.assertNotIn("authorization", headers)
                self.assertEqual(headers["x-plain"], "yes")
                assert_no_secret(found.result, [k_secret])

    def test_every_header_of_a_variable_is_a_secret(self) -> None:
        self.lead({"/old": self.other.url})
        names = ("Authorization", "X-Api-Key", "Cookie", "Private-Token")
        flags = [word for name in names for word in ("--header-env", f"{name}=PROBE_TOKEN")]
        self.assert_verdict(self.prove(*k_any, *flags), "converged")
        for name in names:
            self.assertEqual(self.seen(self.app).headers[name.lower()], k_secret)
        self.assertNotIn(k_secret, str(self.seen(self.other)))

    def test_they_go_along_within_the_origin(self) -> None:
        self.lead({"/old": "/health"})
        self.assert_verdict(self.prove(*k_any, *k_token), "converged")
        self.assertEqual([r.headers["authorization"] for r in self.app.requests], [k_secret] * 2)

    def test_they_do_not_come_back_by_a_detour(self) -> None:
        # From the app to the other host and back: what was dropped stays dropped.
        self.lead({"/old": f"{self.other.origin}/back"})
        self.other.behave(lambda _: to(self.app.url))
        self.assert_verdict(self.prove(*k_any, *k_token), "converged")
        self.assertEqual([r.path for r in self.app.requests], ["/old", "/health"])
        self.assertNotIn("authorization", self.seen(self.app).headers)

    def test_a_body_does_not_go_to_another_host(self) -> None:
        for status in (307, 308):
            self.lead({"/old": self.other.url}, status)
            found = self.prove(*k_any, "--method", "POST", "--body", "ping",
                               "--header", "Content-Type: text/x-ping")  # fmt: skip
            self.assert_verdict(found, "converged")
            request = self.seen(self.other)
            self.assertEqual((request.method, request.body), ("POST", b""))
            self.assertNotIn("content-type", request.headers)
            self.assertEqual(self.seen(self.app).body, b"ping")

    def test_a_body_stays_within_the_origin(self) -> None:
        self.lead({"/old": "/health"}, 308)
        self.assert_verdict(self.prove(*k_same, "--method", "POST", "--body", "ping"), "converged")
        self.assertEqual([(r.method, r.body) for r in self.app.requests], [("POST", b"ping")] * 2)

    def test_methods(self) -> None:
        after: dict[tuple[str, int], str] = {
            ("POST", 301): "GET", ("POST", 302): "GET", ("POST", 303): "GET",
            ("POST", 307): "POST", ("POST", 308): "POST", ("PUT", 302): "PUT",
            ("PUT", 303): "GET", ("HEAD", 302): "HEAD", ("HEAD", 303): "HEAD",
            ("GET", 307): "GET", ("DELETE", 303): "GET",
        }  # fmt: skip
        for (method, status), expected in after.items():
            with self.subTest(method=method, status=status):
                self.lead({"/old": "/health"}, status)
                self.assert_verdict(self.prove(*k_same, "--method", method), "converged")
                self.assertEqual([r.method for r in self.app.requests[-2:]], [method, expected])

    def test_a_client_certificate_stays_with_its_host(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="headway-tls-"))
        self.addCleanup(shutil.rmtree, folder)
        authority = CertificateAuthority(folder)
        client = authority.issue("client", ("headway.example.com",))
        first, second = (
            self.enterContext(App("1.0", identity=authority.issue(name).asking(authority)))
            for name in ("one", "two")
        )
        arguments = (*k_any, "--ca-file", authority.certificate,
                     "--client-cert", client.certificate, "--client-key", client.key)  # fmt: skip
        self.assert_verdict(self.verify_once(second.url, *arguments), "converged")
        first.behave(lambda _: to(second.url))
        found = self.verify_once(first.url, *arguments)
        self.assert_verdict(found, "unreachable", "the server asks for a client certificate")

    def test_addresses_that_were_named_are_of_the_first_host(self) -> None:
        # The redirect leads to a name that has an address of its own.
        third = self.enterContext(App("1.0", address="127.0.0.3"))
        third.behave(lambda _: to(self.other.url))
        found = self.verify_once(f"http://app.test:{third.port}/health", *k_any,
                                 "--resolve", "127.0.0.3", "--expect", "/version=1.0")  # fmt: skip
        self.assert_verdict(found, "converged")
        self.assertEqual([len(third.requests), len(self.other.requests)], [1, 1])
        self.assertEqual(list(found.outcomes), ["127.0.0.3"])


if __name__ == "__main__":
    unittest.main()
