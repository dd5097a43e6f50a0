"""What is not available is refused, or warned about, at the place that asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.offer import read, written
from torana.wiring.problems import Path as Where
from torana.wiring.problems import Report
from torana.wiring.settings import Settings
from torana.wiring.settings_not_yet import ERROR, NOT_YET, WARNING, NotYet, refuse_not_yet

PLACE: Where = ("audit", "retention_days")


def test_every_row_refuses_or_warns() -> None:
    assert {one.level for one in NOT_YET} <= {ERROR, WARNING}
    for one in NOT_YET:
        assert one.what.endswith((" is", " are")), one.what
        assert one.advice


def test_settings_that_are_all_defaults_ask_for_nothing_that_is_missing() -> None:
    assert [one.what for one in NOT_YET if list(one.where(Settings()))] == []


@pytest.mark.parametrize("level", [ERROR, WARNING])
def test_what_asks_for_it_is_told_with_advice_and_nothing_else_is(tmp_path: Path, level: str) -> None:
    settings = read(written(tmp_path, "audit: {retention_days: 7}")).settings
    rows = (
        NotYet("a short time is", lambda one: [PLACE] if one.audit.retention_days < 30 else [], "wait", level),
        NotYet("a long time is", lambda one: [PLACE] if one.audit.retention_days > 30 else [], "do not wait", level),
    )
    report = Report("torana.yaml")
    refuse_not_yet(settings, report, rows)
    found = report.errors if level == ERROR else report.warnings
    assert [str(one) for one in found] == [
        f"torana.yaml: {level}: audit.retention_days: a short time is not available in this version (wait)"
    ]
