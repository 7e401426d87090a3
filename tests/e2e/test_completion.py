"""Completion, in the shells themselves: their scripts ask the binary."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import time
import unittest
from pathlib import Path

from host.headway import Headway
from host.waiting import k_patience

k_configuration = """\
environments:
  staging: {branch: deploy/staging}
  production: {branch: deploy/production, after: staging}
  edge-1: {branch: "deploy/edge-1"}
"""


class Completing(unittest.TestCase):
    """A folder with a configuration and two files; `shell` is the one under test."""

    maxDiff = None
    shell = ""

    def setUp(self) -> None:
        path = shutil.which(self.shell) if self.shell else "/"
        if not path:
            self.skipTest(f"no {self.shell}")
        self.path = path
        self.headway = self.enterContext(Headway())
        self.work = self.headway.work
        (self.work / ".headway.yml").write_text(k_configuration, encoding="utf-8")
        (self.work / "cert one.pem").touch()
        (self.work / "cert2.pem").touch()
        (self.work / "other").mkdir()
        (self.work / "other" / "x.yml").write_text("environments: {uat: {branch: u}}\n")
        bin_folder = self.headway.home / "bin"
        bin_folder.mkdir()
        (bin_folder / "headway").symlink_to(self.headway.binary.resolve())
        self.variables = self.headway.environment(
            {"PATH": f"{bin_folder}:{os.environ.get('PATH', os.defpath)}", "LC_ALL": "C.UTF-8",
             "TERM": "xterm"}
        )  # fmt: skip
        # Nothing may need the network; what would use it finds this.
        self.variables |= {"https_proxy": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}

    @property
    def commands(self) -> list[str]:
        """All commands, in the order of --help."""
        text = self.headway.run(["--help"]).stdout.split("\nOptions:")[0]
        names = re.findall(r"(?m)^  ([a-z-]+) ", text)
        self.assertEqual(names[:2], ["promote", "verify"])
        return names

    def script(self) -> Path:
        path = self.headway.home / f"headway.{self.shell}"
        result = self.headway.run(["completion", self.shell])
        self.assertEqual((result.code, result.stderr), (0, ""))
        path.write_text(result.stdout, encoding="utf-8")
        return path

    def run_shell(self, *arguments: str) -> str:
        done = subprocess.run(
            [self.path, *arguments], env=self.variables, cwd=self.work, capture_output=True,
            text=True, check=False, timeout=60, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout


class Bash(Completing):
    shell = "bash"

    def complete(self, *words: str) -> list[str]:
        """What bash would offer for the last of these words, which readline took apart."""
        quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in ("headway", *words))
        text = self.run_shell(
            "--norc", "-c",
            f"source {self.script()}\n[[ $(complete -p headway) == *_headway* ]] || exit 9\n"
            f"COMP_WORDS=({quoted}) COMP_CWORD={len(words)}\n_headway\n"
            'printf "%s\\n" "${COMPREPLY[@]}"',
        )  # fmt: skip
        return [line for line in text.splitlines() if line]

    def test_words(self) -> None:
        for words, found in (
            ([""], self.commands),
            (["pro"], ["promote"]),
            (["promote", ""], ["staging", "production", "edge-1"]),
            (["promote", "staging", "p"], ["production"]),
            (["promote", "'ed"], ["edge-1"]),
            (["promote", "--dry"], ["--dry-run"]),
            (["promote", "--on-unhealthy", ""], ["fail", "hold", "rollback"]),
            (["--output", "=", "j"], ["json"]),
            (["--output", "="], ["text", "json"]),
            (["promote", "--url", "https", ":", "//x", "s"], ["staging"]),
            (["--config", "=", "other/x.yml", "promote", ""], ["uat"]),
            (["promote", "--token-file", "cert"], ["cert one.pem", "cert2.pem"]),
            (["promote", "--token-file", "=", "cert2"], ["cert2.pem"]),
            (["nonsense", ""], []),
        ):
            with self.subTest(words):
                self.assertEqual(sorted(self.complete(*words)), sorted(found))

    def test_shellcheck(self) -> None:
        program = shutil.which("shellcheck")
        if not program:
            self.skipTest("no shellcheck")
        done = subprocess.run([program, "--shell=bash", self.script()], capture_output=True,
                              text=True, check=False, timeout=60)  # fmt: skip
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_in_a_terminal(self) -> None:
        """Readline itself, with a tab."""
        script = self.script()
        with Terminal([self.path, "--norc", "--noprofile", "-i"], self) as terminal:
            terminal.send(f"PS1='READY> '; bind 'set bell-style none'; source {script}\n")
            terminal.await_text(r"READY> $")
            terminal.send("headway promote --output=j\t prod\t")
            terminal.await_text(r"headway promote --output=json +production")


class Zsh(Completing):
    shell = "zsh"

    def test_words(self) -> None:
        """compadd's words, with the functions of the completion system replaced."""
        stub = """
            _describe() { local -a shown=("${(@P)2}"); print -rl -- "${shown[@]}" }
            _files() { print FILES of "$PREFIX" }
            compset() { PREFIX=${PREFIX#--*=} }
            compdef() { print compdef "$@" }
        """
        for words, found in (
            ([""], None),
            (["promote", ""], ["staging:deploy/staging", "production:deploy/production",
                               "edge-1:deploy/edge-1"]),
            (["promote", "staging", "p"], ["production:deploy/production"]),
            (["--color=a"], ["--color=auto:--color=auto", "--color=always:--color=always"]),
            (["promote", "--config=oth"], ["FILES of oth"]),
            (["promote", "--token-file", "c"], ["FILES of c"]),
            (["nonsense", ""], []),
        ):
            with self.subTest(words):
                quoted = " ".join(f"'{word}'" for word in ("headway", *words))
                text = self.run_shell(
                    "-f", "-c",
                    f"{stub}\nsource {self.script()}\nwords=({quoted}) CURRENT={len(words) + 1}\n"
                    f"PREFIX='{words[-1]}'\n_headway\ntrue",
                )  # fmt: skip
                lines = text.splitlines()
                self.assertEqual(lines[0], "compdef _headway headway")
                if found is None:
                    self.assertEqual([line.split(":")[0] for line in lines[1:]], self.commands)
                else:
                    self.assertEqual(lines[1:], found)

    def test_in_a_terminal(self) -> None:
        """The completion system itself: autoloaded from $fpath, with a tab."""
        folder = self.headway.home / "functions"
        folder.mkdir()
        shutil.copy(self.script(), folder / "_headway")
        with Terminal([self.path, "-f", "-i"], self) as terminal:
            terminal.send(f"PS1='READY> '; unsetopt beep; fpath=({folder} $fpath)\n")
            terminal.await_text(r"READY> $")
            terminal.send("autoload -Uz compinit; compinit -u -D; PS1='AGAIN> '\n")
            terminal.await_text(r"AGAIN> $")
            terminal.send("headway promote --output=j\tprod\t")
            terminal.await_text(r"headway promote --output=json +production")
            terminal.send("\x15headway promote --token-file other/\t")
            terminal.await_text(r"--token-file other/x\.yml")


class Fish(Completing):
    shell = "fish"

    def complete(self, line: str) -> list[str]:
        text = self.run_shell(
            "--no-config", "-c", f"source {self.script()}; complete -C \"$argv[1]\"", line
        )
        return text.splitlines()

    def test_words(self) -> None:
        for line, found in (
            ("headway ", None),
            ("headway promote ", ["edge-1\tdeploy/edge-1", "production\tdeploy/production",
                                  "staging\tdeploy/staging"]),
            ("headway promote staging p", ["production\tdeploy/production"]),
            ("headway promote --on-unhealthy ", ["fail", "hold", "rollback"]),
            ("headway --color=a", ["--color=always", "--color=auto"]),
            ("headway promote --dry", ["--dry-run\tPrint the plan, change nothing"]),
            ("headway --config other/x.yml promote ", ["uat\tu"]),
            ("headway nonsense ", []),
        ):
            with self.subTest(line):
                lines = self.complete(line)
                if found is None:
                    self.assertEqual([line.split("\t")[0] for line in lines], sorted(self.commands))
                else:
                    self.assertEqual(sorted(lines), found)

    def test_files(self) -> None:
        lines = self.complete("headway promote --token-file cert")
        self.assertEqual([line.split("\t")[0].replace("\\ ", " ") for line in lines],
                         ["cert one.pem", "cert2.pem"])
        lines = self.complete("headway --config=oth")
        self.assertEqual([line.split("\t")[0] for line in lines], ["--config=other/"])


class Asking(Completing):
    """`headway __complete`, which the scripts call."""

    def ask(self, *words: str, **options: object) -> list[str]:
        result = self.headway.run(["__complete", *words], **options)  # type: ignore[arg-type]
        self.assertEqual((result.code, result.stderr), (0, ""))
        return [line.split("\t")[0] for line in result.stdout.splitlines()]

    def test_the_configuration_above(self) -> None:
        self.assertEqual(self.ask("hold", "", cwd=self.work / "other"),
                         ["staging", "production", "edge-1"])

    def test_the_one_that_is_named(self) -> None:
        self.assertEqual(self.ask("--config", "other/x.yml", "hold", ""), ["uat"])
        env = {"HEADWAY_CONFIG": "other/x.yml"}
        self.assertEqual(self.ask("hold", "", env=env), ["uat"])
        self.assertEqual(self.ask("--config", "absent.yml", "hold", ""), [])

    def test_quiet_whatever_is_wrong(self) -> None:
        for text in ("environments: [", "nonsense: 1\n", "", "\0", "environments: {}\n"):
            with self.subTest(text):
                (self.work / ".headway.yml").write_text(text)
                self.assertEqual(self.ask("promote", ""), [])
                self.assertEqual(self.ask("promote", "--dry"), ["--dry-run"])
        (self.work / ".headway.yml").unlink()
        self.assertEqual(self.ask("promote", ""), [])
        env = {"HEADWAY_DRY_RUN": "maybe", "HEADWAY_OUTPUT": "json"}
        self.assertEqual(self.ask("completion", "", env=env), ["bash", "zsh", "fish"])
        self.assertEqual(self.ask(), self.commands)

    def test_offered_words_are_taken(self) -> None:
        """What completion offers is what the program knows: no offered word is refused as one
        that is unknown, and any other is."""
        options = re.findall(r"(?m)^(--[a-z-]+)", "\n".join(self.ask("promote", "-")))
        known = 0
        remote = self.work / "none.git"
        for option in options:
            words = self.ask("promote", option, "")
            if "staging" in words or words == [":files"]:
                continue
            for word in words:
                known += 1
                for given, wrong in ((word, False), ("zzz", True)):
                    result = self.headway.run(
                        ["promote", "staging", "--dry-run", "--remote", remote, option, given,
                         *(["--url", "http://127.0.0.1:1"] if option != "--url" else [])]
                    )  # fmt: skip
                    refused = re.search(r'"zzz"|unknown', result.stderr) is not None
                    self.assertEqual(refused, wrong, f"{option} {given}\n{result}")
        self.assertGreaterEqual(known, 20)


class Command(unittest.TestCase):
    def setUp(self) -> None:
        self.headway = self.enterContext(Headway())

    def test_unknown_shell(self) -> None:
        result = self.headway.run(["completion", "zsch"])
        self.assertEqual((result.code, result.stdout, result.stderr), (2, "", (
            'headway: error: unknown shell "zsch"\n'
            "  because: there is completion for bash, zsh and fish\n"
            "  try: headway completion zsh\n")))  # fmt: skip
        result = self.headway.run(["completion", "powershell"])
        self.assertIn("  try: headway completion bash\n", result.stderr)
        self.assertEqual(self.headway.run(["completion"]).code, 2)

    def test_in_json(self) -> None:
        script = self.headway.run(["completion", "fish"]).stdout
        report = self.headway.run(["completion", "fish", "--output", "json"]).json()
        self.assertEqual(report["script"], script)


class Terminal:
    """A shell in a terminal of its own. Leaving its context ends it."""

    def __init__(self, command: list[str], test: Completing) -> None:
        try:
            self._ours, theirs = pty.openpty()
        except OSError as error:
            raise unittest.SkipTest(f"no pseudo-terminal: {error}") from error
        self._process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=test.variables, cwd=test.work,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self._text = ""

    def send(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def await_text(self, expression: str) -> None:
        """Waits until what is on the screen, escapes left out, matches at its end."""
        end = time.monotonic() + k_patience
        while not re.search(expression, self._shown()):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._ours], [], [], left)[0]:
                raise TimeoutError(f"no {expression!r} in {self._shown()!r}")
            self._text += os.read(self._ours, 65536).decode("utf-8", "replace")

    def _shown(self) -> str:
        text = re.sub(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[=>]|\][^\x07]*\x07)", "", self._text)
        while "\b" in text.lstrip("\b"):
            text = re.sub("[^\b]\b", "", text.lstrip("\b"), count=1)
        return text

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)


if __name__ == "__main__":
    unittest.main()
