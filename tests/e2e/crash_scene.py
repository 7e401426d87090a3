"""What the crash tests share: a stage whose every network step can be the last one of a run, the
two works to be interrupted, and what has to be true after a kill and after the work was finished.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from e2e.support import Stage, k_branch, k_ledger
from host.app import App
from host.headway import Result, Running
from host.http_server import Reply, Request
from host.relay import Relay, push
from host.repo import Commit, Repository

k_branch_ref = f"refs/heads/{k_branch}"
k_moves = ("promoted", "rolled-back")


class Mirror(App):
    """An app that always runs what the branch says: nothing that a kill could leave behind."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        super().__init__()

    def default_reply(self, request: Request) -> Reply:
        del request
        return Reply(200, {"version": self._repository.tip(k_branch)})


@dataclass(frozen=True)
class Work:
    """A command, and where it starts: the refs by full name (None: absent)."""

    name: str
    arguments: tuple[str, ...]
    start: dict[str, str | None]
    target: str
    event: str
    held: bool


def place_of(event: Commit) -> str:
    """Where the branch is after an event."""
    return event.trailers.get("Headway-Tip") or event.trailers["Headway-Commit"]


class CrashScene(Stage):
    """headway reaches the host through `relay`; staging has an app, so that there are verdicts.

    `works` are a first promotion, a promotion and a rollback.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.atomic = options.get("atomic", True)
        try:
            self.app = Mirror(self.repo)
            self.relay = Relay(self.host)
            self.reach_by(self.relay.url())
            self.works = self._make_works()
        except BaseException:
            self.close()
            raise

    def reach_by(self, url: str) -> None:
        """headway is told this URL: the relay's, or the host's own."""
        self.configure(
            remote=url,
            environment=f"""\
                url: {self.app.origin}
                verify:
                  interval: 10ms
                  deadline: 30s
                  consecutive: 1
                  probes: [{{url: /health, json: {{/version: "${{commit}}"}}}}]
                """,
        )

    def _make_works(self) -> dict[str, Work]:
        starts = [self._refs()]
        for commit in (self.commits[0], self.commits[2]):
            self.deploy(commit)
            starts.append(self._refs())
        promote = ("promote", "staging", "--quiet")
        back = ("rollback", "staging", "--quiet", "--reason", "it burns", "--to", self.commits[0])
        last = self.commits[2]
        works = [
            Work("first promotion", promote, starts[0], last, "promoted", held=False),
            Work("promotion", promote, starts[1], last, "promoted", held=False),
            Work("rollback", back, starts[2], self.commits[0], "rolled-back", held=True),
        ]
        return {work.name: work for work in works}

    def _refs(self) -> dict[str, str | None]:
        return {ref: self.repo.ref(ref) for ref in (k_branch_ref, k_ledger)}

    def close(self) -> None:
        for server in ("relay", "app"):
            if hasattr(self, server):
                getattr(self, server).close()
        super().close()

    # ---- one run

    def begin(self, work: Work) -> None:
        """Puts the refs to where the work starts, and forgets the relay's rules."""
        self.relay.clear()
        for ref, id_ in work.start.items():
            if id_:
                self.repo.update_ref(ref, id_)
            else:
                self.repo.delete_ref(ref)
        self.before = self.ledger()

    def start_work(self, work: Work) -> Running:
        return self.start(*work.arguments)

    def settle(self) -> None:
        """After a kill: the server finishes what it had."""
        self.relay.release()
        self.relay.await_idle()
        self.host.await_quiet()

    def finish(self, work: Work) -> Result:
        """The same command again, and what has to be true after it."""
        result = self.run(*work.arguments)
        if result.code != 0:
            raise AssertionError(f"the same command did not finish the work:\n{result}")
        self.assert_sound(work)
        self.assert_finished(work)
        return result

    # ---- what has to be true

    def assert_sound(self, work: Work) -> None:
        """The branch and the ledger agree, the chain is whole, and so is the repository.

        Without atomic pushes the branch goes first: only there may it be at the target while the
        ledger still tells of the start.
        """
        self.repo.fsck()
        events = self.ledger()
        told = place_of(events[0]) if events else None
        ahead = events == self.before and self.tip == work.target and not self.atomic
        require(self.tip == told or ahead, f"the branch is at {self.tip}, the ledger says {told}")
        for event, parent in zip_longest(events, events[1:]):
            self._assert_follows(event, parent)

    def _assert_follows(self, event: Commit, parent: Commit | None) -> None:
        """The event's move starts where its parent's ended; a verdict moves nothing.

        Without atomic pushes a branch whose event is missing cannot be told from one that somebody
        else moved: its event, put on record later, says that as drift.
        """
        text = f"{event.subject!r} {event.trailers}"
        require(event.parents == ([parent.id] if parent else []), f"{text} is not on {parent}")
        earlier, place = place_of(parent) if parent else None, place_of(event)
        if event.trailers["Headway-Event"] not in k_moves:
            require(place == earlier, f"{text} tells of a move, it was at {earlier}")
            return
        require(place != earlier, f"{text} tells of no move")
        recorded = not self.atomic and event.trailers.get("Headway-Drift") == earlier
        require(recorded or "Headway-Drift" not in event.trailers, f"{text} tells of drift")
        previous = event.trailers.get("Headway-Previous")
        require(previous == earlier, f"{text} does not start at {earlier}")

    def assert_finished(self, work: Work) -> None:
        """Exactly one move and one verdict came on top of what there was."""
        require(self.tip == work.target, f"the branch is at {self.tip}, not at {work.target}")
        events = self.ledger()
        new = events[: len(events) - len(self.before)]
        require(events[len(new) :] == self.before, f"the older events are others: {events}")
        words = [event.trailers["Headway-Event"] for event in new]
        require(words == ["verified", work.event], f"the new events are {words}")
        held = "Headway-Held-Since" in events[0].trailers
        require(held == work.held, f"{'held' if held else 'not held'}: {events[0]}")

    # ---- every step

    def steps(self, work: Work) -> list[tuple[str, int, bool]]:
        """The requests of an undisturbed run: what it is, the length of its answer, and whether
        it moves refs."""
        self.begin(work)
        first = len(self.relay.exchanges)
        self.finish(work)
        self.settle()
        return [
            (f"{number} ({e.head.method} {e.head.path.rsplit('/', 1)[-1]})",
             len(e.answer), push(e.head))
            for number, e in enumerate(self.relay.exchanges[first:], 1)
        ]  # fmt: skip


def require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise AssertionError(otherwise)
