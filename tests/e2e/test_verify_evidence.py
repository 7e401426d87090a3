"""What a verification leaves behind: JUnit, dotenv, annotations, JSON and the log; bounded, escaped
and free of secrets, whatever a server says."""

from __future__ import annotations

import datetime
import json
import re
import stat
import unittest
import xml.etree.ElementTree as ET
from typing import Any

from e2e.support import k_variable
from e2e.verify_support import UrlTest, Verdict, VerifyStageTest, verdict_of
from host.app import App
from host.headway import assert_no_secret
from host.http_server import Reply
from host.loopback import ClosedPort
from host.rolling import Fleet, k_addresses

k_secret = 'sesame-"0123&<456>789'
k_files = {"--junit": "junit.xml", "--dotenv": "headway.env", "--annotations": "links.json"}
k_most_dotenv = 5 * 1024
k_most_variables = 20
"""GitLab's limits of a dotenv report: 5 KB, and 20 variables on the free tier."""
k_key = re.compile(r"[A-Za-z0-9_]+")


def parse_dotenv(text: str) -> dict[str, str]:
    """As GitLab reads it: KEY=VALUE a line, no comments, no empty lines, legal keys."""
    pairs = [line.partition("=") for line in text.splitlines()]
    for key, equals, value in pairs:
        if not k_key.fullmatch(key) or not equals or value != value.strip():
            raise AssertionError(f"no dotenv line: {key}{equals}{value}")
    if len({key for key, _, _ in pairs}) != len(pairs):
        raise AssertionError(f"a variable twice:\n{text}")
    return {key: value for key, _, value in pairs}


class EvidenceTest(UrlTest):
    def flags(self) -> list[str]:
        return [word for pair in k_files.items() for word in pair]

    def read(self, flag: str) -> str:
        return (self.headway.work / k_files[flag]).read_text()

    def suites(self) -> list[ET.Element]:
        """The suites of the JUnit report, whose sums have been checked."""
        root = ET.fromstring(self.read("--junit"))
        self.assertEqual((root.tag, root.get("name")), ("testsuites", "headway"))
        suites = list(root)
        for element in (root, *suites):
            self.assertEqual(element.get("tests"), str(len(list(element.iter("testcase")))))
            self.assertEqual(element.get("failures"), str(len(list(element.iter("failure")))))
            self.assertEqual(element.get("errors"), "0")
            self.assertGreaterEqual(float(element.get("time", "-1")), 0)
        return suites

    def dotenv(self) -> dict[str, str]:
        self.assertLessEqual(len(self.read("--dotenv").encode()), k_most_dotenv)
        variables = parse_dotenv(self.read("--dotenv"))
        self.assertLessEqual(len(variables), k_most_variables)
        return variables

    def links(self) -> list[dict[str, str]]:
        """What GitLab shows at the job (its schema: one key per section, lists of links)."""
        document = json.loads(self.read("--annotations"))
        self.assertEqual(list(document), ["headway"])
        for entry in document["headway"]:
            self.assertEqual(list(entry), ["external_link"])
            self.assertEqual(sorted(entry["external_link"]), ["label", "url"])
        return [entry["external_link"] for entry in document["headway"]]

    def assert_sound(self) -> None:
        """Each file is what its readers expect."""
        self.suites()
        self.dotenv()
        self.links()


class Files(EvidenceTest):
    def test_converged(self) -> None:
        fleet = self.enterContext(Fleet("1.0"))
        commit = "1a2b3c4d5e6f" + "0" * 28
        fleet.run_everywhere(commit)
        found = self.verify(fleet.url, *fleet.resolve(), *self.flags(), "--commit", commit,
                            "--expect", "/version=${commit}", consecutive=2)  # fmt: skip
        self.assert_verdict(found, "converged")
        (suite,) = self.suites()
        self.assertEqual(suite.get("name"), fleet.url)
        self.assertEqual([case.get("name") for case in suite.iter("testcase")],
                         [f"health at {address}" for address in k_addresses])  # fmt: skip
        moment = datetime.datetime.fromisoformat(suite.get("timestamp", ""))
        self.assertLess(abs((datetime.datetime.now(datetime.UTC) - moment).total_seconds()), 600)
        properties = {p.get("name"): p.get("value") for p in suite.iter("property")}
        self.assertEqual(properties, {
            "outcome": "converged", "version_proven": "true", "words": found.words,
            "commit": commit,
        })  # fmt: skip
        variables = self.dotenv()
        self.assertEqual(float(variables.pop("VERIFY_SECONDS")), round(found.verify["seconds"], 1))
        self.assertEqual(variables, {
            "VERIFY_OUTCOME": "converged",
            "VERIFY_ENVIRONMENT": fleet.url,
            "VERIFY_COMMIT": commit,
            "VERIFY_SHORT_COMMIT": "1a2b3c4d",
            "VERIFY_URL": fleet.url,
            "VERIFY_REASON": found.words,
        })  # fmt: skip
        self.assertEqual(self.links(), [
            {"label": f"{fleet.url}: converged, 1a2b3c4d", "url": fleet.url},
        ])  # fmt: skip

    def test_mixed(self) -> None:
        fleet = self.enterContext(Fleet("2.0"))
        fleet.run(k_addresses[1], "1.0")
        found = self.verify(fleet.url, *fleet.resolve(), *self.flags(),
                            "--expect", "/version=2.0", deadline="1s")  # fmt: skip
        self.assert_verdict(found, "mixed")
        (suite,) = self.suites()
        self.assertEqual(suite.get("failures"), "1")
        (failure,) = suite.iter("failure")
        self.assertEqual(failure.get("type"), "still-old")
        self.assertEqual(failure.get("message"), "200, but /version is 1.0, not 2.0")
        text = failure.text or ""
        self.assertIn("  status: 200\n", text)
        self.assertRegex(text, r"  timings: .*total \d+ ms\n")
        self.assertIn('    {"status": "ok", "version": "1.0"}\n', text)
        variables = self.dotenv()
        self.assertEqual(variables["VERIFY_OUTCOME"], "mixed")
        self.assertIn("2 of 3 addresses have converged", variables["VERIFY_REASON"])
        self.assertEqual(self.links()[1]["label"],
                         f"{fleet.url}: health at {k_addresses[1]}: 200, but /version is 1.0, "
                         "not 2.0")  # fmt: skip

    def test_unreachable(self) -> None:
        port = self.enterContext(ClosedPort()).port
        url = f"http://127.0.0.1:{port}/health"
        self.assert_verdict(self.verify_once(url, *self.flags()), "unreachable")
        (failure,) = self.suites()[0].iter("failure")
        self.assertEqual(failure.get("type"), "unreachable")
        self.assertIn("status: none, no answer came", failure.text or "")
        self.assertEqual(self.dotenv()["VERIFY_OUTCOME"], "unreachable")
        self.assertEqual([link["url"] for link in self.links()], [url, url])

    def test_several(self) -> None:
        good, bad = self.enterContext(App("1.0")), self.enterContext(App("1.0"))
        bad.status = 500
        found = self.verify_once(good.url, "--url", bad.url, *self.flags())
        self.assertEqual(found.result.code, 4, found)
        self.assertEqual([(suite.get("name"), suite.get("failures")) for suite in self.suites()],
                         [(good.url, "0"), (bad.url, "1")])  # fmt: skip
        variables = self.dotenv()
        # The plain names tell of the worst.
        self.assertEqual(variables["VERIFY_ENVIRONMENT"], bad.url)
        self.assertEqual(
            [value for name, value in variables.items() if name.startswith("VERIFY_OUTCOME_")],
            ["converged", "unhealthy"],
        )

    def test_more_than_gitlab_takes(self) -> None:
        apps = [self.enterContext(App("1.0", address=f"127.0.1.{n}")) for n in range(1, 41)]
        urls = [word for app in apps[1:] for word in ("--url", app.url)]
        found = self.verify_once(apps[0].url, *urls, *self.flags())
        self.assertEqual(found.result.code, 0, found)
        self.assertEqual(len(self.dotenv()), k_most_variables)
        warning = "headway: warning: --dotenv: GitLab takes 20 variables and .* left out: "
        self.assertRegex(found.result.stderr, warning)
        self.assertEqual(len(self.suites()), 40)
        self.assertLessEqual(len(self.links()), 50)

    def test_they_are_put_in_place_as_a_whole(self) -> None:
        app = self.enterContext(App("1.0"))
        for name in k_files.values():
            (self.headway.work / name).write_text("of an earlier job\n" * 1000)
        self.assert_verdict(self.verify_once(app.url, *self.flags()), "converged")
        self.assert_sound()
        self.assertEqual(sorted(path.name for path in self.headway.work.iterdir()),
                         sorted(k_files.values()))  # fmt: skip
        for name in k_files.values():
            mode = stat.S_IMODE((self.headway.work / name).stat().st_mode)
            self.assertEqual(mode & 0o133, 0, f"{name}: {mode:o}")

    def test_where_nothing_can_be_written(self) -> None:
        app = self.enterContext(App("1.0"))
        for flag in k_files:
            with self.subTest(flag):
                found = self.verify_once(app.url, flag, "missing/file")
                self.assertEqual((found.outcome, found.result.code), ("converged", 1), found)
                said = ("headway: error: 'missing/file' cannot be written\n"
                        "  because: there is no folder 'missing'\n"
                        "  try: mkdir -p 'missing'\n")  # fmt: skip
                self.assertIn(said, found.result.stderr)

    def test_a_verdict_is_not_hidden_by_a_file(self) -> None:
        app = self.enterContext(App("1.0"))
        app.status = 500
        found = self.verify_once(app.url, "--junit", "/dev/null/no", *self.flags()[2:])
        self.assertEqual(found.result.code, 4, found)
        self.assertEqual(self.dotenv()["VERIFY_OUTCOME"], "unhealthy")

    def test_nothing_was_verified(self) -> None:
        app = self.enterContext(App("1.0"))
        result = self.headway.run(["verify", "--url", app.url, "--expect", "/version=${commit}",
                                   *self.flags()])  # fmt: skip
        self.assertEqual(result.code, 2, result)
        self.assertEqual(app.connections, 0)

    def test_by_variables(self) -> None:
        app = self.enterContext(App("1.0"))
        env = {f"HEADWAY_{flag[2:].upper()}": name for flag, name in k_files.items()}
        self.assert_verdict(self.verify_once(app.url, env=env), "converged")
        self.assert_sound()


class Hostile(EvidenceTest):
    """Servers that would like to write the evidence themselves."""

    def evidence(self, body: Any, *arguments: str, **options: Any) -> Verdict:
        app = self.enterContext(App("1.0"))
        app.behave(lambda _: Reply(500, body))
        found = self.verify_once(app.url, *self.flags(), *arguments, **options)
        self.assertEqual(found.result.code, 4, found)
        return found

    def test_markup(self) -> None:
        body = b'</failure></testcase></testsuite> ]]> <!-- &amp; <![CDATA[ "quoted" \'too\'\n'
        found = self.evidence(body)
        (failure,) = self.suites()[0].iter("failure")
        self.assertIn(body.decode().strip(), failure.text or "")
        self.assertEqual(found.origins[0]["body"], body.decode())

    def test_bytes_that_xml_does_not_know(self) -> None:
        for body in (bytes(range(256)), b"\xef\xbf\xbe\xef\xbf\xbf", b"\xed\xa0\x80",
                     b"\x00" * 5000, "\u2028\u202e\ufeff\U0001f600".encode()):  # fmt: skip
            with self.subTest(body[:8]):
                found = self.evidence(body)
                self.assert_sound()
                self.assertNotRegex(found.result.stderr, "[\x00-\x08\x0b-\x1f\x7f]")

    def test_variables(self) -> None:
        app = self.enterContext(App("1.0\nEVIL=1"))
        found = self.verify_once(app.url, *self.flags(), "--expect", '/version=$(id) `id` "\'\\')
        self.assert_verdict(found, "still-old")
        variables = self.dotenv()
        self.assertNotIn("EVIL", variables)
        self.assertNotRegex(variables["VERIFY_REASON"], "[`$\"'\\\\]")

    def test_long_answers(self) -> None:
        found = self.evidence(b"x" * 500_000 + b"\n" * 500_000)
        for flag in k_files:
            self.assertLess(len(self.read(flag)), 32 << 10)
        self.assertLess(len(found.result.stderr), 16 << 10)
        self.assertLessEqual(len(found.origins[0]["body"]), 2000)
        self.assertIn("    …\n", found.result.stderr)

    def test_many_lines(self) -> None:
        found = self.evidence("".join(f"line {number}\n" for number in range(500)))
        shown = re.findall(r"^    line \d+$", found.result.stderr, re.MULTILINE)
        self.assertEqual(len(shown), 20)

    def test_a_long_reason(self) -> None:
        app = self.enterContext(App("v" * 3000))
        found = self.verify_once(app.url, *self.flags(), "--expect", "/version=" + "w" * 900)
        self.assert_verdict(found, "still-old")
        self.assert_sound()
        self.assertLess(len(found.words), 1000)

    def test_secrets_are_scrubbed(self) -> None:
        forms = [k_secret, k_secret.replace('"', "%22"), json.dumps(k_secret)]
        echo = "\n".join(f"you sent {form}" for form in forms)
        found = self.evidence(echo, "--header-env", "Authorization=TOKEN", "-vv",
                              env={"TOKEN": k_secret})  # fmt: skip
        assert_no_secret(found.result, [k_secret])
        self.assertIn("you sent ", found.result.stderr)
        for flag in k_files:
            assert_no_secret(self.read(flag), [k_secret])
        text = next(self.suites()[0].iter("failure")).text or ""
        self.assertIn("you sent ", text)
        assert_no_secret(text, [k_secret])

    def test_a_secret_in_a_location(self) -> None:
        app = self.enterContext(App("1.0"))
        app.script([Reply(302, headers={"Location": f"/health?token={k_secret[:6]}0123"}),
                    Reply(500, "no")])  # fmt: skip
        found = self.verify_once(app.url, *self.flags(), "--redirects", "same-origin",
                                 "--header-env", "X-Key=TOKEN",
                                 env={"TOKEN": "sesame0123"})  # fmt: skip
        assert_no_secret(found.result, ["sesame0123"])


class Log(EvidenceTest):
    """What is shown of a run that failed, and how a CI server folds it."""

    def test_details(self) -> None:
        app = self.enterContext(App("1.0"))
        app.behave(lambda _: Reply(500, "out of memory\n\tat main()\n", delay=0.05))
        result = self.verify_once(app.url).result
        lines = result.stderr.splitlines()
        start = lines.index(f"headway: health at {app.url} (127.0.0.1):")
        self.assertEqual(lines[start + 1], "  status: 500")
        self.assertRegex(
            lines[start + 2], r"^  timings: .*first byte \d+ ms, total \d+ ms$"
        )
        self.assertEqual(lines[start + 3 : start + 5], ["  body:", "    out of memory"])
        self.assertRegex(lines[start + 5], r"^    .*at main\(\)$")
        self.assertTrue(lines[start + 6].startswith("headway: error: "), result)

    def test_details_are_within_the_bounds_of_quiet(self) -> None:
        app = self.enterContext(App("1.0"))
        app.status = 500
        result = self.verify_once(app.url, "--quiet").result
        self.assertTrue(result.stderr.rstrip().splitlines()[-1].startswith("  try: "), result)
        self.assertNotIn("not healthy: status 500\n", result.stderr)

    def test_a_section_in_gitlab(self) -> None:
        app = self.enterContext(App("1.0"))
        app.script([Reply(503)])
        words = [word for word in self.arguments(app.url) if word not in ("--output", "json")]
        result = self.headway.run(words, env={"GITLAB_CI": "true"})
        self.assertEqual(result.code, 0, result)
        text = re.sub(r"(section_\w+):\d{10}:", r"\1:<time>:", result.stderr)
        self.assertRegex(
            text, r"^\x1b\[0Ksection_start:<time>:headway_verify_url\[collapsed=true\]\r"
        )
        self.assertRegex(text, r"\x1b\[0Ksection_end:<time>:headway_verify_url\r\x1b\[0K\n$")
        # One line per change of state.
        self.assertEqual(text.count("headway: health: "), 2)

    def test_the_error_stands_outside_the_section(self) -> None:
        app = self.enterContext(App("1.0"))
        app.status = 500
        words = [word for word in self.arguments(app.url, interval="1h")
                 if word not in ("--output", "json")]  # fmt: skip
        result = self.headway.run(words, env={"GITLAB_CI": "true"})
        self.assertRegex(result.stderr, r"(?s)section_end:[^\n]*\n.*\nheadway: error: ")
        self.assertRegex(result.stderr, r"(?s)section_end:[^\n]*\n.*health at .*  status: 500")

    def test_json_is_one_document(self) -> None:
        app = self.enterContext(App("1.0"))
        found = self.verify(app.url, "-vv", consecutive=3)
        self.assertEqual(sorted(found.verify), sorted([
            "verdict", "outcome", "words", "version_proven", "requests", "seconds",
            "watched_seconds", "regressed", "origins",
        ]))  # fmt: skip
        (origin,) = found.origins
        self.assertEqual(sorted(origin), sorted([
            "probe", "url", "address", "outcome", "words", "streak", "requests", "status",
            "timings_ms", "certificate_expires", "body", "answered_by",
        ]))  # fmt: skip
        self.assertEqual(sorted(origin["timings_ms"]),
                         ["connected", "first_byte", "resolved", "secured", "total"])  # fmt: skip
        self.assertEqual(
            (origin["probe"], origin["address"], origin["streak"], origin["requests"],
             origin["status"], origin["body"], origin["answered_by"]),
            ("health", "127.0.0.1", 3, 3, 200, None, None),
        )  # fmt: skip


class OfEnvironments(VerifyStageTest):
    """Evidence of `promote` and of `verify ENV`."""

    def setUp(self) -> None:
        self.open()
        self.app = self.enterContext(App())
        self.app.version = self.stage.commits[2]
        self.files = {flag: self.stage.headway.work / name for flag, name in k_files.items()}
        lines = [f"remote: {self.stage.host.url()}", "source: main", "environments:"]
        for name in ("eu-1", "us.west"):
            lines += [f"  {name}:", f"    branch: deploy/{name}",
                      f"    token: {{env: {k_variable}}}", f"    url: {self.app.origin}",
                      "    verify: {interval: 1h, consecutive: 1, probes: [{name: health, "
                      'url: /health, json: {/version: "${commit}"}}]}']  # fmt: skip
        self.stage.write(".headway.yml", "".join(f"{line}\n" for line in lines))

    def flags(self) -> list[str]:
        return [str(word) for pair in self.files.items() for word in pair]

    def read(self, flag: str) -> str:
        return self.files[flag].read_text()

    def test_promote(self) -> None:
        result = self.stage.run("promote", "eu-1", "us.west", *self.flags())
        self.assertEqual(result.code, 0, result)
        root = ET.fromstring(self.read("--junit"))
        self.assertEqual([suite.get("name") for suite in root], ["eu-1", "us.west"])
        variables = parse_dotenv(self.read("--dotenv"))
        self.assertEqual(variables["VERIFY_COMMIT"], self.stage.commits[2])
        self.assertEqual(
            (variables["VERIFY_OUTCOME_EU_1"], variables["VERIFY_OUTCOME_US_WEST"]),
            ("converged", "converged"),
        )
        labels = [entry["external_link"]["label"]
                  for entry in json.loads(self.read("--annotations"))["headway"]]  # fmt: skip
        self.assertIn("eu-1: converged, f7eef0d4", labels)

    def test_promote_that_fails(self) -> None:
        self.app.version = self.stage.commits[0]
        result = self.stage.run("promote", "eu-1", *self.flags())
        self.assertEqual(result.code, 4, result)
        self.assertEqual(parse_dotenv(self.read("--dotenv"))["VERIFY_OUTCOME"], "still-old")
        self.assertIn('type="still-old"', self.read("--junit"))

    def test_verify(self) -> None:
        self.stage.run("promote", "eu-1", "--no-verify")
        self.app.status = 500
        result = self.stage.run("verify", "eu-1", "--output", "json", *self.flags())
        self.assert_verdict(verdict_of(result), "unhealthy")
        self.assertEqual(parse_dotenv(self.read("--dotenv"))["VERIFY_ENVIRONMENT"], "eu-1")
        assert_no_secret("".join(self.read(flag) for flag in self.files),
                         [self.stage.environment()[k_variable]])  # fmt: skip


if __name__ == "__main__":
    unittest.main()
