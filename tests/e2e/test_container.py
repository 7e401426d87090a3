"""The container recipe, carried out: its COPY and RUN in a folder for each stage, as chroot, by the
user that it names. There is no container engine here, and no image: the base is made of this
machine's shell and the few programs that the recipe calls."""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest
from dataclasses import dataclass, field
from pathlib import Path

from e2e.test_promote_chroot import chroot_command, skip_unless_static
from e2e.test_release import package, version_of

k_recipe = Path(__file__).resolve().parents[2] / "ci-templates/container/Containerfile"
k_programs = ("sh", "grep", "sha256sum", "install", "test", "cat", "id")
k_bundle = "etc/ssl/certs/ca-certificates.crt"
k_known = {"ARG", "FROM", "WORKDIR", "COPY", "RUN", "LABEL", "USER", "CMD"}


def instructions() -> list[tuple[str, str]]:
    """Keyword and words of every instruction; continued lines are joined, comments left out."""
    text = re.sub(r"(?m)^#.*\n", "", k_recipe.read_text())
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [tuple(line.split(" ", 1)) for line in lines if line.strip()]  # type: ignore[misc]


@dataclass
class Stage:
    """One FROM and what follows it."""

    base: str
    name: str
    root: Path
    variables: dict[str, str]
    folder: str = "/"
    user: str = "0:0"
    command: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)

    def expanded(self, text: str) -> str:
        return re.sub(r"\$\{(\w+)\}", lambda match: self.variables[match[1]], text)

    def inside(self, path: str) -> Path:
        return self.root / os.path.join(self.folder, path).lstrip("/")


class Builder:
    """Carries out the recipe. Throws CalledProcessError where a RUN fails, as an engine would."""

    def __init__(self, folder: Path, context: Path, arguments: dict[str, str], bundle: bool = True) -> None:
        self.folder = folder
        self.context = context
        self.arguments = arguments
        self.bundle = bundle
        self.chroot = chroot_command()
        self.globals: dict[str, str] = {}
        self.stages: list[Stage] = []

    def build(self) -> Stage:
        for keyword, words in instructions():
            getattr(self, f"do_{keyword.lower()}")(words)
        return self.stages[-1]

    def run(self, stage: Stage, command: str) -> subprocess.CompletedProcess[str]:
        """A command in a stage's shell, by its user, in its folder."""
        chroot = list(self.chroot)
        if stage.user != "0:0" and len(chroot) == 1:  # Only root may become somebody else.
            chroot.append(f"--userspec={stage.user}")
        return subprocess.run(
            [*chroot, stage.root, "/bin/sh", "-c", f"cd {stage.folder} && {command}"],
            env={"PATH": "/usr/local/bin:/bin", **stage.variables}, stdin=subprocess.DEVNULL,
            check=True, capture_output=True, text=True)  # fmt: skip

    def do_arg(self, words: str) -> None:
        name, separator, default = words.partition("=")
        stage = self.stages[-1] if self.stages else None
        value = self.arguments.get(name, default if separator else "")
        (stage.variables if stage else self.globals)[name] = value

    def do_from(self, words: str) -> None:
        base, _, name = words.partition(" AS ")
        base = re.sub(r"\$\{(\w+)\}", lambda match: self.globals[match[1]], base)
        root = self.folder / f"stage{len(self.stages)}"
        self.stages.append(Stage(base, name, root, {}))
        furnish(root, self.bundle)

    def do_workdir(self, words: str) -> None:
        stage = self.stages[-1]
        stage.folder = words
        stage.inside("").mkdir(parents=True, exist_ok=True)

    def do_copy(self, words: str) -> None:
        stage = self.stages[-1]
        *sources, target = stage.expanded(words).split()
        origin = self.context
        if sources[0].startswith("--from="):
            name = sources.pop(0).removeprefix("--from=")
            origin = next(other.root for other in self.stages if other.name == name)
        place = stage.inside(target)
        (place if target.endswith("/") else place.parent).mkdir(parents=True, exist_ok=True)
        for source in sources:
            shutil.copy(origin / source.lstrip("/"), place)

    def do_run(self, words: str) -> None:
        self.run(self.stages[-1], words)

    def do_label(self, words: str) -> None:
        stage = self.stages[-1]
        for pair in shlex.split(stage.expanded(words)):
            key, _, value = pair.partition("=")
            stage.labels[key] = value

    def do_user(self, words: str) -> None:
        self.stages[-1].user = words

    def do_cmd(self, words: str) -> None:
        self.stages[-1].command = re.findall(r'"([^"]*)"', words)


def furnish(root: Path, bundle: bool) -> None:
    """A base image: programs with their libraries, a CA bundle, /tmp."""
    for name in k_programs:
        program = Path(shutil.which(name) or "/bin/false").resolve()
        libraries = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
        for path in [str(program), *re.findall(r"(/\S+) \(0x", libraries.stdout)]:
            inside = root / (f"bin/{name}" if path == str(program) else path.lstrip("/"))
            inside.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, inside)
    (root / k_bundle).parent.mkdir(parents=True)
    if bundle:
        (root / k_bundle).write_text("-----BEGIN CERTIFICATE-----\n")
    (root / "tmp").mkdir()


class Recipe(unittest.TestCase):
    """What the recipe says."""

    def words_of(self, keyword: str) -> list[str]:
        return [words for name, words in instructions() if name == keyword]

    def test_nothing_that_is_not_carried_out_here(self) -> None:
        self.assertEqual({keyword for keyword, _ in instructions()}, k_known)

    def test_the_base_names_no_registry(self) -> None:
        (base,) = [words for words in self.words_of("ARG") if words.startswith("BASE=")]
        self.assertRegex(base, r"^BASE=[a-z]+:[\w.-]+$")
        for words in self.words_of("FROM"):
            self.assertRegex(words, r"^\$\{BASE\}( AS \w+)?$")

    def test_it_ends_as_a_user_that_is_not_root(self) -> None:
        names = [keyword for keyword, _ in instructions()]
        self.assertEqual(names.count("USER"), 1)
        self.assertNotIn("RUN", names[names.index("USER"):])
        (user,) = self.words_of("USER")
        self.assertRegex(user, r"^[1-9]\d*:[1-9]\d*$", "Kubernetes' runAsNonRoot wants a number")

    def test_no_secret_and_no_network(self) -> None:
        self.assertEqual([words.partition("=")[0] for words in self.words_of("ARG")],
                         ["BASE", "VERSION", "ARCH", "VERSION"])  # fmt: skip
        for words in self.words_of("RUN"):
            self.assertNotRegex(words, r"curl|wget|apt|apk|http|token|--mount")


class Built(unittest.TestCase):
    """What comes out."""

    def setUp(self) -> None:
        skip_unless_static()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.folder.chmod(0o755)
        self.context = self.folder / "release"
        self.assertEqual(package(self.context, SOURCE_DATE_EPOCH="1").returncode, 0)
        self.binary = Path(os.environ["HEADWAY_BINARY"])
        self.version = version_of(self.binary)
        self.arguments = {"VERSION": self.version, "ARCH": platform.machine()}
        self.name = f"headway-{self.version}-linux-{platform.machine()}"

    def builder(self, **options: bool) -> Builder:
        return Builder(self.folder, self.context, self.arguments, **options)

    def test_the_image(self) -> None:
        builder = self.builder()
        image = builder.build()
        self.assertEqual(image.command, ["/bin/sh"])
        self.assertEqual(image.labels["org.opencontainers.image.version"], self.version)
        installed = image.root / "usr/local/bin/headway"
        self.assertEqual(installed.read_bytes(), self.binary.read_bytes())
        self.assertEqual(installed.stat().st_mode & 0o777, 0o755)
        # What was only needed to check it stays behind.
        self.assertFalse((image.root / "release").exists())
        said = builder.run(image, "headway --version && id -u").stdout.splitlines()
        self.assertEqual(said[0].split()[:2], ["headway", self.version])
        if len(builder.chroot) == 1:
            self.assertEqual(f"{said[-1]}:{said[-1]}", image.user)

    def assert_stops(self, builder: Builder, stage: int, output: str) -> None:
        with self.assertRaises(subprocess.CalledProcessError) as caught:
            builder.build()
        self.assertEqual(len(builder.stages), stage)
        self.assertIn(output, caught.exception.stdout)

    def test_another_binary(self) -> None:
        with (self.context / self.name).open("ab") as file:
            file.write(b"\0")
        self.assert_stops(self.builder(), 1, f"{self.name}: FAILED")

    def test_sums_that_do_not_name_it(self) -> None:
        (self.context / "SHA256SUMS").write_text("")
        self.assert_stops(self.builder(), 1, "")

    def test_a_base_without_a_bundle(self) -> None:
        self.assert_stops(self.builder(bundle=False), 2, "")
