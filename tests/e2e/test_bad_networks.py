"""Connections that fail, stop in the middle, hang, or cannot be trusted: the branch and its event
have moved together or not at all, and headway says which."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from e2e.support import StageTest, k_branch
from host.git_host import Certificate
from host.headway import Result
from host.http_server import HttpServer
from host.http_wire import Head
from host.loopback import ClosedPort
from host.relay import ByteRelay, Cut, Relay, When, framed, push
from host.saboteur import Hang, ReadRequest, Saboteur, Send, advertised
from host.tls import CertificateAuthority

k_forward = "staging: 9318c89e → f7eef0d4, fast-forward\n"


def from_number(first: int) -> When:
    """Every request from the first-th on, counted from now."""
    seen = 0

    def matches(head: Head) -> bool:
        nonlocal seen
        del head
        seen += 1
        return seen >= first

    return matches


class NetworkTest(StageTest):
    """Staging is at the first of three commits, with one event; `relay` stands before the host."""

    def setUp(self) -> None:
        self.open()
        self.stage.deploy()
        self.relay = self.enterContext(Relay(self.stage.host))
        self.stage.configure(remote=self.relay.url())

    def promote(self, *arguments: str) -> Result:
        return self.stage.promote("--quiet", *arguments)

    def assert_failed(
        self, result: Result, stderr: str, known: dict[object, str] | None = None, code: int = 1
    ) -> None:
        """The promotion failed in these words, and the branch and the ledger are as before."""
        names: dict[object, str] = {self.relay.port: "<relay>"}
        self.assert_run(result, code, "", stderr, names | (known or {}))
        self.assert_untouched(self.stage.commits[0], 1)

    def assert_done(self, result: Result) -> None:
        """The promotion ended as if nothing had happened, with one event more."""
        self.assert_run(result, 0, k_forward, "")
        self.assert_moved(self.stage.commits[2], 2)


class StopsInAnAnswer(NetworkTest):
    """The connection ends within the answer to a read: tried again, then told."""

    def test_once_is_tried_again(self) -> None:
        for number, cut in enumerate((Cut.fin, Cut.rst), 1):
            self.relay.cut_answer(number, 250, cut)
        # The third request is the second repetition of the first; the next is cut, too.
        self.relay.cut_answer(4, 250, Cut.rst)
        self.assert_done(self.promote())
        self.assertEqual(len(self.relay.exchanges), 7)

    def assert_lasting(self, number: int) -> None:
        """Each way to cut this and all later answers fails, after three attempts."""
        for cut in Cut:
            for after in (0, 10, 250):
                with self.subTest(cut=cut, after=after):
                    self.relay.clear()
                    before = len(self.relay.exchanges)
                    self.relay.cut_answer(from_number(number), after, cut, times=None)
                    result = self.promote()
                    self.assertEqual(result.code, 1, result)
                    self.assertEqual(result.stdout, "")
                    self.assertRegex(
                        result.stderr,
                        r"\Aheadway: error: no complete answer from 127\.0\.0\.1:\d+\n"
                        r"  because: (the server closed the connection without an answer"
                        r"|the connection ended after \d+ bytes of the answer)( \(.+\))?\n"
                        r"  try: try again; if it happens again, look into the server's log\n\Z",
                    )
                    self.assert_untouched(self.stage.commits[0], 1)
                    # libcurl itself repeats what a kept connection did not answer at all.
                    self.assertGreaterEqual(len(self.relay.exchanges) - before, number + 2)

    def test_the_advertisement(self) -> None:
        self.assert_lasting(1)

    def test_the_list_of_refs(self) -> None:
        self.assert_lasting(2)

    def test_the_proof(self) -> None:
        self.assert_lasting(3)


class StopsInThePush(NetworkTest):
    """The connection ends while the push is under way: the refs are read again, and tell."""

    def test_after_the_server_did_it(self) -> None:
        for cut in Cut:
            for after in (0, 10, 250):
                with self.subTest(cut=cut, after=after):
                    events = len(self.stage.ledger())
                    commit = self.stage.repo.commit()
                    self.relay.cut_answer(push, after, cut)
                    result = self.promote()
                    self.assertEqual((result.code, result.stderr), (0, ""), result)
                    self.assertRegex(result.stdout, r"\Astaging: \w{8} → \w{8}, fast-forward\n\Z")
                    self.assert_moved(commit, events + 1)

    def test_before_the_server_did_it(self) -> None:
        for cut in Cut:
            for after in (0, 10, 400, 700):
                with self.subTest(cut=cut, after=after):
                    events = len(self.stage.ledger())
                    commit = self.stage.repo.commit()
                    self.relay.cut_request(push, after, cut)
                    result = self.promote()
                    self.assertEqual((result.code, result.stderr), (0, ""), result)
                    self.assert_moved(commit, events + 1)

    def test_each_time_before_the_server_did_it(self) -> None:
        self.relay.cut_request(push, 400, Cut.fin, times=None)
        result = self.promote()
        self.assert_failed(result, """\
            headway: error: the push was sent 3 times and not carried out
              because: the last time it was sent, and no report of it arrived: no complete answer from 127.0.0.1:<relay>: the server closed the connection without an answer
              try: run the same command again
            """)
        self.assertEqual(sum(push(exchange.head) for exchange in self.relay.exchanges), 3)
        self.relay.clear()
        self.assert_done(self.promote())

    def test_each_time_after_the_server_did_it(self) -> None:
        # One push is enough: the look at the refs that follows finds it done.
        self.relay.cut_answer(push, 0, Cut.rst, times=None)
        self.assert_done(self.promote())
        self.assertEqual(sum(push(exchange.head) for exchange in self.relay.exchanges), 1)

    def test_a_gateway_s_timeout_after_the_server_did_it(self) -> None:
        page = b"<html><title>504 Gateway Time-out</title></html>"
        self.relay.alter_answer(push, lambda head, _: framed(
            Head("HTTP/1.1 504 Gateway Time-out", {"content-type": "text/html"}), page))  # fmt: skip
        self.assert_done(self.promote())

    def test_the_server_is_gone_after_it_did_it(self) -> None:
        def after_the_push(head: Head) -> bool:
            return push(head) or any(push(exchange.head) for exchange in self.relay.exchanges)

        self.relay.cut_answer(after_the_push, 0, Cut.fin, times=None)
        result = self.promote()
        self.assert_run(result, 1, "", """\
            headway: error: it is not known whether the push was carried out
              because: it was sent, and no report of it arrived: no complete answer from 127.0.0.1:<relay>: the server closed the connection without an answer; and then: no complete answer from 127.0.0.1:<relay>: the server closed the connection without an answer
              try: run the same command again: it finds out and finishes the work
            """, {self.relay.port: "<relay>"})
        self.assert_moved(self.stage.commits[2], 2)
        # The advice that was given is right: the same command finds out.
        self.relay.clear()
        self.assert_run(self.promote(), 0, "staging: f7eef0d4 is there already\n", "")
        self.assert_moved(self.stage.commits[2], 2)

    def test_the_server_is_gone_before_it_did_it(self) -> None:
        def after_the_push(head: Head) -> bool:
            return push(head) or any(push(exchange.head) for exchange in self.relay.exchanges)

        self.relay.cut_request(after_the_push, 10, Cut.fin, times=None)
        self.assert_failed(self.promote(), """\
            headway: error: it is not known whether the push was carried out
              because: it was sent, and no report of it arrived: no complete answer from 127.0.0.1:<relay>: the server closed the connection without an answer; and then: no complete answer from 127.0.0.1:<relay>: the server closed the connection without an answer
              try: run the same command again: it finds out and finishes the work
            """)
        self.relay.clear()
        self.assert_done(self.promote())

    def test_the_first_promotion(self) -> None:
        # Created, and its ledger with it: an answer that is cut off does not make two events.
        self.stage.write(
            ".headway.yml",
            f"remote: {self.relay.url()}\nsource: main\nenvironments:\n"
            "  production: {branch: production, token: {env: STAGING_PUSH_TOKEN}}\n",
        )
        self.relay.cut_answer(push, 0, Cut.fin, times=None)
        result = self.stage.run("promote", "production", "--quiet")
        self.assert_run(result, 0, "production: created production at f7eef0d4\n", "")
        self.assertEqual(self.stage.repo.tip("production"), self.stage.commits[2])
        self.assertEqual(len(self.stage.repo.ledger("production")), 1)
        self.stage.repo.fsck()


class Hangs(NetworkTest):
    """A server that says nothing more: --timeout ends it."""

    def assert_timeout(self, server: Saboteur, text: str) -> None:
        self.stage.configure(remote=server.url())
        self.assert_failed(self.promote("--timeout", "1s"), text, {server.port: "<server>"})

    def test_without_an_answer(self) -> None:
        with Saboteur([[ReadRequest(), Hang()]]) as server:
            self.assert_timeout(server, """\
                headway: error: no complete answer from 127.0.0.1:<server>
                  because: it did not answer within <duration>
                  try: try again; a longer --timeout, if the server is known to be slow
                """)
            self.assertEqual(server.connections, 1)

    def test_in_the_middle_of_an_answer(self) -> None:
        with Saboteur([[ReadRequest(), Send(advertised()[:200]), Hang()]]) as server:
            self.assert_timeout(server, """\
                headway: error: no complete answer from 127.0.0.1:<server>
                  because: its answer did not end within <duration> (200 bytes came)
                  try: try again; a longer --timeout, if the server is known to be slow
                """)

    def test_in_the_tls_handshake(self) -> None:
        with Saboteur([[Hang()]]) as server:
            self.stage.configure(remote=server.url().replace("http:", "https:"))
            result = self.promote("--timeout", "1s", "--ca-file", str(self.ca_file()))
            self.assert_failed(result, """\
                headway: error: no secure connection to 127.0.0.1:<server>
                  because: the TLS handshake did not end within <duration>
                  try: check the port in the URL: the server may not speak TLS there
                """, {server.port: "<server>"})

    def ca_file(self) -> Path:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        return CertificateAuthority(folder).certificate

    def test_in_the_push_before_the_server_did_it(self) -> None:
        # Takes six seconds: three pushes whose answers are waited for, as long as the answers to
        # the other requests may take on a machine that is busy.
        self.relay.hold_request(push, times=None)
        result = self.promote("--timeout", "2s")
        self.assert_failed(result, """\
            headway: error: the push was sent 3 times and not carried out
              because: the last time it was sent, and no report of it arrived: no complete answer from 127.0.0.1:<relay>: it did not answer within <duration>
              try: run the same command again
            """)

    def test_in_the_push_after_the_server_did_it(self) -> None:
        self.relay.hold_answer(push)
        self.assert_done(self.promote("--timeout", "2s"))


class Unreachable(NetworkTest):
    """Nothing answers at the remote's address."""

    def test_a_closed_port(self) -> None:
        with ClosedPort() as closed:
            self.stage.configure(remote=f"http://127.0.0.1:{closed.port}/group/app.git")
            self.assert_failed(self.promote(), """\
                headway: error: cannot reach 127.0.0.1:<closed>
                  because: Connection refused
                  try: check the host and the port in the URL, and that the server runs
                """, {closed.port: "<closed>"})

    def test_a_host_that_has_no_address(self) -> None:
        # A name that by RFC 7686 no resolver ever asks a name server for.
        self.stage.configure(remote="https://git.onion/group/app.git")
        self.assert_failed(self.promote("--timeout", "10s"), """\
            headway: error: cannot reach git.onion:443
              because: no address was found for the name 'git.onion'
              try: check the host name in the URL
              try: check the name servers of this machine (/etc/resolv.conf)
              try: where only a proxy leads out: HTTPS_PROXY=http://PROXY:PORT
            """)

    def test_a_port_that_speaks_no_tls(self) -> None:
        self.stage.configure(remote=self.stage.host.url().replace("http:", "https:"))
        self.assert_failed(self.promote("--ca-file", str(self.stage.host.ca_file)), """\
            headway: error: no secure connection to 127.0.0.1:<port>
              because: the server does not speak TLS on this port (wrong version number)
              try: check the port in the URL; https has its own, mostly 443
            """)

    def test_a_proxy_that_is_not_there(self) -> None:
        with ClosedPort() as closed:
            env = {"http_proxy": f"http://user:secret@127.0.0.1:{closed.port}"}
            result = self.stage.promote("--quiet", env=env)
            self.assert_failed(result, """\
                headway: error: cannot reach 127.0.0.1:<relay> through the proxy
                  because: connection to the proxy: Connection refused
                  try: check the variables http_proxy and ALL_PROXY (also in capital letters)
                  try: to go around the proxy: NO_PROXY=127.0.0.1
                """, {closed.port: "<closed>"})
            # The way around it that was named works.
            result = self.stage.promote("--quiet", env=env | {"NO_PROXY": "127.0.0.1"})
            self.assert_done(result)

    def test_a_proxy_for_https_that_is_not_there(self) -> None:
        with ClosedPort() as closed:
            self.stage.configure(remote="https://git.example.com/group/app.git")
            env = {"HTTPS_PROXY": f"http://127.0.0.1:{closed.port}"}
            arguments = ("--quiet", "--ca-file", str(self.stage.host.ca_file))
            result = self.stage.promote(*arguments, env=env)
            self.assert_failed(result, """\
                headway: error: cannot reach git.example.com:443 through the proxy
                  because: connection to the proxy: Connection refused
                  try: check the variables HTTPS_PROXY and ALL_PROXY (also in small letters)
                  try: to go around the proxy: NO_PROXY=git.example.com
                """, {closed.port: "<closed>"})

    def test_a_proxy_that_answers_with_a_page(self) -> None:
        with HttpServer() as proxy:
            self.stage.configure(remote="https://git.example.com/group/app.git")
            env = {"HTTPS_PROXY": proxy.origin}
            arguments = ("--quiet", "--ca-file", str(self.stage.host.ca_file))
            result = self.stage.promote(*arguments, env=env)
            self.assert_failed(result, """\
                headway: error: cannot reach git.example.com:443 through the proxy
                  because: the proxy did not connect to git.example.com:443 (status 404)
                  try: check the variables HTTPS_PROXY and ALL_PROXY (also in small letters)
                  try: to go around the proxy: NO_PROXY=git.example.com
                """, {proxy.port: "<proxy>"})
            # It was asked for a tunnel, and never saw the token.
            self.assertEqual({request.method for request in proxy.requests}, {"CONNECT"})
            self.assertNotIn("authorization", proxy.requests[0].headers)


class Trust(StageTest):
    """Whether the server is the one that it says."""

    def promoted(self, certificate: Certificate, *arguments: str, **env: str) -> Result:
        self.open(tls=certificate)
        return self.stage.promote("--quiet", *arguments, env=env)

    def assert_distrusted(self, result: Result, text: str, **known: object) -> None:
        """Refused before a request was sent, so that no token was either."""
        names = {value: f"<{name}>" for name, value in known.items()}
        self.assert_run(result, 1, "", text, names)
        self.assert_untouched(None, 0)
        self.assertEqual(self.stage.host.requests(), [])

    def assert_trusted(self, result: Result) -> None:
        self.assert_run(result, 0, f"staging: created {k_branch} at f7eef0d4\n", "")
        self.assert_moved(self.stage.commits[2], 1)

    def other_authority(self) -> Path:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        return CertificateAuthority(folder).certificate

    def test_a_wrong_authority(self) -> None:
        other = self.other_authority()
        result = self.promoted(Certificate.valid, "--ca-file", str(other))
        self.assert_distrusted(result, """\
            headway: error: no secure connection to 127.0.0.1:<port>
              because: its certificate was issued by 'CN = headway test authority', which is not among the trusted authorities
              try: headway --ca-file FILE …, with the authority's certificate in PEM form
              try: or set SSL_CERT_FILE (instead of the system's authorities) or CI_SERVER_TLS_CA_FILE (in addition to them)
              try: if that authority is a public one: let the server send its intermediate certificates too
            """, other=other)

    def test_an_expired_certificate(self) -> None:
        self.open(tls=Certificate.expired)
        result = self.stage.promote("--quiet", "--ca-file", str(self.stage.host.ca_file))
        self.assert_distrusted(result, """\
            headway: error: no secure connection to 127.0.0.1:<port>
              because: its certificate expired at 2020-01-02 00:00:00 UTC
              try: renew the certificate on the server
              try: check this machine's clock: date -u
            """)

    def test_a_certificate_for_another_host(self) -> None:
        self.open(tls=Certificate.wrong_host)
        result = self.stage.promote("--quiet", "--ca-file", str(self.stage.host.ca_file))
        self.assert_distrusted(result, """\
            headway: error: no secure connection to 127.0.0.1:<port>
              because: its certificate is for git.example.com, not for 127.0.0.1
              try: use the name that the certificate is for in the URL
              try: or give the server a certificate for 127.0.0.1
              try: if a proxy or a load balancer answers in its place, check the port
            """)

    def test_a_ca_file_that_is_not_there(self) -> None:
        result = self.promoted(Certificate.valid, "--ca-file", "/nowhere/ca.pem")
        self.assertEqual(result.code, 2, result)
        self.assert_run(result, 2, "", """\
            headway: error: the CA file /nowhere/ca.pem cannot be used
              because: it cannot be read (named by --ca-file)
              try: name a readable file with PEM certificates, one or more '-----BEGIN CERTIFICATE-----' blocks
            """)
        self.assert_untouched(None, 0)

    def test_a_ca_file_that_holds_none(self) -> None:
        self.open(tls=Certificate.valid)
        path = self.stage.write("empty.pem", "not a certificate\n")
        result = self.stage.promote("--quiet", "--ca-file", str(path))
        self.assert_run(result, 2, "", """\
            headway: error: the CA file <work>/empty.pem cannot be used
              because: it holds no certificate (named by --ca-file)
              try: name a readable file with PEM certificates, one or more '-----BEGIN CERTIFICATE-----' blocks
            """)
        self.assert_untouched(None, 0)

    def test_the_right_authority_as_a_flag(self) -> None:
        self.open(tls=Certificate.valid)
        self.assert_trusted(
            self.stage.promote("--quiet", "--ca-file", str(self.stage.host.ca_file))
        )

    def test_the_right_authority_as_each_variable(self) -> None:
        for variable in ("HEADWAY_CA_FILE", "SSL_CERT_FILE", "CI_SERVER_TLS_CA_FILE"):
            with self.subTest(variable):
                self.open(tls=Certificate.valid)
                env = {variable: str(self.stage.host.ca_file)}
                self.assert_trusted(self.stage.promote("--quiet", env=env))

    def test_authorities_are_added_to_one_another(self) -> None:
        self.open(tls=Certificate.valid)
        arguments = ("--quiet", "--ca-file", str(self.other_authority()))
        env = {"CI_SERVER_TLS_CA_FILE": str(self.stage.host.ca_file)}
        self.assert_trusted(self.stage.promote(*arguments, env=env))

    def test_http_where_tls_is_spoken(self) -> None:
        self.open(tls=Certificate.valid)
        self.stage.configure(remote=self.stage.host.url().replace("https:", "http:"))
        self.assert_run(self.stage.promote("--quiet"), 1, "", """\
            headway: error: cannot read http://127.0.0.1:<port>/group/app.git: the server answered HTTP 400
              because: the server refused the request (HTTP 400) (the server said: "400 The plain HTTP request was sent to HTTPS port")
              try: run the same command again with -vv: it shows all that the server said
            """)
        self.assert_untouched(None, 0)

    def test_tls_that_is_cut_off(self) -> None:
        self.open(tls=Certificate.valid)
        ca_file = str(self.stage.host.ca_file)
        for limit in (1, 100, 1000):
            for cut in Cut:
                with self.subTest(limit=limit, cut=cut):
                    relay = ByteRelay(self.stage.host.port, to_client=limit, cut=cut)
                    with relay:
                        remote = f"https://127.0.0.1:{relay.port}/group/app.git"
                        self.stage.configure(remote=remote)
                        result = self.stage.promote("--quiet", "--ca-file", ca_file)
                    self.assertEqual((result.code, result.stdout), (1, ""), result)
                    self.assertRegex(
                        result.stderr, r"\Aheadway: error: .+\n  because: .+\n(  try: .+\n)+\Z"
                    )
                    self.assert_untouched(None, 0)


if __name__ == "__main__":
    unittest.main()
