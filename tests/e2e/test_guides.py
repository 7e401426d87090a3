"""examples/guides and the READMEs of examples: what they say is run, and shown as it comes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

from e2e.guide_support import Block, Scene, blocks, commands, comparable, sessions
from host import npm
from host.backend import program

k_examples = npm.k_source / "examples"
k_guides = k_examples / "guides"
k_runbook = k_guides / "rollback-at-3am.md"
k_script = k_guides / "from-a-shell-script.md"
k_protection = k_guides / "protect-the-branch.md"
k_refused = 3
k_curl = f"""\
#!{sys.executable}
import json, os, sys

def content(text):
    return open(text[1:]).read() if text[:1] in ("@", "<") else text

words, call = iter(sys.argv[1:]), {{"arguments": sys.argv[1:], "fields": {{}}}}
for word in words:
    if word == "--request":
        call["method"] = next(words)
    elif word == "--header":
        call["header"] = content(next(words)).strip()
    elif word in ("--data", "--data-urlencode", "--form"):
        name, _, value = next(words).partition("=")
        call["fields"][name] = content(value)
    elif not word.startswith("--"):
        call["url"] = word
with open(os.environ["CALLS"], "a") as file:
    file.write(json.dumps(call) + "\\n")
"""


class GuideTest(unittest.TestCase):
    maxDiff = None

    def open(self, **options: Any) -> Scene:
        self.scene = self.enterContext(Scene(**options))
        return self.scene

    def block(self, path: Path, text: str, language: str = "sh") -> str:
        """The one block with this text."""
        (found,) = [b for b in blocks(path) if b.language == language and text in b.text]
        return found.text

    def assert_block(self, path: Path, text: str, code: int = 0) -> str:
        """Runs the block as a script; what it wrote."""
        done = self.scene.shell(f"set -e\n{self.block(path, text)}")
        self.assertEqual(done.returncode, code, done.stdout)
        return done.stdout


class Commands(GuideTest):
    def test_every_command_is_one_that_headway_takes(self) -> None:
        """Exit code 2 is what a flag, a command or a setting gets that is not known."""
        scene = self.open()
        for environment in ("staging", "production"):
            scene.deploy(environment, *scene.commits[:2])
        files = [*sorted(k_guides.glob("*.md")), *sorted(k_examples.rglob("README.md"))]
        found = {command: path for path in files for command in commands(path)}
        self.assertGreater(len(found), 15)
        for command, path in found.items():
            with self.subTest(command, file=path.name):
                if command.startswith("headway doctor") and not self.knows("doctor"):
                    continue
                done = scene.shell(command.replace("SHA", '"$GOOD"'))
                self.assertNotIn(done.returncode, (1, 2, 126, 127), done.stdout)

    def knows(self, command: str) -> bool:
        return f"\n  {command} " in self.scene.shell("headway --help").stdout

    def test_what_is_no_command_is_found(self) -> None:
        scene = self.open()
        for command in ("headway promte staging", "headway promote staging --no-verfy"):
            self.assertEqual(scene.shell(command).returncode, 2)

    def test_settings_in_the_guides_are_settings(self) -> None:
        scene = self.open()
        for path in sorted(k_guides.glob("*.md")):
            for block in blocks(path):
                if block.language == "yaml":
                    self.assert_setting(scene, block)

    def assert_setting(self, scene: Scene, block: Block) -> None:
        text = scene.configuration()
        if "environments:" in block.text:
            text = f"remote: {scene.host.url(scene.repo)}\n{block.text}"
        elif block.text.startswith("token_user"):
            text = text.replace("    url:", f"    {block.text.strip()}\n    url:", 1)
        else:
            text += block.text
        (scene.work / ".headway.yml").write_text(text, encoding="utf-8")
        done = scene.shell("headway promote staging --dry-run")
        self.assertNotEqual(done.returncode, 2, f"{block.text}{done.stdout}")


class Files(GuideTest):
    def test_links_lead_somewhere(self) -> None:
        for path in sorted(k_examples.rglob("*.md")):
            for link in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
                if link.startswith("https://"):
                    continue
                file, _, heading = link.partition("#")
                target = path.parent / file if file else path
                self.assertTrue(target.exists(), f"{path}: {link}")
                if heading:
                    self.assertIn(heading, headings(target), f"{path}: {link}")

    def test_index_names_every_example(self) -> None:
        index = (k_examples / "README.md").read_text(encoding="utf-8")
        for path in sorted(k_examples.iterdir()):
            if path.name not in ("README.md", "guides"):
                self.assertIn(path.name, index)
        for path in sorted(k_guides.iterdir()):
            self.assertIn(f"](guides/{path.name})", index)

    def test_scripts_are_scripts(self) -> None:
        for path in sorted(k_examples.rglob("*.md")):
            for block in blocks(path):
                if block.language in ("sh", "bash"):
                    done = subprocess.run(["bash", "-n"], input=block.text, text=True,
                                          capture_output=True, check=False)  # fmt: skip
                    self.assertEqual((done.returncode, done.stderr), (0, ""), path)

    def test_what_stands_for_the_app_says_its_commit(self) -> None:
        """nginx takes the file that its image makes of the template, which is the same for all."""
        found = sorted(k_examples.rglob("default.conf.template"))
        (text,) = {path.read_text(encoding="utf-8") for path in found}
        self.assertEqual(len(found), 4)
        text = text.replace("${COMMIT}", "8c55ca00")
        answer = re.search(r"return 200 '(.*)';", text)
        assert answer
        self.assertEqual(json.loads(answer[1]), {"status": "ok", "version": "8c55ca00"})
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "logs").mkdir()
        (folder / "nginx.conf").write_text(
            f"pid nginx.pid; error_log error.log; events {{}} http {{ access_log off; {text} }}"
        )
        done = subprocess.run(
            [program("nginx"), "-t", "-p", f"{folder}/", "-e", "error.log", "-c", "nginx.conf"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)


def headings(path: Path) -> set[str]:
    """The anchors of a Markdown file, as forges make them."""
    found = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), flags=re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


class GitlabCalls(unittest.TestCase):
    """The calls of protect-the-branch.md, by a curl that writes down what it would send."""

    def test_calls_are_those_of_the_api_and_show_no_token(self) -> None:
        place = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name, text in (("curl", k_curl), ("jq", "#!/bin/sh\nprintf glpat-rotated\n")):
            (place / name).write_text(text, encoding="utf-8")
            (place / name).chmod(0o755)
        script = "\n".join(b.text for b in blocks(k_protection) if b.language == "bash")
        done = subprocess.run(
            ["bash", "-eu", "-c", script], capture_output=True, text=True, check=False,
            env={"PATH": f"{place}:{os.environ['PATH']}", "CALLS": str(place / "calls"),
                 "GITLAB_TOKEN": "glpat-of-a-maintainer", "PUSH_TOKEN": "glpat-of-the-bot",
                 "RUNNING": "8c55ca00", "BOT": "141", "TOKEN_ID": "42"},
        )  # fmt: skip
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        calls = [json.loads(line) for line in (place / "calls").read_text().splitlines()]
        project = "https://gitlab.example.com/api/v4/projects/group%2Fapp"
        self.assertEqual([(call["method"], call["url"].removeprefix(project)) for call in calls], [
            ("POST", "/access_tokens"),
            ("POST", "/repository/branches"),
            ("POST", "/protected_branches"),
            ("POST", "/variables"),
            ("POST", "/access_tokens/42/rotate"),
            ("PUT", "/variables/PRODUCTION_PUSH_TOKEN?filter%5Benvironment_scope%5D=production"),
        ])  # fmt: skip
        for call in calls:
            self.assertEqual(call["header"], "PRIVATE-TOKEN: glpat-of-a-maintainer")
            self.assertNotIn("glpat-", " ".join(call["arguments"]))
        token, _, branch, variable, _, rotated = (call["fields"] for call in calls)
        self.assertEqual((token["scopes[]"], token["access_level"]), ("write_repository", "40"))
        self.assertEqual(branch["allowed_to_push[][user_id]"], "141")
        self.assertEqual((variable["value"], rotated["value"]), ("glpat-of-the-bot", "glpat-rotated"))
        for name, value in (("environment_scope", "production"), ("protected", "true"),
                            ("masked_and_hidden", "true")):  # fmt: skip
            self.assertEqual(variable[name], value)


class Runbook(GuideTest):
    def deployed(self, **options: Any) -> Scene:
        """Production has been promoted to each commit, and runs the last one, which is bad."""
        scene = self.open(**options)
        scene.deploy("production", *scene.commits)
        return scene

    def assert_rolled_back(self) -> None:
        self.assertEqual(self.scene.tip("production"), self.scene.commits[1])
        self.assertEqual(self.scene.events("production")[:2], ["verified", "rolled-back"])

    def test_story_is_as_shown(self) -> None:
        scene = self.deployed()
        for command, shown in sessions(k_runbook):
            done = scene.shell(command)
            self.assertEqual(comparable(f"$ {command}\n{done.stdout}"),
                             comparable(f"$ {command}\n{shown}"))  # fmt: skip
            self.assertEqual(done.returncode, k_refused if "error: " in shown else 0)
        self.assertEqual(scene.tip("production"), scene.commits[1])
        self.assertEqual(scene.events("production")[:3], ["resumed", "verified", "rolled-back"])
        self.assertIn("Checkout works again", scene.inbox.messages[-1].text())

    def test_from_a_laptop_with_the_file_on_main(self) -> None:
        self.deployed(on_main=True)
        self.assert_block(k_runbook, '--remote "$REMOTE" --token-env')
        self.assert_rolled_back()

    def test_from_a_laptop_with_flags_alone(self) -> None:
        scene = self.deployed()
        (scene.work / ".headway.yml").unlink()
        command = self.block(k_runbook, "--branch _gitlab").strip()
        done = scene.shell(command)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(scene.tip("production"), scene.commits[1])
        self.assertIn("version 8c55ca00", done.stdout)

    def test_damaged_ledger(self) -> None:
        scene = self.deployed()
        scene.repo.update_ref("refs/headway/ledger/production", scene.commits[0])
        refused = scene.headway("rollback", "production", code=k_refused)
        self.assertIn("--to SHA", refused)
        scene.shell("git init --quiet")
        output = self.assert_block(k_runbook, "FETCH_HEAD")
        self.assertIn("Let people pay", output)
        self.assert_rolled_back()
        self.assertIn("cannot be read to its beginning", scene.headway("history", "production"))

    def test_force_push_forbidden(self) -> None:
        scene = self.deployed(force=False)
        self.assertIn("(restore)", scene.headway("rollback", "production", "--reason", "bad"))
        self.assertRegex(scene.headway("status", "production"), r"held, joined\n")
        tip = scene.tip("production")
        self.assertNotIn(tip, scene.commits)
        self.assertEqual(scene.apps["production"].version, tip)

    def test_by_plain_git(self) -> None:
        scene = self.deployed()
        scene.shell("git init --quiet")
        output = self.assert_block(k_runbook, "--force-with-lease")
        self.assertIn("Verify 8c55ca00 on production: healthy", output)
        self.assertEqual(scene.tip("production"), scene.commits[1])
        self.assertIn("drift", scene.headway("status", "production"))
        self.assert_block(k_runbook, "headway hold")
        self.assertIn("held", scene.headway("promote", "production", code=k_refused))

    def test_by_plain_git_without_force(self) -> None:
        scene = self.deployed(force=False)
        scene.shell("git init --quiet")
        refused = scene.shell(self.block(k_runbook, "--force-with-lease"))
        self.assertNotEqual(refused.returncode, 0)
        self.assertEqual(scene.tip("production"), scene.commits[2])
        self.assert_block(k_runbook, "commit-tree")
        tree = scene.repo.rev_parse(f"{scene.commits[1]}^{{tree}}")
        self.assertEqual(scene.repo.rev_parse("_gitlab/agents/production^{tree}"), tree)

    def test_fits_a_page_up_to_the_special_cases(self) -> None:
        text = k_runbook.read_text(encoding="utf-8").partition("## Without CI")[0]
        prose = re.sub(r"```console.*?```", "", text, flags=re.S)
        self.assertLess(len(prose.split()), 450)


if __name__ == "__main__":
    unittest.main()
