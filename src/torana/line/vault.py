"""Tokens that stand for values: made here, keyed, the same for the same value in one conversation; and kept in memory.

Another conversation, or another tenant, has other tokens for the same value. Used by the guard room.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping

from torana.core.clock import Clock

TOKEN = re.compile(r"<[A-Z][A-Z0-9_]{0,39}_(?:[0-9a-f]{8}|[0-9a-f]{16})>")
LONGEST_TOKEN = 64
UNFINISHED = re.compile(r"<(?:[A-Z][A-Z0-9_]{0,39}(?:_[0-9a-f]{0,16})?)?$")
"""The beginning of a token at the end of a text."""
LIFE_S = 24 * 3600.0
MOST_CONVERSATIONS = 50_000
MOST_VALUES = 2_000
"""Of one conversation."""


def conversation_key(tenant: str, conversation: str = "", user: str = "", key_id: str = "") -> str:
    """Under which name a conversation's values are kept: the first that is given of these says which it is."""
    if conversation:
        return f"{tenant}\0conversation\0{conversation}"
    return f"{tenant}\0user\0{user}" if user else f"{tenant}\0key\0{key_id}"


class Tokens:
    """The tokens of one request."""

    __slots__ = ("_conversation", "_key", "known", "new")

    def __init__(self, conversation: str, key: bytes, known: Mapping[str, str] | None = None) -> None:
        self._conversation = conversation
        self._key = key[:64]
        self.known: dict[str, str] = dict(known or {})
        """Token → value."""
        self.new: dict[str, str] = {}
        """Those that were made now."""

    def token(self, kind: str, value: str) -> str:
        """What stands for the value."""
        said = f"{self._conversation}\0{kind}\0{value}".encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(said, digest_size=8, key=self._key, person=b"torana-token").hexdigest()
        name = re.sub(r"[^A-Z0-9]+", "_", kind.upper()).strip("_")[:40]
        token = f"<{name or 'VALUE'}_{digest[:8]}>"
        if self.known.get(token, value) != value:  # two values whose digests begin alike
            token = f"<{name or 'VALUE'}_{digest}>"
        self.known[token] = self.new[token] = value
        return token


class MemoryVault:
    """A vault in this process."""

    __slots__ = ("_clock", "_kept", "_life_s")

    def __init__(self, clock: Clock, life_s: float = LIFE_S) -> None:
        self._clock = clock
        self._life_s = life_s
        self._kept: OrderedDict[str, dict[str, tuple[float, str]]] = OrderedDict()
        """Conversation → token → when it expires, and the value; the conversations in the order of their last use."""

    async def keep(self, conversation: str, values: Mapping[str, str]) -> None:
        """See ``ports.vault``. Of too many the oldest go."""
        until = self._clock.now() + self._life_s
        there = self._kept.setdefault(conversation, {})
        self._kept.move_to_end(conversation)
        for token, value in values.items():
            there.pop(token, None)
            there[token] = (until, value)
        while len(there) > MOST_VALUES:
            del there[next(iter(there))]
        if len(self._kept) > MOST_CONVERSATIONS:
            self._kept.popitem(last=False)

    async def recall(self, conversation: str) -> Mapping[str, str]:
        """See ``ports.vault``."""
        there = self._kept.get(conversation)
        if there is None:
            return {}
        now = self._clock.now()
        live = {token: value for token, (until, value) in there.items() if until > now}
        if not live:
            del self._kept[conversation]
        return live
