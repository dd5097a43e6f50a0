"""A budget's counter as one line of text: in Receipts, which name what they were charged to, and in shared stores.

It counts nothing. Written by the limits room, read by whoever books a Receipt.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, unquote

UNHELD = "!"
"""Before the name of a budget that holds nothing for the request: the shared counters were away."""


class BudgetName(NamedTuple):
    """What the text says: the rule, the subject (its parts parted by NUL), the window in epoch seconds."""

    rule_id: str
    subject: str
    starts_at: int
    ends_at: int


def budget_name(rule_id: str, subject: str, starts_at: float, ends_at: float) -> str:
    """``rule/tenant/value/…/starts/ends``, each part quoted as in a URL."""
    parts = (rule_id, *subject.split("\0"), str(int(starts_at)), str(int(ends_at)))
    return "/".join([quote(part, safe="=+@:") for part in parts])


def read_budget_name(name: str) -> BudgetName:
    """The parts of a name, with or without UNHELD. Raises ValueError for another text."""
    rule_id, *subject, starts_at, ends_at = name.removeprefix(UNHELD).split("/")
    if not subject:
        raise ValueError(f"no name of a budget: {name!r}")
    return BudgetName(unquote(rule_id), "\0".join(map(unquote, subject)), int(starts_at), int(ends_at))
