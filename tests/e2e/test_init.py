"""`headway init`: what it reads, what it asks, what it writes, and what it leaves alone."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import termios
import threading
import time
import unittest
from pathlib import Path
from typing import Any

from e2e.support import Stage, StageTest, k_branch, k_token
from host.headway import Headway, Result, assert_no_secret
from host.repo import Git
from host.waiting import k_patience

k_gitlab_file = ".gitlab/headway.gitlab-ci.yml"
k_secret = "glpat-9876543210fedcba"


class Init(unittest.TestCase):
    """`self.work` is where headway starts; `checkout()` makes one there."""

    maxDiff = None

    def setUp(self) -> None:
        self.headway = self.enterContext(Headway())
        self.work = self.headway.work
        self.git = Git(self.headway.home)

    def checkout(self, *branches: str, origin: str | None = None, main: str = "main") -> None:
        self.git.run("init", "-q", "-b", main, cwd=self.work)
        self.git.run("commit", "-q", "--allow-empty", "-m", "First", cwd=self.work)
        for branch in branches:
            self.git.run("update-ref", f"refs/{branch}", "HEAD", cwd=self.work)
        if origin is not None:
            self.git.run("remote", "add", "origin", origin, cwd=self.work)

    def init(self, *arguments: str, **options: Any) -> Result:
        result = self.headway.run(["init", *arguments], **options)
        assert_no_secret(result, [k_secret])
        return result

    def files(self) -> dict[str, str]:
        """All files but git's, by their paths."""
        return {
            str(path.relative_to(self.work)): path.read_text("utf-8")
            for path in sorted(self.work.rglob("*"))
            if path.is_file() and ".git" not in path.relative_to(self.work).parts
        }

    def assert_refused(self, result: Result, *lines: str) -> None:
        self.assertEqual((result.code, result.stdout), (2, ""))
        self.assertEqual(result.stderr.splitlines(), list(lines))

    def lines_of(self, text: str) -> list[str]:
        """The lines without comments."""
        bare = [re.sub(r"\s*(^|\s)#.*", "", line) for line in text.splitlines()]
        return [line for line in bare if line.strip()]


class Reading(Init):
    def test_a_checkout_of_gitlab(self) -> None:
        self.checkout(
            "heads/feature/x", "remotes/origin/_gitlab/agents/production",
            "remotes/origin/_gitlab/agents/staging", "heads/release-1.0",
            origin=f"https://oauth2:{k_secret}@gitlab.example.com/group/app.git",
        )  # fmt: skip
        result = self.init()
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.stdout.splitlines(), [
            ".headway.yml: written",
            ".gitlab/headway.gitlab-ci.yml: written",
            ".gitlab-ci.yml: written",
            "",
            "Next:",
            "  1. protect _gitlab/agents/staging, _gitlab/agents/production (Settings > Repository > "
            "Protected branches: allowed to push is nobody but the token's bot)",
            "  2. create a token for each environment (Settings > Access tokens: role Maintainer, "
            "scope write_repository)",
            "  3. keep the secrets as STAGING_PUSH_TOKEN, PRODUCTION_PUSH_TOKEN (Settings > CI/CD > "
            "Variables: protected, masked, scoped to its environment)",
            "  4. let the jobs find headway: set HEADWAY_IMAGE there, an image with the binary",
            "  5. commit these files to main",
            "  6. check it all: headway doctor",
        ])  # fmt: skip
        files = self.files()
        self.assertEqual(sorted(files), [".gitlab-ci.yml", k_gitlab_file, ".headway.yml"])
        self.assertEqual(self.lines_of(files[".headway.yml"]), [
            "remote: https://gitlab.example.com/group/app.git",
            "source: main",
            "environments:",
            "  staging:",
            "    branch: _gitlab/agents/staging",
            "    token: {env: STAGING_PUSH_TOKEN}",
            "  production:",
            "    branch: _gitlab/agents/production",
            "    token: {env: PRODUCTION_PUSH_TOKEN}",
        ])  # fmt: skip
        self.assertIn("# after: staging", files[".headway.yml"])
        self.assertEqual(files[".gitlab-ci.yml"],
                         "include:\n  - local: .gitlab/headway.gitlab-ci.yml\n")
        for text in files.values():
            assert_no_secret(text, [k_secret])

    def test_every_key_has_a_comment(self) -> None:
        self.checkout("heads/staging", "heads/production", origin="https://gitlab.com/a/b.git")
        self.init("--url", "staging=https://s.example.com", "--url",
                  "production=https://p.example.com", "--version-at", "/version",
                  "--slack-webhook-env", "SLACK")  # fmt: skip
        previous = ""
        for line in self.files()[".headway.yml"].splitlines():
            key = re.match(r" *(?:- )?([a-z_]+):(?= \S)", line)
            if key and key[1] not in ("name",):
                self.assertTrue("  # " in line or previous.lstrip().startswith("#"), line)
            previous = line

    def test_a_checkout_with_ci_already(self) -> None:
        self.checkout("heads/staging", origin="git@gitlab.example.com:group/app.git")
        (self.work / ".gitlab-ci.yml").write_text("mine: {}\n")
        result = self.init()
        self.assertEqual(result.stdout.splitlines()[:8], [
            ".headway.yml: written",
            ".gitlab/headway.gitlab-ci.yml: written",
            "",
            "Next:",
            "  1. add to .gitlab-ci.yml:",
            "       include:",
            "         - local: .gitlab/headway.gitlab-ci.yml",
            "  2. protect staging (Settings > Repository > Protected branches: allowed to push is "
            "nobody but the token's bot)",
        ])  # fmt: skip
        files = self.files()
        self.assertEqual(files[".gitlab-ci.yml"], "mine: {}\n")
        self.assertIn("\nremote: https://gitlab.example.com/group/app.git\n", files[".headway.yml"])

    def test_other_ci_systems(self) -> None:
        self.checkout("heads/staging", "heads/prod", origin="https://git.example.com/app.git")
        for present, files, added in (
            (".github/workflows", [".github/workflows/headway.yml"], ""),
            ("azure-pipelines.yml", [".azure-pipelines/headway.yml"], "azure-pipelines.yml"),
            ("bitbucket-pipelines.yml", [], "bitbucket-pipelines.yml"),
        ):
            with self.subTest(present):
                path = self.work / present
                path.mkdir(parents=True) if "/" in present else path.touch()
                report = self.init("--dry-run", "--output", "json").json()
                self.assertEqual([file["path"] for file in report["files"]],
                                 [".headway.yml", *files])
                self.assertEqual(report["next"][0].startswith(f"add to {added}:\n"), bool(added))
                path.rmdir() if path.is_dir() else path.unlink()

    def test_by_the_forge(self) -> None:
        for origin, path in (
            ("https://github.com/a/b.git", ".github/workflows/headway.yml"),
            ("git@github.com:a/b.git", ".github/workflows/headway.yml"),
            ("https://dev.azure.com/o/p/_git/r", ".azure-pipelines/headway.yml"),
            ("https://bitbucket.org/a/b.git", "bitbucket-pipelines.yml"),
            ("https://gitlab.com/a/b.git", k_gitlab_file),
            ("https://git.example.com/a/b.git", None),
        ):
            with self.subTest(origin):
                report = self.init("--dry-run", "--output", "json", "--remote",
                                   origin.replace("git@github.com:", "https://github.com/"),
                                   "--environment", "staging=s").json()  # fmt: skip
                paths = [file["path"] for file in report["files"]]
                self.assertEqual(paths[1:2], [path] if path else [])

    def test_the_default_branch(self) -> None:
        self.checkout("heads/staging", "remotes/origin/develop", main="master")
        self.git.run("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/develop",
                     cwd=self.work)  # fmt: skip
        self.assertIn("\nsource: develop\n", self.init("--dry-run").stdout)
        self.git.run("symbolic-ref", "-d", "refs/remotes/origin/HEAD", cwd=self.work)
        self.assertIn("\nsource: master\n", self.init("--dry-run").stdout)

    def test_from_below_the_top(self) -> None:
        self.checkout("heads/staging")
        below = self.work / "a" / "b"
        below.mkdir(parents=True)
        self.assertEqual(self.init("--ci", "none", cwd=below).code, 0)
        self.assertEqual(list(self.files()), [".headway.yml"])

    def test_no_remote_that_headway_can_talk_to(self) -> None:
        self.checkout("heads/staging")
        for origin in (None, "../app.git", "ext::sh -c x", f"https://h/{k_secret}/app.git"):
            with self.subTest(origin):
                if origin:
                    self.git.run("config", "remote.origin.url", origin, cwd=self.work)
                result = self.init("--dry-run")
                self.assertEqual(result.code, 0)
                self.assertIn("\n# remote: https://git.example.com/group/app.git\n", result.stdout)


class Flags(Init):
    def test_without_a_checkout(self) -> None:
        result = self.init(
            "--environment", "production=deploy/production", "--environment", "dev=d",
            "--environment", "staging=deploy/staging", "--url", "staging=https://s.example.com",
            "--remote", "https://gitlab.example.com/a/b.git", "--ci", "none", "--health", "/up",
            "--version-at", "/commit", "--slack-webhook-env", "SLACK",
        )  # fmt: skip
        self.assertEqual((result.code, result.stderr), (0, ""))
        self.assertEqual(list(self.files()), [".headway.yml"])
        self.assertEqual(self.lines_of(self.files()[".headway.yml"]), [
            "remote: https://gitlab.example.com/a/b.git",
            "environments:",
            "  dev:",
            "    branch: d",
            "    token: {env: DEV_PUSH_TOKEN}",
            "  staging:",
            "    branch: deploy/staging",
            "    token: {env: STAGING_PUSH_TOKEN}",
            "    url: https://s.example.com",
            "    verify:",
            "      deadline: 5m",
            "      consecutive: 3",
            "      probes:",
            "        - name: health",
            "          url: /up",
            "          json:",
            '            /commit: "${short_commit}"',
            "  production:",
            "    branch: deploy/production",
            "    token: {env: PRODUCTION_PUSH_TOKEN}",
            "    after: staging",
            "notify:",
            "  slack:",
            "    webhook: {env: SLACK}",
        ])  # fmt: skip

    def test_dry_run(self) -> None:
        self.checkout("heads/staging")
        (self.work / ".headway.yml").write_text("mine\n")
        result = self.init("--dry-run", "--ci", "gitlab")
        self.assertEqual(result.code, 0)
        self.assertEqual(
            result.stderr, "headway: warning: there already, and never overwritten: .headway.yml\n")
        self.assertEqual(re.findall(r"(?m)^# ==> (.*)$", result.stdout),
                         [".headway.yml", k_gitlab_file, ".gitlab-ci.yml"])
        self.assertEqual(self.files(), {".headway.yml": "mine\n"})

    def test_nothing_to_go_by(self) -> None:
        hint = ("  try: headway init --environment staging=deploy/staging --environment "
                "production=deploy/production")  # fmt: skip
        self.assert_refused(self.init(), "headway: error: no environment is named",
                            "  because: there is no checkout here that would show one", hint)
        self.checkout("heads/feature")
        self.assert_refused(
            self.init(), "headway: error: no environment is named",
            "  because: no branch of this checkout looks like one that an environment deploys from",
            hint)  # fmt: skip
        self.assertEqual(self.files(), {})

    def test_mistakes(self) -> None:
        self.checkout("heads/staging")
        for arguments, error in (
            ("--environment staging", '--environment: "staging" names no branch'),
            ("--environment a=x --environment a=y", "--environment: a is named twice"),
            ("--environment a=x --environment b=x", "--environment: two environments deploy from x"),
            ("--environment a=main", "--environment: a deploys from main, where promotions come from"),
            ("--environment a=x..y", None),
            ("--environment .=x", None),
            ("--url stagin=https://x", '--url: unknown environment "stagin"'),
            ("--url https://x", "--url names no environment"),
            ("--url staging=x", None),
            (f"--url staging=https://u:{k_secret}@x", "--url: the URL holds credentials"),
            (f"--remote https://u:{k_secret}@x/y", "--remote: the URL holds credentials"),
            ("--remote git@x:y", "--remote: headway does not speak ssh"),
            ("--ci gitlap", '--ci: unknown "gitlap"'),
            ("--health up", '--health: "up" is not a path'),
            ("--version-at version", None),
            (f"--slack-webhook-env {k_secret}", None),
            ("--source a..b", None),
        ):  # fmt: skip
            with self.subTest(arguments):
                result = self.init(*arguments.split())
                self.assertEqual((result.code, result.stdout), (2, ""), result)
                if error:
                    self.assertEqual(result.stderr.splitlines()[0], f"headway: error: {error}")
                self.assertEqual(self.files(), {})

    def test_hints(self) -> None:
        self.checkout("heads/staging")
        for arguments, hint in (
            ("--environment staging", "NAME=BRANCH, as staging=deploy/staging"),
            ("--environment a=main", "a=deploy/a"),
            ("--url stagin=https://x", 'did you mean "staging"?'),
            ("--url https://x", "--url NAME=URL, as staging=https://staging.example.com"),
            ("--remote git@x.example.com:y", "https://x.example.com/y"),
            ("--ci gitlap", "--ci gitlab"),
            ("--health up", "a path, as /health"),
        ):
            with self.subTest(arguments):
                self.assertIn(f"  try: {hint}\n", self.init(*arguments.split()).stderr)


class Writing(Init):
    def setUp(self) -> None:
        super().setUp()
        self.checkout("heads/staging", origin="https://gitlab.example.com/a/b.git")

    def test_a_second_time(self) -> None:
        self.assertEqual(self.init().code, 0)
        before = self.files()
        self.assert_refused(
            self.init("--environment", "other=o"),
            "headway: error: .headway.yml is there already",
            "  because: init creates files and never overwrites one; nothing was written",
            "  try: see what would be written: headway init --dry-run",
            "  try: change it by hand, or move it away: mv .headway.yml .headway.yml.old",
        )
        self.assertEqual(self.files(), before)

    def test_a_ci_file_that_is_there(self) -> None:
        (self.work / ".gitlab").mkdir()
        (self.work / k_gitlab_file).write_text("mine\n")
        self.assert_refused(
            self.init(),
            "headway: error: .gitlab/headway.gitlab-ci.yml is there already",
            "  because: init creates files and never overwrites one; nothing was written",
            "  try: see what would be written: headway init --dry-run",
            "  try: write the configuration alone: headway init --ci none",
        )
        self.assertEqual(self.files(), {k_gitlab_file: "mine\n"})
        report = self.init("--output", "json").json()
        self.assertEqual((report["exit_code"], report["written"]), (2, False))
        self.assertEqual(self.init("--ci", "none").code, 0)

    def test_a_dangling_link_is_there_too(self) -> None:
        (self.work / ".headway.yml").symlink_to(self.headway.home / "elsewhere")
        self.assertEqual(self.init().code, 2)
        self.assertFalse((self.headway.home / "elsewhere").exists())

    def test_all_or_none(self) -> None:
        """The folder of the second file cannot be made: the first is taken away again."""
        (self.work / ".gitlab").write_text("a file\n")
        result = self.init()
        self.assertEqual((result.code, result.stdout), (1, ""))
        self.assertEqual(result.stderr.splitlines(), [
            "headway: error: .gitlab/headway.gitlab-ci.yml cannot be created",
            "  because: Not a directory",
            "  try: headway init --dry-run prints the files instead",
        ])  # fmt: skip
        self.assertEqual(self.files(), {".gitlab": "a file\n"})

    def test_nothing_is_written_through_a_link(self) -> None:
        (self.work / ".gitlab-ci.yml").symlink_to("absent.yml")
        result = self.init("--output", "json")
        self.assertEqual(result.code, 0)
        self.assertTrue(result.json()["next"][0].startswith("add to .gitlab-ci.yml:\n"))
        self.assertFalse((self.work / "absent.yml").exists())

    def test_many_at_once(self) -> None:
        """One of them writes all the files; the others write nothing."""
        results: list[Result] = []
        threads = [
            threading.Thread(
                target=lambda n=number: results.append(self.init("--environment", f"e{n}=b{n}")))
            for number in range(6)
        ]  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(result.code for result in results), [0, 2, 2, 2, 2, 2])
        files = self.files()
        winner = re.search(r"promote (e\d)", files[k_gitlab_file])
        assert winner
        self.assertIn(f"\n  {winner[1]}:\n", files[".headway.yml"])
        self.assertEqual(sorted(files), [".gitlab-ci.yml", k_gitlab_file, ".headway.yml"])


class Promoting(StageTest):
    """What init writes works: on a real git host, with the token where it says."""

    def test_the_first_promotion(self) -> None:
        stage: Stage = self.open()
        (stage.headway.work / ".headway.yml").unlink()
        result = stage.run(
            "init", "--environment", f"staging={k_branch}", "--environment",
            "production=deploy/production", "--remote", stage.host.url(stage.repo),
            "--source", "main", "--ci", "gitlab", "--url", "staging=https://staging.example.com",
            "--version-at", "/version",
        )  # fmt: skip
        self.assertEqual((result.code, result.stderr), (0, ""))
        dry = stage.promote("--dry-run", "--output", "json", env={"PRODUCTION_PUSH_TOKEN": k_token})
        self.assertEqual(dry.code, 0, dry)
        self.assertTrue(dry.json()["dry_run"])
        self.assertIsNone(stage.tip)
        self.assert_run(stage.promote("--no-verify", "--quiet"), 0, """\
            staging: created _gitlab/agents/staging at f7eef0d4
            """, "")
        self.assertEqual(stage.tip, stage.commits[2])
        production = stage.run("promote", "production", "--dry-run",
                               env={"PRODUCTION_PUSH_TOKEN": k_token})
        self.assertEqual(production.code, 3)
        self.assertIn("production waits for staging", production.stderr)


class Asking(Init):
    """On a terminal."""

    def ask(self, answers: list[str], *arguments: str) -> tuple[int, str]:
        """Runs init in a terminal; each answer is typed when a question stands there."""
        try:
            ours, theirs = pty.openpty()
        except OSError as error:
            self.skipTest(f"no pseudo-terminal: {error}")
        attributes = termios.tcgetattr(theirs)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(theirs, termios.TCSANOW, attributes)
        process = subprocess.Popen(
            [self.headway.binary, "init", *arguments], stdin=theirs, stdout=theirs, stderr=theirs,
            env=self.headway.environment(), cwd=self.work, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.addCleanup(os.close, ours)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        text, asked, end = "", 0, time.monotonic() + k_patience
        while time.monotonic() < end:
            if not select.select([ours], [], [], k_patience)[0]:
                break
            try:
                data = os.read(ours, 65536)
            except OSError:
                break
            if not data:
                break
            text += data.decode()
            if text.count("]: ") > asked and text.endswith("]: "):
                asked += 1
                os.write(ours, answers.pop(0).encode())
        self.assertEqual(answers, [], text)
        return process.wait(k_patience), text.replace("\r\n", "\n")

    def test_defaults(self) -> None:
        self.checkout("heads/staging", "heads/production", origin="https://github.com/a/b.git")
        code, text = self.ask(["\n"] * 4)
        self.assertEqual(code, 0, text)
        self.assertEqual(text.splitlines()[0],
            "Environments, and the branch that each deploys from [staging=staging "
            "production=production]: Where does staging answer? A URL, or - for none [-]: "
            "Where does production answer? A URL, or - for none [-]: "
            "Which variable holds Slack's webhook? - for none [-]: .headway.yml: written")
        self.assertEqual(sorted(self.files()), [".github/workflows/headway.yml", ".headway.yml"])

    def test_answers(self) -> None:
        self.checkout(origin="https://gitlab.com/a/b.git")
        code, text = self.ask([
            "nonsense\n", "staging=s production=p\n", "https://s.example.com\n", "-\n", "/up\n",
            "/commit\n", "SLACK\n",
        ])  # fmt: skip
        self.assertEqual(code, 0, text)
        # What is proposed where no branch shows any.
        self.assertIn("[staging=_gitlab/agents/staging production=_gitlab/agents/production]", text)
        self.assertIn('headway: error: answer: "nonsense" names no branch\n', text)
        configuration = self.files()[".headway.yml"]
        for line in ("    branch: s", "    url: https://s.example.com", "          url: /up",
                     '            /commit: "${short_commit}"', "    webhook: {env: SLACK}"):
            self.assertRegex(configuration, rf"(?m)^{re.escape(line)}(?: +#.*)?$")

    def test_what_flags_say_is_not_asked(self) -> None:
        code, text = self.ask(["\n"], "--environment", "staging=s", "--url",
                              "staging=https://s.example.com", "--health", "/up", "--version-at",
                              "/v", "--ci", "none")  # fmt: skip
        self.assertEqual(code, 0, text)
        self.assertEqual(text.count("]: "), 1)

    def test_nothing_is_asked_with_yes(self) -> None:
        self.checkout("heads/staging")
        code, text = self.ask([], "--yes", "--ci", "none")
        self.assertEqual((code, text.splitlines()[0]), (0, ".headway.yml: written"))

    def test_the_end_of_input(self) -> None:
        self.checkout("heads/staging")
        code, text = self.ask(["\n", "\x04"])
        self.assertEqual(code, 130)
        self.assertIn("headway: error: the input ended before all was answered\n"
                      "  because: nothing was written\n"
                      "  try: without questions: headway init --yes\n", text)
        self.assertEqual(self.files(), {})

    def test_interrupted(self) -> None:
        self.checkout("heads/staging")
        process = self.ask_and_signal()
        self.assertEqual(process, 130)
        self.assertEqual(self.files(), {})

    def ask_and_signal(self) -> int:
        """A SIGTERM while the first question stands there."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        process = subprocess.Popen(
            [self.headway.binary, "init"], stdin=theirs, stdout=theirs, stderr=theirs,
            env=self.headway.environment(), cwd=self.work, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.addCleanup(process.kill)
        text = b""
        while b"]: " not in text:
            self.assertTrue(select.select([ours], [], [], k_patience)[0], text)
            text += os.read(ours, 65536)
        process.terminate()
        return process.wait(k_patience)

    def test_what_is_there_is_refused_before_any_question(self) -> None:
        self.checkout("heads/staging")
        Path(self.work, ".headway.yml").touch()
        code, text = self.ask([])
        self.assertEqual(code, 2)
        self.assertNotIn("]: ", text)


if __name__ == "__main__":
    unittest.main()
