"""Cursors of lists whose rows have ids of ours: anything that is none is refused, for by it a page would begin somewhere else.

It reads nothing. Called by the routes of such lists.
"""

from __future__ import annotations

import re

from torana.core.errors import GatewayError

OURS = re.compile(r"([a-z]{3}_)?[0-9a-f]{28}(-[0-9]{6,10})?")
"""An id of ours as ``core.ids`` makes it, with the number of a row where several have one id."""


def after_id(cursor: str) -> str:
    """The id that a page goes on after; empty for the first page. Raises GatewayError REQUEST_INVALID."""
    if cursor and OURS.fullmatch(cursor) is None:
        raise no_cursor()
    return cursor


def no_cursor() -> GatewayError:
    """What was given is no cursor."""
    message = "cursor: this is none of ours. Give the next_cursor of the page before, or none for the first page."
    return GatewayError("REQUEST_INVALID", message, param="cursor", details={"field": "cursor"})
