"""What configuration.md names and this version cannot keep: refused aloud, or warned about when nothing is at risk.

A gateway that ignores a cap or a guardrail is worse than one that does not start. A version that learns one of
these deletes its row of NOT_YET; nothing else knows the list. Called by ``settings.load``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from torana.wiring.problems import Path, Report

if TYPE_CHECKING:
    from torana.wiring.settings import Settings

ERROR = "error"
WARNING = "warning"


class NotYet(NamedTuple):
    """One thing that is not available. ``what`` ends in its verb; ``where``: the paths at which it is asked for."""

    what: str
    where: Callable[[Settings], Iterable[Path]]
    advice: str
    level: str = ERROR


NOT_YET: tuple[NotYet, ...] = ()
"""Nothing at the moment."""


def refuse_not_yet(settings: Settings, report: Report, rows: Iterable[NotYet] = NOT_YET) -> None:
    """Report everything of the rows that the settings ask for."""
    for one in rows:
        for path in one.where(settings):
            if report.wrong_within(path):
                continue
            note = report.error if one.level == ERROR else report.warn
            note(path, f"{one.what} not available in this version", one.advice)
