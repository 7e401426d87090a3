"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

k_patience = 20.0
"""Seconds after which a condition is held to be one that never comes: generous, as the
machine may run many tests at once, and only ever spent by a test that fails."""


def await_condition(
    condition: Callable[[], T],
    what: str | Callable[[], str],
    timeout: float = k_patience,
    interval: float = 0.002,
) -> T:
    """Returns the first truthy value of `condition`, asked every `interval` seconds.

    Raises TimeoutError with `what` (a text, or a function that makes one from the state by
    then) when `timeout` seconds pass first. The condition is asked at least once.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            description = what if isinstance(what, str) else what()
            raise TimeoutError(f"waited {timeout:g} s for {description}")
        time.sleep(interval)
