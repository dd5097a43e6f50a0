"""What is not available is refused, or warned about; the golden case `not_yet` shows every row."""

from __future__ import annotations

from pathlib import Path

from torana.wiring.settings import Settings
from torana.wiring.settings_not_yet import ERROR, NOT_YET, WARNING

GOLDEN = Path(__file__).parents[2] / "golden" / "config" / "not_yet" / "problems.txt"


def test_every_row_is_shown_by_the_golden_case_with_its_advice() -> None:
    said = GOLDEN.read_text(encoding="utf-8")
    assert [one.what for one in NOT_YET if f"{one.what} not available in this version ({one.advice})" not in said] == []


def test_every_row_refuses_or_warns() -> None:
    assert {one.level for one in NOT_YET} <= {ERROR, WARNING}
    for one in NOT_YET:
        assert one.what.endswith((" is", " are")), one.what
        assert one.advice


def test_settings_that_are_all_defaults_ask_for_nothing_that_is_missing() -> None:
    assert [one.what for one in NOT_YET if list(one.where(Settings()))] == []
