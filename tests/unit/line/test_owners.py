"""Rows are asked for once, and what is remembered is bounded."""

from __future__ import annotations

import pytest

from tests.line.shelves import MemoryShelf
from torana.core.errors import GatewayError
from torana.core.kept import FILE, Kept
from torana.line import owners as module
from torana.line.owners import Owners


def a_file(number: int) -> Kept:
    return Kept("acme", FILE, f"file-{number}", "key-1", "p", "c", float(number))


async def test_what_was_asked_for_once_is_remembered_and_what_is_not_there_is_not() -> None:
    shelf = MemoryShelf()
    shelf.put(a_file(1))
    owners = Owners(shelf)
    asked = shelf.asked
    for _ in range(3):
        assert await owners.find("acme", FILE, "file-1") == a_file(1)
    assert shelf.asked == asked + 1
    for _ in range(2):
        with pytest.raises(GatewayError):
            await owners.find("globex", FILE, "file-1")
    shelf.put(a_file(1)._replace(tenant="globex"))
    assert (await owners.find("globex", FILE, "file-1")).tenant == "globex"


async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REMEMBERED", 2)
    shelf = MemoryShelf()
    owners = Owners(shelf)
    for number in range(3):
        await owners.put(a_file(number))
    asked = shelf.asked
    await owners.find("acme", FILE, "file-2")
    assert shelf.asked == asked
    await owners.find("acme", FILE, "file-0")
    assert shelf.asked == asked + 1


async def test_what_was_removed_is_forgotten() -> None:
    owners = Owners(MemoryShelf())
    await owners.put(a_file(1))
    await owners.remove(a_file(1))
    with pytest.raises(GatewayError) as refused:
        await owners.find("acme", FILE, "file-1")
    assert refused.value.code == "NOT_FOUND"
