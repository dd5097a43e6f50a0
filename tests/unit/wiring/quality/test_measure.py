"""Figures are fractions of what was labelled and found, and the median of what a text took."""

from __future__ import annotations

import pytest

from tests.unit.wiring.quality.test_opened import Digits
from torana.scan.gate import Gate
from torana.wiring.quality.measure import flag_figures, look, place_figures
from torana.wiring.quality.opened import Opened
from torana.wiring.quality.rows import Row, Span

GUARD = Opened(Digits(), Gate([Digits.triggers]), {"number": "PHONE"})


class Ticking:
    """Each look at the clock is a hundredth of a second later, the third look a whole one."""

    def __init__(self) -> None:
        self.looks = 0

    def now(self) -> float:
        raise AssertionError("durations are not measured with a clock that may jump")

    def monotonic(self) -> float:
        self.looks += 1
        return self.looks * 0.01 + (1 if self.looks > 3 else 0)


def test_texts_are_flagged_or_not() -> None:
    rows = [Row("1", "no123", 1), Row("2", "yes", 1), Row("3", "yes", 0), Row("4", "no456", 0), Row("5", "", 0)]
    figures = flag_figures(look(GUARD, rows, Ticking()))
    assert figures == {"f1": 0.5, "precision": 0.5, "recall": 0.5, "fpr": 1 / 3, "p50_ms": pytest.approx(10)}


def test_places_are_found_leaked_or_wrong() -> None:
    rows = [
        Row("1", "no123", spans=(Span(2, 5, "PHONE"),)),
        Row("2", "Asha", spans=(Span(0, 4, "PERSON"),)),
        Row("3", "no456", spans=()),
        Row("4", "Ravi", spans=(Span(0, 4, "PERSON"),), scope=("PHONE",)),
    ]
    figures = place_figures(look(GUARD, rows, Ticking()), GUARD)
    assert figures == {
        "f1": 0.5, "precision": 0.5, "recall": 0.5, "leak": 0.5, "clean_flagged": 0.5, "structured_f1": 2 / 3,
        "p50_ms": pytest.approx(10),
    }  # fmt: skip
