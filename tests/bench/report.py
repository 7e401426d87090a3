"""The numbers as plain tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.measure import Series, Usage


@dataclass(frozen=True)
class Goal:
    """One number and its target. Traffic does not depend on the machine: missing such a target is
    a failure, missing any other is only reported."""

    what: str
    measured: str
    target: str
    reached: bool
    traffic: bool = False


def at_most(what: str, value: float, limit: float, unit: str, *, traffic: bool = False) -> Goal:
    return Goal(what, f"{value:.4g}{unit}", f"≤ {limit:,}{unit}", value <= limit, traffic)


def at_least(what: str, value: float, limit: float, unit: str) -> Goal:
    return Goal(what, f"{value:.4g}{unit}", f"≥ {limit:,}{unit}", value >= limit)


def duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def size(count: float) -> str:
    """Bytes, in units of 1,000."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}" if unit != "B" else f"{count:.0f} B"
        count /= 1000
    return f"{count:.3g} GB"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Left-aligned columns; the first row is the heading."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [rows[0], ["-" * width for width in widths], *rows[1:]]
    ]
    return "".join(f"{line}\n" for line in lines)


def comparison(series: Sequence[Series]) -> str:
    """Every way against the first one."""
    rows = [["way", "wall (median)", "fastest … slowest", "runs", "ratio", "requests", "received",
             "with headers"]]  # fmt: skip
    for each in series:
        rows.append([
            each.name,
            duration(each.median),
            f"{duration(min(each.seconds))} … {duration(max(each.seconds))}",
            str(len(each.seconds)),
            f"{each.ratio(series[0]):.3g} ×",
            str(each.requests),
            size(each.received),
            size(each.received_with_headers),
        ])  # fmt: skip
    return table(rows)


def costs(ways: Sequence[tuple[Series, Usage]]) -> str:
    """Every way against the first one, and what its processes took. No usage: not measured."""
    rows = [["way", "wall (median)", "fastest … slowest", "runs", "ratio", "processor time",
             "largest process"]]  # fmt: skip
    for series, usage in ways:
        rows.append([
            series.name,
            duration(series.median),
            f"{duration(min(series.seconds))} … {duration(max(series.seconds))}",
            str(len(series.seconds)),
            f"{series.ratio(ways[0][0]):.3g} ×",
            duration(usage.processor) if usage.memory else "",
            size(usage.memory) if usage.memory else "",
        ])  # fmt: skip
    return table(rows)


def lags(ways: Sequence[Series], interval: float) -> str:
    """Delays, as parts of an interval."""
    rows = [["way", "median", "fastest … slowest", "runs", "median / interval",
             "slowest / interval"]]  # fmt: skip
    for series in ways:
        rows.append([
            series.name,
            duration(series.median),
            f"{duration(min(series.seconds))} … {duration(max(series.seconds))}",
            str(len(series.seconds)),
            f"{series.median / interval:.2f} ×",
            f"{max(series.seconds) / interval:.2f} ×",
        ])  # fmt: skip
    return table(rows)


def goals(found: Sequence[Goal]) -> str:
    rows = [["what", "measured", "target", ""]]
    rows += [
        [goal.what, goal.measured, goal.target, "reached" if goal.reached else "NOT reached"]
        for goal in found
    ]
    return table(rows)
