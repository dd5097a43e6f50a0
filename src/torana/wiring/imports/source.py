"""A foreign configuration as it is read: values with their dotted paths, and which of them nobody has looked at.

It knows no format. Used by the readers of foreign configurations, so that no setting can be lost in silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from torana.wiring.nodes import Node
from torana.wiring.problems import Path, dotted

MOST = 10**15


@dataclass(frozen=True)
class Source:
    """One value and its place. Reading a scalar marks it; ``whole`` marks everything below."""

    node: Node
    path: Path = ()
    seen: set[Path] = field(default_factory=set)

    @property
    def at(self) -> str:
        """The dotted path."""
        return dotted(self.path)

    @property
    def exists(self) -> bool:
        """Whether there is anything but null."""
        return self.node.value is not None

    def get(self, key: str) -> Source | None:
        """The value under a key; None when there is none, it is null, or this is no mapping."""
        below = self.node.child(key)
        if below is None or below.value is None:
            self.seen.add((*self.path, key))
            return None
        return Source(below, (*self.path, key), self.seen)

    def first(self, *keys: str) -> Source | None:
        """The value under the first of these keys that is there."""
        return next((found for key in keys if (found := self.get(key)) is not None), None)

    def entries(self) -> Iterator[tuple[str, Source]]:
        """The keys and values of a mapping; nothing for anything else."""
        if isinstance(self.node.value, dict):
            for key in self.node.value:
                found = self.get(key)
                if found is not None:
                    yield key, found

    def items(self) -> list[Source]:
        """The items of a list; none for anything else."""
        if not isinstance(self.node.value, list):
            return []
        return [Source(below, (*self.path, index), self.seen) for index, below in enumerate(self.node.value)]

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.node.value, dict)

    def whole(self) -> Source:
        """This value, with everything in it marked as read."""
        self.seen.add(self.path)
        return self

    def text(self) -> str:
        """The text of a scalar as it was written; empty for anything else."""
        if isinstance(self.node.value, dict | list) or self.node.value is None:
            return ""
        self.seen.add(self.path)
        return self.node.value if isinstance(self.node.value, str) else self.node.text

    def number(self) -> Decimal | None:
        """The exact number of a scalar; None when it is none."""
        if isinstance(self.node.value, bool):
            return None
        try:
            number = Decimal(self.text().strip())
        except InvalidOperation:
            return None
        return number if number.is_finite() and abs(number.adjusted()) <= 40 else None

    def count(self) -> int | None:
        """The whole number of a scalar; None when it is none, or one that counts nothing real."""
        number = self.number()
        whole = number is not None and abs(number) <= MOST and number == number.to_integral_value()
        return int(number) if number is not None and whole else None

    def is_true(self) -> bool:
        """Whether it is ``true``, however written."""
        return self.text().lower() == "true"

    def unread(self) -> Iterator[Source]:
        """The scalars below that nobody looked at."""
        if self.path in self.seen:
            return
        below = [one for _, one in self.entries()] if self.is_mapping else self.items()
        if not isinstance(self.node.value, dict | list) and self.exists:
            yield self
        for one in below:
            yield from one.unread()
