"""The C library's heap of this process: how many parts it has, and what a start no longer needs given back.

It is glibc's (mallopt(3), malloc_trim(3)); where the library is another, nothing happens. Called by ``serve`` and ``process``.
"""

from __future__ import annotations

import ctypes

M_ARENA_MAX = -8
ARENAS = 2
"""Parts that threads take memory from. glibc allows eight for each processor, and what one thread gave back no other takes:
25 MB of a start that reads its modules in threads. Python's lock lets one thread at a time ask anyway."""


def few_arenas() -> bool:
    """Let threads share a few parts; whether the library did. To be called before there are threads."""
    return _asked("mallopt", M_ARENA_MAX, ARENAS)


def give_back() -> bool:
    """Give the system what is free in all parts; whether there was something. A few ms, in which no thread gets memory."""
    return _asked("malloc_trim", 0)


def _asked(name: str, *arguments: int) -> bool:
    function = getattr(ctypes.CDLL(None), name, None)
    return function is not None and function(*arguments) == 1
