"""No stored objects: for routes that need none."""

from __future__ import annotations

from typing import Any


class NoObjects:
    """Implements ``control.objects.book.ObjectBook`` by refusing to be asked."""

    currency = "USD"
    time_zone = "UTC"

    def rows(self, kind: str, tenant: str | None = None) -> Any:
        raise AssertionError("no stored object was expected to be asked for")

    judged = shown = look = differences = exported = read_objects = prices = catalogue = standing = try_provider = rows
