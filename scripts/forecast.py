"""Back-tests the forecast of a month on generated histories and writes the table of docs/forecast.md.

``.venv/bin/python scripts/forecast.py`` prints it; ``--write`` puts it into the page. The histories are made by seeds, so
that the same code gives the same table.
"""

from __future__ import annotations

import argparse
import math
import random
import re
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from torana.control.billing.forecast import COVERS, HISTORY_DAYS, WEEK, forecast

PAGE = Path(__file__).resolve().parents[1] / "docs" / "forecast.md"
MARKS = re.compile(r"(<!-- back-test -->\n).*?(\n<!-- end -->)", re.DOTALL)
RUNS = 2000
MONTH = 30
OFFICE = (1.2, 1.25, 1.2, 1.15, 1.1, 0.4, 0.3)
"""Weekdays of an office, from Monday."""

Make = Callable[[random.Random, int], list[float]]


def noisy(dice: random.Random, value: float, sigma: float) -> float:
    """The value times a log-normal factor of mean one."""
    return value * math.exp(dice.gauss(-sigma * sigma / 2, sigma))


def steady(dice: random.Random, days: int) -> list[float]:
    return [noisy(dice, 100.0, 0.15) for _ in range(days)]


def office(dice: random.Random, days: int) -> list[float]:
    return [noisy(dice, 100.0 * OFFICE[day % WEEK], 0.2) for day in range(days)]


def growing(dice: random.Random, days: int) -> list[float]:
    growth = dice.uniform(0.0, 0.012)
    return [noisy(dice, 100.0 * OFFICE[day % WEEK] * math.exp(growth * day), 0.2) for day in range(days)]


def wandering(dice: random.Random, days: int) -> list[float]:
    level, found = 100.0, []
    for day in range(days):
        level *= math.exp(dice.gauss(0.0, 0.03))
        found.append(noisy(dice, level * OFFICE[day % WEEK], 0.2))
    return found


def bursts(dice: random.Random, days: int) -> list[float]:
    return [noisy(dice, 100.0, 0.3) * (dice.uniform(3.0, 8.0) if dice.random() < 0.06 else 1.0) for _ in range(days)]


def steps(dice: random.Random, days: int) -> list[float]:
    at, size = dice.randrange(days), dice.choice((0.5, 1.5, 2.0))
    return [noisy(dice, 100.0 * OFFICE[day % WEEK] * (size if day >= at else 1.0), 0.2) for day in range(days)]


HISTORIES: dict[str, tuple[str, Make]] = {
    "steady": ("one level, days differ by 15 %", steady),
    "office": ("weekdays like an office's, 20 %", office),
    "growing": ("the same, growing by up to 1.2 % a day", growing),
    "wandering": ("the same, its level wanders by 3 % a day", wandering),
    "bursts": ("one day in sixteen costs three to eight times as much", bursts),
    "steps": ("an office whose level jumps once, to a half, 1.5 or 2 times", steps),
}


def judged(make: Make, known: int, ahead: int) -> tuple[float, float, float]:
    """How often the interval held the sum, the median error of the estimate, the median width; both by the true sum."""
    held, errors, widths = 0, [], []
    for run in range(RUNS):
        dice = random.Random(f"{make.__name__} {known} {ahead} {run}")
        days = make(dice, known + ahead)
        found = forecast(days[:known], known % WEEK, ahead)
        truth = sum(days[known:])
        assert found.low is not None
        assert found.high is not None
        held += found.low <= truth <= found.high
        errors.append(abs(found.expected - truth) / truth)
        widths.append((found.high - found.low) / truth)
    return held / RUNS, statistics.median(errors), statistics.median(widths)


def table() -> str:
    """All histories, by how much is known and how far ahead."""
    lines = [
        f"| history | days known | days ahead | interval held ({COVERS:.0%} meant) | median error | median width |",
        "|---|---|---|---|---|---|",
    ]
    for name, (about, make) in HISTORIES.items():
        for known, ahead in ((14, 20), (HISTORY_DAYS, MONTH), (HISTORY_DAYS, 10)):
            held, error, width = judged(make, known, ahead)
            lines.append(f"| {name}: {about} | {known} | {ahead} | {held:.1%} | {error:.1%} | {width:.1%} |")
    return "\n".join(lines)


def main(words: Sequence[str]) -> int:
    """Print the table, or write it into the page."""
    parser = argparse.ArgumentParser(description="Back-test the forecast")
    parser.add_argument("--write", action="store_true", help="write docs/forecast.md")
    told = table()
    if parser.parse_args(words).write:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(MARKS.sub(lambda match: match[1] + told + match[2], page), encoding="utf-8")
    else:
        sys.stdout.write(told + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
