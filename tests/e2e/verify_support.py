"""What the tests of `headway verify` share: a run whose text and JSON are looked at together."""

from __future__ import annotations

import unittest
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e.support import StageTest
from host.headway import Headway, Result

k_codes = {"converged": 0, "unhealthy": 4, "still-old": 6, "mixed": 7, "unreachable": 8}
"""How `verify` tells the outcomes apart; `promote` ends with 4 for each but the first."""


@dataclass(frozen=True)
class Verdict:
    """One environment's part of a run's document, and the run."""

    result: Result
    verify: dict[str, Any]

    @property
    def outcome(self) -> str:
        return str(self.verify["outcome"])

    @property
    def words(self) -> str:
        return str(self.verify["words"])

    @property
    def origins(self) -> list[dict[str, Any]]:
        return list(self.verify["origins"])

    def at(self, address: str, probe: str | None = None) -> dict[str, Any]:
        """The origin at that address."""
        return next(o for o in self.origins
                    if o["address"] == address and o["probe"] in (probe, o["probe"]))  # fmt: skip

    @property
    def outcomes(self) -> dict[str, str]:
        """Address → outcome."""
        return {origin["address"]: origin["outcome"] for origin in self.origins}

    def __str__(self) -> str:
        return str(self.result)


def verdict_of(result: Result, index: int = 0) -> Verdict:
    """The verdict in a document of `--output json`."""
    document = result.json()
    entries = document["environments"]
    if document["exit_code"] != result.code or not entries:
        raise AssertionError(f"no verdict, or another exit code:\n{result}")
    return Verdict(result, entries[index]["verify"])


class VerdictTest(unittest.TestCase):
    """Asserts on verdicts."""

    maxDiff = None

    def assert_verdict(
        self, found: Verdict, outcome: str, words: str = "", *, code: int | None = None
    ) -> None:
        """It came to that: in the exit code, in JSON, in the text of the error, in the words."""
        result = found.result
        expected = k_codes[outcome] if code is None else code
        self.assertEqual((found.outcome, result.code), (outcome, expected), result)
        healthy = outcome == "converged"
        self.assertEqual(found.verify["verdict"], "healthy" if healthy else "unhealthy", result)
        self.assertIn(words, found.words, result)
        if not healthy:
            self.assertIn("headway: error: ", result.stderr, result)
            self.assertIn(words, result.stderr, result)
            self.assertIsNotNone(result.json()["error"], result)


class UrlTest(VerdictTest):
    """`headway verify --url`, with nothing else. Short times, as everything is on loopback."""

    def setUp(self) -> None:
        self.headway = self.enterContext(Headway())

    def arguments(
        self,
        url: str,
        *arguments: str | Path,
        deadline: str = "60s",
        interval: str = "10ms",
        consecutive: int = 1,
    ) -> list[str]:
        """As it is called; an `interval` of an hour leaves time for one request to each origin."""
        return ["verify", "--url", url, "--deadline", deadline, "--interval", interval,
                "--consecutive", str(consecutive), "--output", "json",
                *(str(argument) for argument in arguments)]  # fmt: skip

    def verify(
        self,
        url: str,
        *arguments: str | Path,
        deadline: str = "60s",
        interval: str = "10ms",
        consecutive: int = 1,
        **options: Any,
    ) -> Verdict:
        """Runs it to its end; `options` are those of Headway.run."""
        words = self.arguments(url, *arguments, deadline=deadline, interval=interval,
                               consecutive=consecutive)  # fmt: skip
        return verdict_of(self.headway.run(words, **options))

    def verify_once(self, url: str, *arguments: str | Path, **options: Any) -> Verdict:
        """One request decides."""
        return self.verify(url, *arguments, interval="1h", **options)


class VerifyStageTest(StageTest, VerdictTest):
    """A stage whose staging is verified by name."""

    def verify(self, *arguments: str, **options: Any) -> Verdict:
        return verdict_of(self.stage.run("verify", "staging", "--output", "json", *arguments,
                                         **options))  # fmt: skip

    def promote(self, *arguments: str, **options: Any) -> Verdict:
        return verdict_of(self.stage.promote("--output", "json", *arguments, **options))

    def newest_event(self) -> tuple[str, str]:
        """Kind and reason of the ledger's newest event."""
        trailers = self.stage.ledger()[0].trailers
        return trailers["Headway-Event"], trailers.get("Headway-Reason", "")
