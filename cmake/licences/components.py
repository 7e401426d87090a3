"""What the program consists of: components.toml, the pins, and what this machine has of them."""

from __future__ import annotations

import hashlib
import platform
import re
import subprocess
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
TABLE = HERE / "components.toml"
TEXTS = HERE / "texts"
PINS = HERE.parent / "deps" / "pins"
DOC = Path("/usr/share/doc")
COMMON = Path("/usr/share/common-licenses")


class Failure(Exception):
    """What cannot be done, why, and the way out."""

    def __init__(self, what, because, way_out):
        super().__init__(f"headway: error: {what}\n  because: {because}\n  try: {way_out}")


@dataclass(frozen=True)
class Pin:
    """One line of cmake/deps/pins."""

    package: str
    version: str
    sha256: str
    patches: str


@dataclass(frozen=True)
class Component:
    """One entry of components.toml."""

    name: str
    licence: str
    pin: str = ""
    texts: tuple[str, ...] = ()
    package: str = ""
    common: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    linked: bool = True


@dataclass
class Found:
    """A component as it is in this build."""

    component: Component
    version: str
    text: str
    source: str  # Debian's source package
    sha256: str = ""  # of the pinned upstream tarball
    files: list[Path] = field(default_factory=list)  # that were read
    contents: list[Path] = field(default_factory=list)  # what goes in, of a distribution's package

    def described(self):
        """All but the text, as JSON."""
        return {
            "name": self.component.name,
            "version": self.version,
            "licence": self.component.licence,
            "linked": bool(self.component.archives),
            "source": self.source,
            "sha256": self.sha256,
            "contents": [
                {
                    "name": path.name,
                    "sha1": hashlib.sha1(path.read_bytes()).hexdigest(),
                    "sha256": sha256_of(path),
                }
                for path in self.contents
            ],
        }


class Toolchain:
    """The compiler, as the one who knows where archives are."""

    def __init__(self, compiler):
        self.compiler = compiler
        folder = self.archive("libstdc++.a").parent.name
        if not folder.isdigit():
            raise Failure(f"{compiler} does not use GCC's libstdc++", f"the archive is in {folder}",
                          "cmake/setup build")
        self.gcc = folder  # major version

    def archive(self, name):
        """The path of a static library."""
        done = subprocess.run([self.compiler, f"-print-file-name={name}"],
                              capture_output=True, text=True, check=True)
        path = Path(done.stdout.strip())
        if not path.is_absolute() or not path.is_file():
            raise Failure(f"{name} was not found", f"{self.compiler} knows no file of this name",
                          "cmake/setup build")
        return path.resolve()


def sha256_of(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def pins():
    lines = (line.split("#")[0].split() for line in PINS.read_text("utf-8").splitlines())
    return [Pin(*words) for words in lines if words]


def components():
    entries = tomllib.loads(TABLE.read_text("utf-8"))["component"]
    table = [
        Component(**{key: tuple(value) if isinstance(value, list) else value
                     for key, value in entry.items()})
        for entry in entries
    ]
    listed = {component.pin for component in table if component.pin}
    for pin in pins():
        if pin.package not in listed:
            raise Failure(
                f"{pin.package} has no licence text",
                f"cmake/deps/pins has it, cmake/licences/{TABLE.name} does not",
                f"add it to cmake/licences/{TABLE.name}, then run"
                f" python3 cmake/licences/collect.py {pin.package}",
            )
    for package in listed - {pin.package for pin in pins()}:
        raise Failure(
            f"{package} is in cmake/licences/{TABLE.name}, and not in cmake/deps/pins",
            "a licence text without its component is false",
            f"remove it from cmake/licences/{TABLE.name}, and cmake/licences/texts/{package}",
        )
    return sorted(table, key=lambda component: component.name.lower())


def built_pin(package, deps_root):
    """The alternative of the pins that is in the dependency cache, and Debian's revision of it."""
    candidates = [pin for pin in pins() if pin.package == package]
    names = (deps_root / "sources").read_text("utf-8").splitlines()
    for pin in candidates:
        pattern = re.compile(
            rf"{re.escape(package)}_({re.escape(pin.version)}-.+)\.(?:debian\.tar\.\w+|diff\.gz)")
        for match in filter(None, map(pattern.fullmatch, names)):
            return pin, match[1]
    for pin in candidates:
        for file in sorted((deps_root / package).rglob("*.pc")):
            if re.search(rf"^Version: {re.escape(pin.version)}$", file.read_text(), re.MULTILINE):
                return pin, pin.version
    return candidates[0], candidates[0].version


def pinned(component, deps_root):
    """A component that was built from a pinned source."""
    path = TEXTS / component.pin
    hint = f"python3 cmake/licences/collect.py {component.pin}"
    if not path.is_file():
        raise Failure(
            f"{component.name} has no licence text", f"there is no {path}", hint)
    head, _, text = path.read_text("utf-8").partition("\n\n")
    if not any(pin.sha256 in head for pin in pins() if pin.package == component.pin):
        raise Failure(
            f"the licence text of {component.name} is not of the pinned source",
            f"{path} is of: {head}",
            hint,
        )
    pin, version = built_pin(component.pin, deps_root)
    return Found(component, version, text, component.pin, pin.sha256,
                 [path, PINS, deps_root / "sources"])


def installed(package):
    """Version, source package and source version of an installed package; None without dpkg."""
    try:
        result = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Version} ${source:Package}", package],
            capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return tuple(result.stdout.split(" ")) if result.returncode == 0 else None


def distribution():
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return "of this machine"
    return f"of {release['ID']} {release.get('VERSION_ID', 'rolling')}"


def first_that_is(paths, name):
    """The first of these paths that is a file. `name`: of what it is the licence text."""
    for path in paths:
        if path.is_file():
            return path
    raise Failure(
        f"the licence text of {name} was not found",
        "none of these is a file: " + ", ".join(map(str, paths)),
        f"install Debian's package, or put the text into FOLDER/{name} and configure with"
        " -D HEADWAY_LICENCES=FOLDER",
    )


def distributed(component, toolchain, folder):
    """A component of the distribution."""
    package = component.package.format(gcc=toolchain.gcc)
    own = [folder / component.name] if folder else []
    path = first_that_is([*own, DOC / package / "copyright"], component.name)
    version, source = installed(package) or (distribution(), package)
    contents = [toolchain.archive(name) for name in component.archives]
    contents += [Path(name) for name in component.data]
    return Found(component, version, path.read_text("utf-8"), source, "", [path], contents)


def common_texts(table, folder):
    """Name → path, of every licence that texts refer to."""
    names = sorted({name for component in table for name in component.common})
    own = folder or Path("/nonexistent")
    return {name: first_that_is([own / name, COMMON / name], name) for name in names}


def inventory(deps_root, toolchain, folder=None):
    """Every linked component as it is here. Throws Failure."""
    return [
        pinned(component, deps_root) if component.pin else distributed(component, toolchain, folder)
        for component in components()
        if component.linked
    ]
