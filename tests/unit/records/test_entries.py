"""Entries of the audit trail on their way: kept over a restart, without sinks not kept at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torana.core.clock import SystemClock
from torana.ports.sink import Record, Sent
from torana.records.entries import Entries, entries_in
from torana.records.feed import Seat
from torana.records.shipping import Aside, Choice, Gate, Shipping
from torana.records.spool import Spool, SpoolSettings


class Log:
    def __init__(self) -> None:
        self.events: list[str] = []

    def info(self, event: str, **fields: object) -> None:
        self.events.append(event)

    warning = error = info


class Far:
    def __init__(self) -> None:
        self.taken: list[Record] = []
        self.away = True

    def send(self, batch: Sequence[Record]) -> Sent:
        if self.away:
            raise ConnectionError("away")
        self.taken += batch
        return Sent()

    def close(self) -> None: ...


def entries(folder: Path, far: Far, log: Log, **spool: Any) -> Entries:
    clock = SystemClock()
    aside = Aside(folder / "it.position", folder / "it.dead.jsonl")
    one = Shipping(Gate("it", lambda: far), Choice(), aside, clock.now)
    seat = Seat("it:entries", one.open, every_s=0.0, longest_pause_s=0.01)
    return Entries(Spool(folder / "spool", SpoolSettings(**spool), clock, entries_in), [seat], clock, log)


def end(one: Entries) -> None:
    one.stop(SystemClock().monotonic() + 20)
    assert one.join()


def test_what_a_place_did_not_take_is_there_after_a_restart(tmp_path: Path) -> None:
    far, log = Far(), Log()
    first = entries(tmp_path, far, log)
    first.start()
    for number in range(5):
        assert first.put("admin", f"aud-{number}", 1.75e9 + number, "acme", {"action": "key.create", "n": (number,)})
    end(first)
    far.away = False
    second = entries(tmp_path, far, log)
    second.start()
    assert second.put("security", "aud-5", 1.75e9, "acme", {"action": "login"})
    end(second)
    assert [one.id for one in far.taken] == [f"aud-{number}" for number in range(6)]
    assert far.taken[3].fields == {"action": "key.create", "n": [3]}
    assert second.facts()[0].lag == 0


def test_an_entry_that_cannot_be_kept_is_counted_and_said(tmp_path: Path) -> None:
    far, log = Far(), Log()
    one = entries(tmp_path, far, log, max_mb=0)
    assert not one.put("admin", "a", 1.0, "acme", {})
    assert not one.put("admin", "b", 1.0, "acme", {"what": object()})
    assert (one.lost, log.events) == (2, ["entries.not_kept"] * 2)
    one.start()
    end(one)


def test_without_sinks_nothing_is_kept() -> None:
    one = Entries(None, [], SystemClock(), Log())
    one.start()
    assert one.put("admin", "a", 1.0, "acme", {})
    end(one)
    assert one.facts() == ()


def test_a_frame_of_something_else_cannot_be_read() -> None:
    assert entries_in(b"\x00") is None
