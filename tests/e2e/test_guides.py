"""examples/guides and the READMEs of examples: what they say is run, and shown as it comes."""

from __future__ import annotations

import re
import unittest
from pathlib import Path
from typing import Any

from e2e.guide_support import Block, Scene, blocks, commands, comparable, sessions
from host import npm

k_examples = npm.k_source / "examples"
k_guides = k_examples / "guides"
k_runbook = k_guides / "rollback-at-3am.md"
k_script = k_guides / "from-a-shell-script.md"
k_refused = 3


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
        # Only production is spoken of.
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
        # What says the version is no flag of that line: it is up to the health.
        done = scene.shell(command)
        self.assertEqual((done.returncode, scene.tip("production")), (0, scene.commits[1]), done.stdout)
        self.assertIn("rolled back and held", done.stdout)

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
