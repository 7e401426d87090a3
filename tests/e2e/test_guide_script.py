"""examples/guides/from-a-shell-script.md: the script that everybody has and headway, side by side.

The script runs as it is printed: for staging, while headway moves production. `sleep` takes no
time, `curl` is a few lines here, and git is told where gitlab.example.com is.
"""

from __future__ import annotations

import subprocess
import sys
import unittest
from typing import Any

from e2e.guide_support import Scene, blocks, comparable, k_token, sessions
from host import npm
from host.http_server import Reply

k_guide = npm.k_source / "examples/guides/from-a-shell-script.md"
k_staging = "_gitlab/agents/staging"
k_production = "_gitlab/agents/production"
k_curl = f"""\
#!{sys.executable}
import sys, urllib.error, urllib.request
words, data, url = sys.argv[1:], None, None
while words:
    word = words.pop(0)
    if word in ("--request", "--data"):
        data = words.pop(0).encode() if word == "--data" else words.pop(0) and data
    elif word != "--silent":
        url = word
request = urllib.request.Request(url, data, {{"Content-Type": "application/json"}})
try:
    answer = urllib.request.urlopen(request)
except urllib.error.HTTPError as error:
    answer = error  # As curl does without --fail.
sys.stdout.buffer.write(answer.read())
"""


class ScriptTest(unittest.TestCase):
    maxDiff = None

    def open(self, **options: Any) -> Scene:
        """Both branches are where the first commit is."""
        scene = self.scene = self.enterContext(Scene(**options))
        for branch in (k_staging, k_production):
            scene.repo.create_branch(branch, scene.commits[0])
        for name, text in (("sleep", "#!/bin/sh\n"), ("curl", k_curl)):
            path = scene.folder / "bin" / name
            path.write_text(text, encoding="utf-8")
            path.chmod(0o755)
        (self.script,) = [block.text for block in blocks(k_guide) if block.language == "bash"]
        return scene

    def run_script(self) -> subprocess.CompletedProcess[str]:
        """The script as it is printed, in a folder of its own."""
        scene = self.scene
        there = f"https://oauth2:{k_token}@gitlab.example.com/"
        return scene.shell(
            f"rm -rf pipeline && mkdir pipeline && cd pipeline || exit 99\n{self.script}",
            {
                "PUSH_TOKEN": k_token,
                "APP_URL": scene.apps["staging"].origin,
                "GIT_AUTHOR_DATE": "2026-01-02T00:00:00Z",
                "GIT_COMMITTER_DATE": "2026-01-02T00:00:00Z",
                "GIT_CONFIG_COUNT": "4",
                "GIT_CONFIG_KEY_3": f"url.{scene.host.origin}/.insteadOf",
                "GIT_CONFIG_VALUE_3": there,
            },
        )

    def assert_green(self) -> None:
        """The script ended as if all were well, and told so."""
        before = len(self.scene.inbox.messages)
        done = self.run_script()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(len(self.scene.inbox.messages), before + 1)


class SideBySide(ScriptTest):
    def test_the_token_stays_behind(self) -> None:
        scene = self.open()
        self.assert_green()
        config = (scene.work / "pipeline/work/.git/config").read_text(encoding="utf-8")
        self.assertIn(k_token, config)
        before = sorted(scene.work.rglob("*"))
        self.assertNotIn(k_token, scene.headway("promote", "production"))
        self.assertEqual(sorted(scene.work.rglob("*")), before)

    def test_which_commit(self) -> None:
        scene = self.open()
        tested = scene.commits[1]
        self.assert_green()
        self.assertEqual(scene.tip("staging"), scene.commits[2])
        job = {"CI": "true", "GITLAB_CI": "true", "CI_COMMIT_SHA": tested}
        done = scene.shell("headway promote production", job)
        self.assertEqual((done.returncode, scene.tip("production")), (0, tested), done.stdout)

    def test_a_commit_made_on_the_branch(self) -> None:
        scene = self.open()
        for branch in (k_staging, k_production):
            hotfix = scene.repo.commit("Hotfix, by hand", {"hotfix.txt": "now"}, branch=branch)
        self.assert_green()
        tip = scene.tip("staging") or ""
        self.assertNotIn(tip, scene.commits)
        self.assertEqual(len(scene.repo.log(tip, 1)[0].parents), 2)
        refused = scene.headway("promote", "production", code=3)
        self.assertIn(f"{hotfix[:8]} Hotfix, by hand (Ada Example)", refused)
        self.assertEqual(scene.tip("production"), hotfix)

    def test_an_old_job_that_is_run_again(self) -> None:
        scene = self.open()
        self.assert_green()
        self.assert_green()
        scene.deploy("production", *scene.commits)
        refused = scene.headway("promote", "production", "--commit", scene.commits[0], code=3)
        self.assertIn("headway rollback production --to", refused)
        self.assertEqual(scene.tip("production"), scene.commits[2])

    def test_two_at_a_time(self) -> None:
        scene = self.open()
        for branch in (k_staging, k_production):
            scene.repo.protection.race((f"refs/heads/{branch}", scene.commits[1]))
            if branch == k_staging:
                self.assertNotEqual(self.run_script().returncode, 0)
                self.assertEqual(scene.tip("staging"), scene.commits[1])
        scene.headway("promote", "production")
        self.assertEqual(scene.tip("production"), scene.commits[2])

    def test_the_old_version_is_healthy(self) -> None:
        scene = self.open(agents=False)
        for app in scene.apps.values():
            app.version = scene.commits[0]
        self.assert_green()
        unproven = scene.headway("promote", "production", "--deadline", "1s", code=4)
        self.assertIn("production still runs another version", unproven)

    def test_an_error_page(self) -> None:
        scene = self.open(agents=False)
        for app in scene.apps.values():
            app.behave(lambda _: Reply(500, "the invoice service is broken"))
        self.assert_green()
        unproven = scene.headway("promote", "production", "--deadline", "1s", code=4)
        self.assertIn("status 500, not 200", unproven)


class Migration(ScriptTest):
    def assert_sessions(self, *commands: tuple[str, str]) -> None:
        for command, shown in commands:
            done = self.scene.shell(command)
            self.assertEqual(comparable(f"$ {command}\n{done.stdout}"),
                             comparable(f"$ {command}\n{shown}"))  # fmt: skip

    def test_is_as_shown(self) -> None:
        scene = self.open(count=2)
        first, *later = sessions(k_guide)
        self.assert_sessions(first)
        self.assertEqual(scene.events("staging"), ["verified", "promoted"])
        scene.repo.commit("Hotfix, by hand", {"hotfix.txt": "now"}, branch=k_staging)
        scene.repo.commit("Pay faster", {"app.txt": "Pay faster"})
        self.assert_green()
        newest = scene.repo.commit("Pay back", {"app.txt": "Pay back"})
        self.assert_sessions(*later)
        self.assertEqual(scene.tip("staging"), newest)


if __name__ == "__main__":
    unittest.main()
