"""What a repository's hooks refuse. The hooks in hooks/ read these files on every push:

rules                   a line per rule, `pattern:pushers:force:creation`; the first whose pattern
                        matches a branch decides about it
refusal, refusal-refs   a text that answers every push to a ref that the pattern matches
branches-and-tags-only  present: other refs are refused
author-email            an extended regular expression that every new commit's author must match
declined                refs refused one by one instead of the whole push (see hooks/update)
race                    `ref id`, one line: taken by the next push, which finds that ref moved
arrived, release        two FIFOs: present while pushes are paused
push-options            written by the hook: `push`, then `option TEXT` for each

In every pattern `*` stands for any text, slashes included.
"""

from __future__ import annotations

import os
import select
from collections.abc import Iterable
from enum import Enum
from pathlib import Path

from host.waiting import k_patience

k_hooks = Path(__file__).parent / "hooks"


class Refusal:
    """Refusals as GitLab words them: of the hook (for `refuse_with`) or of HTTP (for Answer)."""

    push = "You are not allowed to push code to protected branches on this project."
    force_push = "You are not allowed to force push code to a protected branch on this project."
    merge = "You are not allowed to merge code into protected branches on this project."
    create = "You are not allowed to create protected branches on this project."
    create_basis = (
        "You can only use an existing protected branch ref as the basis of a new protected branch."
    )
    create_web = "You can only create protected branches using the web interface and API."
    namespace = "You can only push to branches and tags of this project."
    archived = "You can't push code to an archived project."
    read_only = "The repository is temporarily read-only. Please try again later."
    timeout = "Push operation timed out"
    role = "You are not allowed to push code to this project."
    job_token = "You are not allowed to upload code."
    not_found = (
        "The project you were looking for could not be found or you don't have permission to"
        " view it."
    )
    access_denied = (
        "HTTP Basic: Access denied. If a password was provided for Git authentication, the"
        " password was incorrect or you're required to use a token instead of a password. If a"
        " token was provided, it was either incorrect, expired, or improperly scoped."
    )


class Creation(Enum):
    """Who may create a branch that a rule protects."""

    allowed = "yes"
    refused = "no"
    existing_basis = "basis"
    web_only = "web"


class Protection:
    """The rules of one bare repository. Every change holds for the next push."""

    def __init__(self, repository: Path) -> None:
        self._hooks = repository / "hooks"
        self._folder = repository / "protection"

    def set_up(self) -> None:
        """Installs the hook, which records push options. Setting the first rule does so, too."""
        self._folder.mkdir(exist_ok=True)
        self._install("pre-receive")

    def protect(
        self,
        pattern: str,
        pushers: Iterable[str] = (),
        *,
        force: bool = False,
        creation: Creation = Creation.allowed,
        merge_request_only: bool = False,
    ) -> None:
        """Protects the branches (short names) that match: only `pushers` (`*`: everyone who may
        push at all) may move them, and back only with `force`. Nobody may delete them."""
        who = "merge-request" if merge_request_only else ",".join(pushers)
        if any(c in pattern + who for c in ":\n"):
            raise ValueError(f"':' and newlines cannot be in a rule: {pattern!r} {who!r}")
        rules = self._folder / "rules"
        earlier = rules.read_text(encoding="utf-8") if rules.exists() else ""
        line = f"{pattern}:{who}:{'yes' if force else 'no'}:{creation.value}\n"
        self._write("rules", earlier + line)

    def refuse_with(self, text: str, refs: str = "*", *, prefix: str = "GitLab: ") -> None:
        """Every push with a ref that matches `refs` (full names) is refused with this text."""
        self._write("refusal-refs", f"{refs}\n")
        self._write("refusal", f"{prefix}{text}\n")

    def only_branches_and_tags(self) -> None:
        """Refuses every other ref, in words of this host: forges differ here."""
        self._write("branches-and-tags-only", "")

    def require_author_email(self, expression: str) -> None:
        """Refuses new commits whose author's e-mail the extended regular expression misses."""
        self._write("author-email", f"{expression}\n")

    def decline_refs(self, pattern: str, text: str) -> None:
        """Refuses the refs (full names) that match, and only them: in an atomic push git itself
        then fails the others, else they are moved. Adds to earlier ones."""
        declined = self._folder / "declined"
        earlier = declined.read_text(encoding="utf-8") if declined.exists() else ""
        self._write("declined", f"{earlier}{pattern}\t{text}\n")
        self._install("update")

    def race(self, *moves: tuple[str, str]) -> None:
        """The next push finds that somebody has just moved a ref: one (full name, new id) for
        each of the next pushes. The null id deletes the ref."""
        self._write("race", "".join(f"{ref} {new}\n" for ref, new in moves))

    def clear(self) -> None:
        """Takes all rules away; the received push options stay."""
        self.set_up()
        for entry in self._folder.iterdir():
            if entry.name != "push-options":
                entry.unlink()
        (self._hooks / "update").unlink(missing_ok=True)

    def pause_pushes(self) -> PushPause:
        """From now on every push waits in the hook; see PushPause."""
        self.set_up()
        return PushPause(self._folder)

    def received_push_options(self) -> list[list[str]]:
        """The options of each push that reached the hook, refused ones included, oldest first."""
        log = self._folder / "push-options"
        pushes: list[list[str]] = []
        if log.exists():
            for line in log.read_text(encoding="utf-8").splitlines():
                word, _, option = line.partition(" ")
                if word == "push":
                    pushes.append([])
                else:
                    pushes[-1].append(option)
        return pushes

    def _install(self, hook: str) -> None:
        # Git passes over a hook that it may not execute, and nothing would be refused.
        if not os.access(k_hooks / hook, os.X_OK):
            raise PermissionError(f"{k_hooks / hook} is not executable")
        self._hooks.mkdir(exist_ok=True)
        link = self._hooks / hook
        if not link.is_symlink():
            link.symlink_to(k_hooks / hook)

    def _write(self, name: str, text: str) -> None:
        """Replaces the file in one step: a push may be reading it."""
        self.set_up()
        new = self._folder / f".{name}.new"
        new.write_text(text, encoding="utf-8")
        new.replace(self._folder / name)


class PushPause:
    """While it is open, a push stops in the hook: the server has all that the client sent, and
    has moved nothing. Closing it lets every waiting push go on."""

    def __init__(self, folder: Path) -> None:
        self._paths = (folder / "arrived", folder / "release")
        # The FIFO that the hook looks for comes last, when all is ready. Both are open for
        # reading and writing here, so that no open of the hook's blocks.
        for path in self._paths:
            path.unlink(missing_ok=True)
        os.mkfifo(self._paths[1])
        self._release = os.open(self._paths[1], os.O_RDWR)
        os.mkfifo(self._paths[0])
        self._arrived = os.open(self._paths[0], os.O_RDWR)

    def await_push(self, timeout: float = k_patience) -> None:
        """Returns when a push has arrived in the hook; each call takes one."""
        if not select.select([self._arrived], [], [], timeout)[0]:
            raise TimeoutError(f"waited {timeout:g} s for a push to reach the hook")
        os.read(self._arrived, 1)

    def release(self) -> None:
        """Lets one waiting push go on."""
        os.write(self._release, b"\n")

    def close(self) -> None:
        if self._arrived < 0:
            return
        for path in self._paths:
            path.unlink(missing_ok=True)
        os.close(self._release)
        os.close(self._arrived)
        self._arrived = -1

    def __enter__(self) -> PushPause:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
