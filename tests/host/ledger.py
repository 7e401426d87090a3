"""Ledgers as headway writes them, and as it never would: made by hand, one event or thousands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from host.repo import Repository, k_empty_tree, k_epoch

k_who = "headway <headway@example.com>"


def message(event: str, environment: str, commit: str, **trailers: str) -> str:
    """An event's message. Trailers' names are without `Headway-`, `_` for `-`; with an empty
    value one is left out."""
    lines = {"Event": event, "Environment": environment, "Commit": commit}
    lines |= {key.replace("_", "-"): value for key, value in trailers.items()}
    subject = f"Promote {commit[:8]} to {environment}"
    return f"{subject}\n\n" + "".join(f"Headway-{k}: {v}\n" for k, v in lines.items() if v)


def commit_text(
    message: str | bytes,
    parents: Sequence[str] = (),
    *,
    tree: str = k_empty_tree,
    when: int | str = k_epoch,
) -> bytes:
    """A commit as git stores it, without any check."""
    body = message.encode() if isinstance(message, str) else message
    above = "".join(f"parent {parent}\n" for parent in parents)
    head = f"tree {tree}\n{above}author {k_who} {when} +0000\ncommitter {k_who} {when} +0000\n\n"
    return head.encode() + body


def write(repository: Repository, content: bytes, kind: str = "commit") -> str:
    """Stores an object as it is, malformed or not; its id."""
    return repository.run("hash-object", "-t", kind, "-w", "--stdin", "--literally", stdin=content)


def write_chain(
    repository: Repository, ref: str, environment: str, commits: Sequence[str], count: int
) -> str:
    """A ledger of `count` events in `ref`, quickly: the commits were promoted and verified in
    turn. Returns its newest event."""

    def events() -> Iterator[bytes]:
        for number in range(count):
            turn = number // 2
            commit, previous = commits[turn % len(commits)], commits[(turn - 1) % len(commits)]
            word = "verified" if number % 2 else "promoted"
            earlier = previous if turn else ""
            text = message(word, environment, commit, Previous=earlier, Push="atomic").encode()
            yield f"commit {ref}\ncommitter {k_who} {k_epoch + number} +0000\n".encode()
            yield f"data {len(text)}\n".encode() + text + b"\n"

    repository.run("fast-import", "--quiet", "--force", "--date-format=raw",
                   stdin=b"".join([f"reset {ref}\n".encode(), *events()]))  # fmt: skip
    return repository.rev_parse(ref)
