"""What bodies ask for that came lately: equal requests are what a cache is for, so they are not read again.

It reads nothing itself and keeps no answer. Used by the edge where answers are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from torana.core.call import Ask

SMALL, MANY = 2 * 1024, 4096
SHORT, LATELY = 16 * 1024, 256
"""So many bodies of at most so many bytes are known as they were read: a few megabytes for each reader."""

Read = Callable[[bytes], Ask]


@lru_cache(maxsize=64)
def read_lately(read: Read) -> Read:
    """The same reader with a memory. It raises what ``read`` raises, each time: only what was read is remembered.

    For readers that are there for as long as the process, such as a dialect's, for each is remembered too.
    """
    small, short = lru_cache(maxsize=MANY)(read), lru_cache(maxsize=LATELY)(read)

    def reading(body: bytes) -> Ask:
        if len(body) <= SMALL:
            return small(body)
        return short(body) if len(body) <= SHORT else read(body)

    return reading
