"""What slow guardrails said of texts that were seen before: a conversation brings its history along each time.

It keeps keyed digests, no texts. One for each process, bounded; asked by ``guard_look``.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from torana.ports.guardrail import Finding, Where

MOST = 8192


class Memory:
    """The findings in the texts seen last."""

    __slots__ = ("_key", "_known", "_most")

    def __init__(self, key: bytes = b"", most: int = MOST) -> None:
        self._key = key[:64]
        self._most = most
        self._known: OrderedDict[bytes, tuple[Finding, ...]] = OrderedDict()

    def recall(self, guard: str, where: Where, text: str) -> tuple[Finding, ...] | None:
        """What the guardrail, named with its version, found in the text there; None when it is not known."""
        digest = self._digest(guard, where, text)
        found = self._known.get(digest)
        if found is not None:
            self._known.move_to_end(digest)
        return found

    def keep(self, guard: str, where: Where, text: str, found: tuple[Finding, ...]) -> None:
        """Remember it; what was not asked for longest is forgotten."""
        self._known[self._digest(guard, where, text)] = found
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def _digest(self, guard: str, where: Where, text: str) -> bytes:
        said = f"{guard}\0{where.side}\0{where.role}\0{text}"
        return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16, key=self._key).digest()
