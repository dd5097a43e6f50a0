"""Whether a change of a budget lets more be spent than before.

Pure; whatever is not known to be stricter counts as a raise. Called before a budget is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from torana.control.objects.book import ObjectRow

HARMLESS = frozenset({"limit", "hard", "alerts", "on_store_failure"})
"""Fields whose changes are judged by themselves; any other changes whom the budget is about, or when."""


def raises(there: ObjectRow | None, document: Mapping[str, Any] | None) -> bool:
    """Whether writing the document (None: withdrawing) over what is there lets more be spent. A new budget never does."""
    if there is None:
        return False
    if document is None:
        return True
    before, after = dict(there.document), dict(document)
    names = (set(before) | set(after)) - HARMLESS
    if any(_said(before, name) != _said(after, name) for name in names):
        return True
    if before.get("hard", True) and not after.get("hard", True):
        return True
    if before.get("on_store_failure") != after.get("on_store_failure"):
        return True
    old, new = _amount(before.get("limit")), _amount(after.get("limit"))
    return old is None or new is None or new > old


def _said(document: Mapping[str, Any], name: str) -> Any:
    """A field; nothing said, in whichever way, is the same."""
    return document.get(name) or None


def _amount(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
