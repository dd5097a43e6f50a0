"""The heap's parts, and memory given back: glibc's, and nothing elsewhere."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from torana.wiring import heap

GIVEN = """
import os, sys
from torana.wiring import heap
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
first = heap.few_arenas()
kept = [bytes(50_000) for _ in range(4000)]
last = kept.pop()
keep = [bytes(60_000)]
del kept
before = resident()
given = heap.give_back()
print(first, given, before - resident() > 50)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is another")
def test_what_is_free_is_given_back() -> None:
    """Behind a block that is still in use the library keeps what is free, until it is asked."""
    done = subprocess.run([sys.executable, "-c", GIVEN], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "True"]


def test_another_library_is_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda _: object())
    assert not heap.few_arenas()
    assert not heap.give_back()
