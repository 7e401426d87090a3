"""What a probe sends and what it expects: by the configuration and by flags, over the wire."""

from __future__ import annotations

import unittest
from pathlib import Path
from typing import Any

from e2e.verify_support import UrlTest, Verdict, VerifyStageTest
from host.app import App
from host.headway import Result, assert_no_secret
from host.http_server import Reply, Request
from host.rolling import Fleet

k_secret = "sesame-0123456789/+="


class FileTest(VerifyStageTest):
    """Staging is one App, asked once, by a probe that a test writes."""

    def setUp(self) -> None:
        self.open()
        self.app = self.enterContext(App())
        self.app.version = self.stage.commits[2]
        self.stage.promote("--no-verify")

    def configure(self, *lines: str, verify: str = "", url: str | None = "/health") -> None:
        """One probe of these keys, and what else stands below `verify:`."""
        first = () if url is None else (f"url: {url}",)
        keys = "".join(f"\n{' ' * 22}{line}" for line in (*first, *lines))
        self.stage.configure(
            environment=f"""\
                url: {self.app.origin}
                verify:
                  deadline: 60s
                  interval: 1h
                  consecutive: 1
                  {verify}
                  probes:
                    - name: health{keys}
                """
        )

    def probe(self, *lines: str, verify: str = "", env: dict[str, str] | None = None) -> Verdict:
        """What comes of it."""
        self.configure(*lines, verify=verify)
        return self.verify(env=env)

    def refused(self, *lines: str, verify: str = "") -> Result:
        """It is an error of the configuration, and nothing is asked."""
        self.configure(*lines, verify=verify)
        result = self.stage.run("verify", "staging")
        self.assertEqual((result.code, result.stdout), (2, ""), result)
        self.assertEqual(self.app.connections, 0)
        return result

    def sent(self) -> Request:
        """The one request that came."""
        self.assertEqual(len(self.app.requests), 1)
        return self.app.requests[0]

    def assert_converged(self, *lines: str, **options: Any) -> Verdict:
        found = self.probe(*lines, **options)
        self.assert_verdict(found, "converged")
        return found

    def assert_outcome(self, outcome: str, words: str, *lines: str, **options: Any) -> Verdict:
        found = self.probe(*lines, **options)
        self.assert_verdict(found, outcome, words)
        self.assertEqual(self.newest_event()[0], "unhealthy")
        return found


class Sent(FileTest):
    def test_by_default(self) -> None:
        self.assert_converged()
        request = self.sent()
        self.assertEqual((request.method, request.target, request.body), ("GET", "/health", b""))
        self.assertEqual(request.headers["cache-control"], "no-cache")
        self.assertRegex(request.headers["user-agent"], "^headway")
        self.assertNotIn("authorization", request.headers)

    def test_methods(self) -> None:
        for method in ("HEAD", "POST", "PUT", "PATCH", "DELETE", "get"):
            with self.subTest(method):
                self.assert_converged(f"method: {method}")
                self.assertEqual(self.app.requests[-1].method, method.upper())

    def test_headers(self) -> None:
        secret = self.stage.write("key", k_secret + "\n")
        found = self.assert_converged(
            'headers: {Accept: application/json, X-Commit: "${commit}", '
            f"Authorization: {{env: PROBE_TOKEN}}, X-Api-Key: {{file: {secret}}}, "
            "Cache-Control: max-age=0, X-Open: {env: OPEN, secret: false}}",
            env={"PROBE_TOKEN": f"Bearer {k_secret}", "OPEN": "everybody may see it"},
        )
        headers = self.sent().headers
        self.assertEqual(headers["accept"], "application/json")
        self.assertEqual(headers["x-commit"], self.stage.commits[2])
        self.assertEqual(headers["authorization"], f"Bearer {k_secret}")
        self.assertEqual(headers["x-api-key"], k_secret)
        self.assertEqual(headers["cache-control"], "max-age=0")
        self.assertEqual(headers["x-open"], "everybody may see it")
        assert_no_secret(found.result, [k_secret])

    def test_a_secret_that_the_server_says_back(self) -> None:
        self.app.behave(lambda r: Reply(500, f"bad token: {r.headers['authorization']}\n"))
        for arguments in ((), ("-vv",)):
            self.configure("headers: {Authorization: {env: PROBE_TOKEN}}")
            result = self.stage.run("verify", "staging", *arguments, env={"PROBE_TOKEN": k_secret})
            self.assertEqual(result.code, 4, result)
            self.assertIn("bad token: ", result.stderr)
            assert_no_secret(result, [k_secret])
        assert_no_secret(str(self.stage.ledger()[0]), [k_secret])

    def test_a_secret_over_plain_http_to_another_machine(self) -> None:
        # Refused before anything is asked, or moved: the secret could be read on the way.
        env = {"PROBE_TOKEN": k_secret}
        away = "http://app.example.com"
        tip = self.stage.tip
        newer = self.stage.repo.commits(1)[0]
        for lines, verify in (
            ((f"url: {away}/", "headers: {Authorization: {env: PROBE_TOKEN}}"), ""),
            ((f"url: {away}/", "method: POST", "body: {env: PROBE_TOKEN}"), ""),
            ((f'url: "{away}/?key=${{key}}"',), "variables: {key: {env: PROBE_TOKEN}}"),
            ((f"url: {away}/", 'headers: {X-Query: "k=${key}"}'),
             "variables: {key: {env: PROBE_TOKEN}}"),
            ((f"url: {away}/", "method: PUT", 'body: "k=${key}"'),
             "variables: {key: {env: PROBE_TOKEN}}"),
        ):  # fmt: skip
            self.configure(*lines, verify=verify, url=None)
            for command in (("verify", "staging"),
                            ("promote", "staging", "--commit", newer)):  # fmt: skip
                result = self.stage.run(*command, env=env)
                self.assertEqual((result.code, result.stdout), (2, ""), (lines, result))
                self.assertEqual(
                    result.stderr,
                    "headway: error: a secret must not be sent to app.example.com:80 over http\n"
                    "  because: plain http would show it to everybody on the way\n"
                    "  try: use https://app.example.com/… instead\n",
                )
                assert_no_secret(result, [k_secret])
            self.assertEqual(self.stage.tip, tip)

    def test_a_secret_that_is_not_there(self) -> None:
        for line, name in (
            ("headers: {Authorization: {env: PROBE_TOKEN}}", "PROBE_TOKEN"),
            ("headers: {Authorization: {file: /nonexistent}}", "/nonexistent"),
        ):
            result = self.refused(line)
            self.assertIn(name, result.stderr)
            self.assertIn("  try: ", result.stderr)

    def test_a_body(self) -> None:
        self.assert_converged("method: POST", """body: '{"ping": "${environment}"}'""",
                              "headers: {Content-Type: application/json}")  # fmt: skip
        request = self.sent()
        self.assertEqual(request.body, b'{"ping": "staging"}')
        self.assertEqual(request.headers["content-type"], "application/json")
        self.assertEqual(request.headers["content-length"], str(len(request.body)))

    def test_a_body_of_a_file(self) -> None:
        # Its "${commit}" is no template: what is in a file is sent as it is.
        path = self.stage.write("query", '{"secret": "%s", "text": "${commit}"}' % k_secret)
        found = self.assert_converged("method: POST", f"body: {{file: {path}}}")
        self.assertEqual(self.sent().body.decode().strip(), path.read_text())
        assert_no_secret(found.result, [k_secret])

    def test_templates(self) -> None:
        self.app.behave(lambda _: Reply(200, "hello"))
        self.assert_converged(
            'headers: {X-All: "${commit} ${short_commit} ${tag} ${environment} ${region}"}',
            verify="variables: {region: eu-1}", env={"CI_COMMIT_TAG": "v9", "CI_COMMIT_SHA": ""},
        )  # fmt: skip

    def test_a_template_in_the_url(self) -> None:
        self.app.behave(lambda _: Reply(200, "hello"))
        self.stage.configure(
            environment=f"""\
                url: {self.app.origin}
                verify:
                  interval: 1h
                  consecutive: 1
                  variables: {{region: {{env: REGION, secret: false}}}}
                  probes: [{{name: a, url: "/${{environment}}/${{short_commit}}?r=${{region}}"}}]
                """
        )
        found = self.verify(env={"REGION": "eu-1"})
        self.assert_verdict(found, "converged", "version f7eef0d4")
        self.assertEqual(self.sent().target, "/staging/f7eef0d4?r=eu-1")

    def test_an_unknown_template_is_a_configuration_error(self) -> None:
        for line in ('headers: {X-A: "${regoin}"}', 'contains: "${regoin}"',
                     'json: {/version: "${regoin}"}'):  # fmt: skip
            result = self.refused(line, verify="variables: {region: eu-1}")
            said = r'error: \.headway\.yml:\d+:\d+: unknown .*"\$\{regoin\}"'
            self.assertRegex(result.stderr, said)
            self.assertIn('try: did you mean "${region}"?', result.stderr)


class Expected(FileTest):
    def test_status(self) -> None:
        for text, status, good in (
            ("204", 204, True), ("[200, 204]", 204, True), ('"200-299"', 299, True),
            ("2xx", 226, True), ("4xx", 404, True), ("[2xx, 304]", 304, True),
            ("2xx", 304, False), ('"200-299"', 300, False), ("[200, 204]", 201, False),
            ("503", 200, False),
        ):  # fmt: skip
            with self.subTest(text, status=status):
                self.app.script([Reply(status)])
                found = self.probe(f"status: {text}")
                self.assert_verdict(found, "converged" if good else "unhealthy",
                                    "" if good else f"status {status}, not ")  # fmt: skip

    def test_json(self) -> None:
        body = {"status": "ok", "checks": [{"name": "db", "up": True, "ms": 12}], "a/b": {"m~n": 1},
                "none": None}  # fmt: skip
        self.app.behave(lambda _: Reply(200, body))
        self.assert_converged(
            "json:", "  /status: ok", "  /checks/0/name: db", '  /checks/0/up: "true"',
            "  /checks/0/ms: {matches: '^[0-9]{1,3}$'}", '  /a~1b/m~0n: "1"', '  /none: "null"',
        )  # fmt: skip
        for line, words in (
            ("  /status: fine", "200, but /status is ok, not fine"),
            ("  /checks/1/name: db", "200, but there is no /checks/1/name"),
            ("  /checks/0/ms: {matches: '^[0-9]$'}",
             "200, but /checks/0/ms is 12, which does not match '^[0-9]$'"),
            ("  /checks/name: db", "200, but there is no /checks/name"),
        ):  # fmt: skip
            with self.subTest(line):
                self.assert_outcome("unhealthy", words, "json:", line)

    def test_a_version_that_matches(self) -> None:
        self.app.version = "release-f7eef0d4-eu"
        self.assert_converged("json: {/version: {matches: '^release-${short_commit}-[a-z]+$'}}")
        self.assert_outcome(
            "still-old", "200, but /version is release-f7eef0d4-eu, which does not match",
            "json: {/version: {matches: '^release-${commit}'}}",
        )  # fmt: skip

    def test_a_template_in_a_pattern_is_literal(self) -> None:
        self.app.version = "1x2"
        self.assert_outcome(
            "still-old", "", "json: {/version: {matches: '^${number}$'}}",
            verify='variables: {number: "1.2"}',
        )  # fmt: skip
        self.app.version = "1.2"
        self.assert_converged("json: {/version: {matches: '^${number}$'}}",
                              verify='variables: {number: "1.2"}')  # fmt: skip

    def test_a_header_tells_the_version(self) -> None:
        self.app.behave(lambda _: Reply(200, "<html>", {"X-Version": self.stage.commits[2][:10]}))
        self.assert_converged('answer_headers: {x-version: "${commit}"}')
        self.app.behave(lambda _: Reply(200, "<html>", {"X-Version": "1234567"}))
        self.assert_outcome("still-old", "200, but header x-version is 1234567, not f7eef0d4",
                            'answer_headers: {x-version: "${short_commit}"}')  # fmt: skip
        self.app.behave(lambda _: Reply(200, "<html>"))
        self.assert_outcome("still-old", "200, but there is no header x-version",
                            'answer_headers: {x-version: "${short_commit}"}')  # fmt: skip

    def test_another_header(self) -> None:
        self.assert_converged("answer_headers: {Content-Type: {matches: ^application/json}}")
        self.assert_outcome(
            "unhealthy", "header Content-Type is application/json, which does not match 'html'",
            "answer_headers: {Content-Type: {matches: html}}",
        )  # fmt: skip

    def test_a_body_with_texts(self) -> None:
        page = f"<!doctype html>\n<title>Shop</title>\n<meta content={self.stage.commits[2]}>\n"
        self.app.behave(lambda _: Reply(200, page))
        self.assert_converged('contains: [Shop, "${commit}"]', "matches: '<title>.*</title>'")
        self.assert_outcome("unhealthy", "200, but the body does not contain 'Sale'",
                            "contains: Sale")  # fmt: skip
        self.assert_outcome("unhealthy", "200, but the body does not match '^Shop'",
                            "matches: '^Shop'")  # fmt: skip

    def test_a_body_of_the_old_version(self) -> None:
        self.app.behave(lambda _: Reply(200, f"version {self.stage.commits[0]}"))
        self.assert_outcome("still-old", "200, but the body does not contain 'f7eef0d4'",
                            'contains: "${short_commit}"')  # fmt: skip

    def test_what_is_wrong_counts_more_than_the_version(self) -> None:
        self.app.version = "0000000"
        self.app.script([Reply(200, {"status": "degraded", "version": "0000000"})])
        self.assert_outcome("unhealthy", "200, but /status is degraded, not ok",
                            'json: {/version: "${commit}", /status: ok}')  # fmt: skip

    def test_a_slow_answer(self) -> None:
        body = {"version": self.stage.commits[2]}
        self.app.script([Reply(200, body, delay=0.1)])
        found = self.assert_outcome("unhealthy", ", later than 50 ms", "max_latency: 50ms")
        self.assertGreaterEqual(found.origins[0]["timings_ms"]["total"], 100)
        self.assertGreaterEqual(found.origins[0]["timings_ms"]["first_byte"], 100)

    def test_a_tag(self) -> None:
        self.app.version = "v1.2.3"
        self.stage.configure(
            environment=f"""\
                url: {self.app.origin}
                verify:
                  interval: 1h
                  consecutive: 1
                  probes: [{{name: health, url: /health, json: {{/version: "${{tag}}"}}}}]
                """
        )
        self.assert_verdict(self.verify("--tag", "v1.2.3"), "converged")
        self.assert_verdict(
            self.verify("--tag", "v1.2.4"), "still-old", "/version is v1.2.3, not v1.2.4"
        )
        ci = {"CI_COMMIT_TAG": "v1.2.3", "CI_COMMIT_SHA": self.stage.commits[2]}
        self.assert_verdict(self.verify(env=ci), "converged")


class Ways(FileTest):
    """Where the request goes, whatever the URL says."""

    def test_a_unix_socket(self) -> None:
        fleet = self.enterContext(Fleet(self.stage.commits[2], ["127.0.0.2"]))
        path = fleet.socket("127.0.0.2")
        found = self.assert_converged('json: {/version: "${commit}"}', f"unix_socket: {path}")
        self.assertEqual(found.origins[0]["address"], f"unix:{path}")
        self.assertEqual(self.app.connections, 0)
        fleet.run("127.0.0.2", self.stage.commits[0])
        self.assert_outcome("still-old", "/version is 9318c89e", f"unix_socket: {path}",
                            'json: {/version: "${commit}"}')  # fmt: skip

    def test_a_unix_socket_that_is_not_there(self) -> None:
        found = self.assert_outcome(
            "unreachable", "cannot reach the socket /nonexistent.sock: No such file",
            "unix_socket: /nonexistent.sock",
        )  # fmt: skip
        self.assertEqual(found.origins[0]["address"], "unix:/nonexistent.sock")

    def test_addresses(self) -> None:
        second = self.enterContext(App(self.stage.commits[2], address="127.0.0.2",
                                       port=self.app.port))  # fmt: skip
        found = self.assert_converged('json: {/version: "${commit}"}',
                                      "resolve: [127.0.0.1, 127.0.0.2]")  # fmt: skip
        self.assertEqual(list(found.outcomes), ["127.0.0.1", "127.0.0.2"])
        for app in (self.app, second):
            self.assertEqual(app.requests[0].headers["host"], f"127.0.0.1:{self.app.port}")

    def test_one_address(self) -> None:
        second = self.enterContext(App(self.stage.commits[2], address="127.0.0.2",
                                       port=self.app.port))  # fmt: skip
        self.assert_converged("resolve: 127.0.0.2")
        self.assertEqual([len(self.app.requests), len(second.requests)], [0, 1])


class Flags(UrlTest):
    """The same by flags, for one probe."""

    def setUp(self) -> None:
        super().setUp()
        self.app = self.enterContext(App("1.4.2"))

    def prove(self, *arguments: str | Path, **options: Any) -> Verdict:
        return self.verify_once(self.app.url, *arguments, **options)

    def test_what_is_sent(self) -> None:
        body = self.headway.work / "body"
        body.write_text("from a file")
        found = self.prove(
            "--method", "PUT", "--header", "Accept: text/plain", "--header", "X-Empty:",
            "--header-env", "Authorization=TOKEN", "--body-file", body, env={"TOKEN": k_secret},
        )  # fmt: skip
        self.assert_verdict(found, "converged")
        request = self.app.requests[0]
        self.assertEqual((request.method, request.body), ("PUT", b"from a file"))
        self.assertEqual(request.headers["accept"], "text/plain")
        self.assertEqual(request.headers["authorization"], k_secret)
        assert_no_secret(found.result, [k_secret])

    def test_a_secret_on_the_command_line_is_refused(self) -> None:
        result = self.headway.run(
            ["verify", "--url", self.app.url, "--header", f"Authorization: Bearer {k_secret}"]
        )
        self.assertEqual(result.code, 2, result)
        self.assertIn("try: --header-env 'Authorization=NAME'", result.stderr)
        assert_no_secret(result, [k_secret])
        self.assertEqual(self.app.connections, 0)

    def test_what_is_expected(self) -> None:
        self.app.behave(lambda _: Reply(203, {"version": "1.4.2", "name": "shop"},
                                        {"X-Build": "77"}))  # fmt: skip
        good = ("--status", "200-203,304", "--expect", "/version=1.4.2", "--expect",
                "/name~^[a-z]+$", "--expect-header", "X-Build~^7", "--contains", "shop",
                "--matches", '"name": ?"sh[o]p"')  # fmt: skip
        self.assert_verdict(self.prove(*good), "converged")
        for arguments, outcome, words in (
            (("--status", "200"), "unhealthy", "status 203, not 200"),
            (("--expect", "/version=1.4.3"), "still-old", "/version is 1.4.2, not 1.4.3"),
            (("--expect", "/version~^2"), "still-old", "is 1.4.2, which does not match '^2'"),
            (("--expect", "/name=cart"), "unhealthy", "/name is shop, not cart"),
            (("--expect-header", "X-Build=78"), "still-old", "header X-Build is 77, not 78"),
            (("--contains", "cart"), "unhealthy", "the body does not contain 'cart'"),
            (("--matches", "^cart"), "unhealthy", "the body does not match '^cart'"),
        ):
            with self.subTest(arguments):
                status = () if "--status" in arguments else ("--status", "2xx")
                self.assert_verdict(self.prove(*arguments, *status), outcome, words)

    def test_a_commit_a_tag_and_variables(self) -> None:
        commit = "1a2b3c4d5e6f" + "0" * 28
        self.app.version = "1a2b3c4d5e6f"
        found = self.prove("--commit", commit, "--expect", "/version=${commit}")
        self.assert_verdict(found, "converged", "healthy once, version 1a2b3c4d")
        self.assertTrue(found.verify["version_proven"])
        self.app.version = "v1-eu"
        found = self.prove("--tag", "v1", "--var", "region=eu", "--expect",
                           "/version=${tag}-${region}")  # fmt: skip
        self.assert_verdict(found, "converged", "version v1")
        self.assertTrue(found.verify["version_proven"])

    def test_a_pattern_with_a_mistake(self) -> None:
        result = self.headway.run(["verify", "--url", self.app.url, "--matches", "(unclosed"])
        self.assertEqual(result.code, 2, result)
        self.assertIn("(unclosed", result.stderr)
        self.assertEqual(self.app.connections, 0)

    def test_times(self) -> None:
        self.app.behave(lambda _: Reply(200, "late", delay=0.1))
        self.assert_verdict(self.prove("--max-latency", "50ms"), "unhealthy", ", later than 50 ms")
        self.app.behave(lambda _: Reply(200, "late", delay=5))
        self.assert_verdict(self.prove("--request-timeout", "100ms"), "unreachable",
                            "it did not answer within 0.1 s")  # fmt: skip

    def test_flags_take_the_place_of_the_environment_s_probes(self) -> None:
        # Given in variables, one probe is enough.
        env = {"HEADWAY_URL": self.app.url, "HEADWAY_EXPECT": "/version=1.4.2",
               "HEADWAY_STATUS": "2xx", "HEADWAY_HEADER": "Accept: */*\nX-A: b"}  # fmt: skip
        result = self.headway.run(["verify", "--consecutive", "1"], env=env)
        self.assertEqual(result.code, 0, result)
        self.assertEqual(self.app.requests[0].headers["x-a"], "b")


if __name__ == "__main__":
    unittest.main()
