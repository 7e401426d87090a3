"""HTTPS probes: each way in which a server cannot be trusted is named, and so is the way out."""

from __future__ import annotations

import datetime
import shutil
import tempfile
import unittest
from pathlib import Path
from typing import ClassVar

from e2e.verify_support import UrlTest, Verdict, VerifyStageTest
from host.app import App
from host.rolling import Fleet
from host.saboteur import Hang, Saboteur
from host.tls import CertificateAuthority, Identity, day

k_version = ("--expect", "/version=1.0")


class Authorities(unittest.TestCase):
    """Two authorities that are made once for all tests of a class."""

    folder: ClassVar[Path]
    authority: ClassVar[CertificateAuthority]
    stranger: ClassVar[CertificateAuthority]

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = Path(tempfile.mkdtemp(prefix="headway-tls-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.authority = CertificateAuthority(cls.folder / "ours", "Our authority")
        cls.stranger = CertificateAuthority(cls.folder / "other", "Another authority")


class TlsTest(UrlTest, Authorities):
    def serve(self, identity: Identity) -> App:
        return self.enterContext(App("1.0", identity=identity))

    def prove(self, app: App, *arguments: str | Path) -> Verdict:
        """One request, with our authority trusted."""
        return self.verify_once(app.url, *k_version, "--ca-file", self.authority.certificate,
                                *arguments)  # fmt: skip

    def assert_distrusted(self, found: Verdict, app: App, because: str) -> None:
        """No request was made, and nothing but the certificate is to blame."""
        self.assert_verdict(
            found, "unreachable", f"no secure connection to 127.0.0.1:{app.port}: {because}"
        )
        self.assertEqual(app.requests, [])


class Servers(TlsTest):
    def test_trusted(self) -> None:
        app = self.serve(self.authority.issue("good"))
        self.assert_verdict(self.prove(app), "converged")

    def test_expired(self) -> None:
        app = self.serve(self.authority.issue("old", validity=day(2020)))
        self.assert_distrusted(
            self.prove(app), app, "its certificate expired at 2020-01-02 00:00:00 UTC"
        )

    def test_the_error_says_what_to_do(self) -> None:
        found = self.prove(self.serve(self.stranger.issue("hinted")))
        self.assertIn("  try: headway --ca-file FILE …, with the authority's certificate in PEM form\n",
                      found.result.stderr)  # fmt: skip
        self.assertNotIn("give it more time", found.result.stderr)

    def test_not_yet_valid(self) -> None:
        app = self.serve(self.authority.issue("young", validity=day(2090)))
        self.assert_distrusted(
            self.prove(app), app, "its certificate is not valid before 2090-01-01 00:00:00 UTC"
        )

    def test_of_another_host(self) -> None:
        app = self.serve(self.authority.issue("elsewhere", ("www.example.com", "example.com")))
        self.assert_distrusted(
            self.prove(app), app,
            "its certificate is for www.example.com, example.com, not for 127.0.0.1",
        )  # fmt: skip

    def test_of_an_unknown_authority(self) -> None:
        app = self.serve(self.stranger.issue("strange"))
        self.assert_distrusted(
            self.prove(app), app, "its certificate was issued by 'CN = Another authority', which "
            "is not among the trusted authorities",
        )  # fmt: skip

    def test_self_signed(self) -> None:
        app = self.serve(self.authority.self_signed("alone"))
        self.assert_distrusted(
            self.prove(app), app,
            "its certificate is self-signed and not among the trusted ones",
        )  # fmt: skip

    def test_no_tls_on_that_port(self) -> None:
        fleet = self.enterContext(Fleet("1.0", ["127.0.0.2"]))
        found = self.verify_once(fleet.url.replace("http:", "https:"), *fleet.resolve(),
                                 "--ca-file", self.authority.certificate)  # fmt: skip
        self.assert_verdict(found, "unreachable", "the server does not speak TLS on this port")

    def test_tls_where_http_was_meant(self) -> None:
        app = self.serve(self.authority.issue("good"))
        found = self.verify_once(app.url.replace("https:", "http:"))
        self.assertIn(found.outcome, ("unreachable", "unhealthy"), found)

    def test_a_handshake_that_hangs(self) -> None:
        with Saboteur([[Hang()]]) as server:
            url = server.url("/health").replace("http:", "https:")
            found = self.verify_once(url, "--ca-file", self.authority.certificate,
                                     "--request-timeout", "200ms")  # fmt: skip
        self.assert_verdict(found, "unreachable", "the TLS handshake did not end within 0.2 s")

    def test_one_address_of_two_has_the_old_certificate(self) -> None:
        names = ("app.test",)
        good = self.authority.issue("new", names)
        expired = self.authority.issue("forgotten", names, validity=day(2020))
        first = self.enterContext(App("1.0", address="127.0.0.2", identity=good))
        self.enterContext(App("1.0", address="127.0.0.3", port=first.port, identity=expired))
        found = self.verify_once(
            f"https://app.test:{first.port}/health", *k_version,
            "--resolve", "127.0.0.2", "--resolve", "127.0.0.3",
            "--ca-file", self.authority.certificate,
        )  # fmt: skip
        self.assert_verdict(found, "unreachable", "its certificate expired at 2020-01-02")
        self.assertEqual(found.outcomes, {"127.0.0.2": "converged", "127.0.0.3": "unreachable"})

    def test_a_server_that_gets_a_new_certificate(self) -> None:
        # Each request has a handshake of its own, so the renewal is seen.
        identity = self.authority.issue("renewed", validity=day(2020))
        with App("1.0", identity=identity) as app:
            port = app.port
            words = self.arguments(app.url, *k_version, "--ca-file", self.authority.certificate)
            run = self.enterContext(self.headway.start(words))
            run.await_output("its certificate expired")
        self.enterContext(App("1.0", port=port, identity=self.authority.issue("renewed")))
        self.assertEqual(run.wait().code, 0)

    def test_how_long_the_certificate_is_valid(self) -> None:
        app = self.serve(self.authority.issue("good"))
        found = self.prove(app)
        expires = datetime.datetime.fromisoformat(found.origins[0]["certificate_expires"])
        left = expires - datetime.datetime.now(datetime.UTC)
        self.assertIn(left.days, (29, 30))
        app.version = "0.9"
        found = self.prove(app)
        self.assert_verdict(found, "still-old")
        self.assertRegex(found.result.stderr, r"  certificate: expires \d{4}-\S+Z \(in \d\d days\)")
        timings = found.origins[0]["timings_ms"]
        self.assertGreaterEqual(timings["first_byte"], timings["secured"])
        self.assertGreaterEqual(timings["secured"], timings["connected"])


class Clients(TlsTest):
    """A server that asks for a certificate of the client."""

    def setUp(self) -> None:
        super().setUp()
        self.app = self.serve(self.authority.issue("server").asking(self.authority))
        self.client = self.authority.issue("client", ("headway.example.com",))

    def test_shown(self) -> None:
        found = self.prove(self.app, "--client-cert", self.client.certificate,
                           "--client-key", self.client.key)  # fmt: skip
        self.assert_verdict(found, "converged")

    def test_key_and_certificate_in_one_file(self) -> None:
        both = self.headway.work / "both.pem"
        both.write_text(self.client.certificate.read_text() + self.client.key.read_text())
        self.assert_verdict(self.prove(self.app, "--client-cert", both), "converged")

    def test_none_is_shown(self) -> None:
        found = self.prove(self.app)
        self.assert_distrusted(found, self.app, "the server asks for a client certificate")

    def test_of_an_unknown_authority(self) -> None:
        strange = self.stranger.issue("client", ("headway.example.com",))
        found = self.prove(self.app, "--client-cert", strange.certificate,
                           "--client-key", strange.key)  # fmt: skip
        self.assert_distrusted(
            found, self.app, "the server does not accept the client certificate (")

    def test_expired(self) -> None:
        old = self.authority.issue("old client", ("headway.example.com",), validity=day(2020))
        found = self.prove(self.app, "--client-cert", old.certificate, "--client-key", old.key)
        self.assert_distrusted(
            found, self.app, "the server does not accept the client certificate (")

    def assert_refused(self, *arguments: str | Path) -> str:
        """Nothing is asked with a certificate that is none; what is said of it."""
        words = self.arguments(self.app.url, "--ca-file", self.authority.certificate, *arguments)
        result = self.headway.run(words)
        self.assertEqual(result.code, 2, result)
        self.assertEqual(self.app.connections, 0)
        self.assertIn("  try: ", result.stderr)
        secret = self.client.key.read_text().splitlines()[1]
        self.assertNotIn(secret, result.stdout + result.stderr)
        return result.stderr

    def test_a_key_of_another_certificate(self) -> None:
        other = self.authority.issue("other")
        said = self.assert_refused("--client-cert", self.client.certificate,
                                   "--client-key", other.key)  # fmt: skip
        self.assertIn(str(other.key), said)

    def test_files_that_are_missing(self) -> None:
        said = self.assert_refused("--client-cert", "/nonexistent.pem", "--client-key",
                                   self.client.key)  # fmt: skip
        self.assertIn("/nonexistent.pem", said)
        said = self.assert_refused("--client-cert", self.client.certificate,
                                   "--client-key", "/nonexistent.key")  # fmt: skip
        self.assertIn("/nonexistent.key", said)

    def test_a_file_that_is_no_certificate(self) -> None:
        self.assert_refused("--client-cert", self.authority.certificate.parent / "openssl.cnf")

    def test_a_certificate_without_its_key(self) -> None:
        self.assert_refused("--client-cert", self.client.certificate)

    def test_a_key_alone(self) -> None:
        self.assert_refused("--client-key", self.client.key)


class OfOneProbe(VerifyStageTest, Authorities):
    """Two services of one environment, each with an authority of its own."""

    def setUp(self) -> None:
        self.open()
        self.ours = self.enterContext(App(identity=self.authority.issue("good")))
        asking = self.stranger.issue("other").asking(self.stranger)
        self.other = self.enterContext(App(identity=asking))
        self.client = self.stranger.issue("client", ("headway.example.com",))
        for app in (self.ours, self.other):
            app.version = self.stage.commits[2]
        self.stage.promote("--no-verify")

    def configure(self, first: str, second: str) -> None:
        self.stage.configure(
            environment=f"""\
                url: {self.ours.origin}
                verify:
                  deadline: 60s
                  interval: 1h
                  consecutive: 1
                  probes:
                    - {{name: first, url: /health, json: {{/version: "${{commit}}"}}, {first}}}
                    - {{name: second, url: "{self.other.url}", status: 200, {second}}}
                """
        )

    def test_each_trusts_its_own(self) -> None:
        self.configure(
            f"ca_file: {self.authority.certificate}",
            f"ca_file: {self.stranger.certificate}, "
            f'client_certificate: "{self.client.certificate}", client_key: "{self.client.key}"',
        )
        found = self.verify()
        self.assert_verdict(found, "converged")
        self.assertEqual([len(app.requests) for app in (self.ours, self.other)], [1, 1])

    def test_and_not_the_others(self) -> None:
        self.configure(
            f"ca_file: {self.stranger.certificate}", f"ca_file: {self.authority.certificate}"
        )
        found = self.verify()
        self.assert_verdict(found, "unreachable", "which is not among the trusted authorities")
        self.assertEqual({o["outcome"] for o in found.origins}, {"unreachable"})
        self.assertEqual(self.ours.requests + self.other.requests, [])

    def test_a_path_from_a_variable_of_type_file(self) -> None:
        self.configure("ca_file: $CA", f"ca_file: {self.stranger.certificate}, "
                       "client_certificate: $CERTIFICATE, client_key: $KEY")  # fmt: skip
        found = self.verify(env={
            "CA": str(self.authority.certificate),
            "CERTIFICATE": str(self.client.certificate),
            "KEY": str(self.client.key),
        })  # fmt: skip
        self.assert_verdict(found, "converged")

    def test_a_variable_that_is_not_set(self) -> None:
        self.configure("ca_file: $CA", "max_latency: 5s")
        result = self.stage.run("verify", "staging")
        self.assertEqual(result.code, 2, result)
        self.assertIn("CA", result.stderr)
        self.assertIn("  try: ", result.stderr)
        self.assertEqual(self.ours.connections, 0)


if __name__ == "__main__":
    unittest.main()
