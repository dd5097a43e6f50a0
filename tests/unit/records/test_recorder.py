"""The recorder with its real threads: every wait ends on a fact, never on a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace

from tests.receipts import a_receipt, some_receipts
from torana.core.clock import SystemClock
from torana.core.tickets import Hold
from torana.ports.receipt import Receipt
from torana.records.feed import Seat
from torana.records.recorder import Outlets, Recorder, RecorderSettings
from torana.records.spool import Spool, SpoolFull, SpoolSettings


class Log:
    def __init__(self) -> None:
        self.events: list[str] = []

    def info(self, event: str, **fields: object) -> None:
        self.events.append(event)

    warning = error = info


class ListSink:
    """A sink that remembers, fails as often as told, and hangs while told."""

    name = "list"

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.rows: list[Receipt] = []
        self.position = 0
        self.closed = False

    def written(self) -> int:
        return self.position

    def write(self, batch: Sequence[Receipt], position: int) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the database is away")
        self.rows.extend(batch)
        self.position = position

    def close(self) -> None:
        self.closed = True


class StubbornSpool(Spool):
    """A spool on a disk that is full until told otherwise."""

    broken = True

    def append(self, receipts: Sequence[Receipt]) -> int:
        if self.broken:
            raise SpoolFull(28, "full")
        return super().append(receipts)


def hold() -> Hold:
    return Hold(cast(Any, None), cast(Any, None), 0, "USD", ())


def until(fact: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 30
    while not fact():
        assert time.monotonic() < give_up, "it never came true"
        time.sleep(0.002)


class Bench:
    """A recorder with what it needs, and what it did."""

    def __init__(
        self,
        folder: Path,
        *sinks: ListSink,
        spool: type[Spool] = Spool,
        observers: Any = (),
        clean: Any = None,
        **settings: Any,
    ) -> None:
        self.log = Log()
        self.settled: list[Hold] = []
        self.spooled_when_settled: list[int] = []
        self.seen: list[Receipt] = []
        self.spool = spool(folder, SpoolSettings(), SystemClock())
        seats = [Seat(f"list{number}", lambda sink=sink: sink, every_s=0.01) for number, sink in enumerate(sinks)]
        self.recorder = Recorder(
            self.spool,
            Outlets(seats, (*observers, self.seen.extend), self.log, clean),
            self._settle,
            SystemClock(),
            RecorderSettings(**{"flush_s": 0.002, **settings}),
        )

    def _settle(self, hold: Hold) -> None:
        self.settled.append(hold)
        self.spooled_when_settled.append(self.recorder.facts().spooled)

    def record(self, receipts: Sequence[Receipt]) -> list[Hold]:
        holds = [hold() for _ in receipts]
        for receipt, each in zip(receipts, holds, strict=True):
            self.recorder.record(receipt, each)
        return holds


def without_model(receipt: Receipt) -> Receipt:
    return replace(receipt, model="taken out")


def test_what_is_taken_out_of_a_receipt_reaches_neither_spool_nor_sink_nor_observer(tmp_path: Path) -> None:
    sink = ListSink()
    bench = Bench(tmp_path, sink, clean=without_model)
    bench.recorder.start()
    bench.record([a_receipt(1, model="planted-" + "value")])
    until(lambda: bool(sink.rows))
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert bench.recorder.stop(10)
    assert {receipt.model for receipt in (*sink.rows, *bench.seen)} == {"taken out"}
    assert b"taken out" in kept
    assert b"planted-value" not in kept


def test_receipts_that_are_dropped_are_observed_without_it_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path, spool=StubbornSpool, clean=without_model)
    bench.recorder.start()
    bench.record([a_receipt(1, model="planted-" + "value")])
    until(lambda: bool(bench.seen))
    bench.recorder.stop(10)
    assert {receipt.model for receipt in bench.seen} == {"taken out"}


def test_every_receipt_reaches_every_sink_once_and_in_order(tmp_path: Path) -> None:
    first, second = ListSink(), ListSink()
    bench = Bench(tmp_path, first, second)
    bench.recorder.start()
    holds = bench.record(some_receipts(1000))
    assert bench.recorder.stop(30)
    assert first.rows == second.rows == bench.seen == some_receipts(1000)
    assert bench.settled == holds
    assert first.closed and second.closed


def test_a_hold_is_settled_after_its_receipt_is_in_the_spool(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.recorder.start()
    bench.record(some_receipts(50))
    bench.recorder.stop(30)
    assert len(bench.settled) == 50
    assert all(spooled > number for number, spooled in enumerate(bench.spooled_when_settled))


def test_a_refusal_without_a_hold_is_recorded_too(tmp_path: Path) -> None:
    sink = ListSink()
    bench = Bench(tmp_path, sink)
    bench.recorder.start()
    bench.recorder.record(a_receipt(1), None)
    assert bench.recorder.stop(30)
    assert sink.rows == [a_receipt(1)]
    assert bench.settled == []


def test_an_idle_recorder_wakes_for_a_single_receipt(tmp_path: Path) -> None:
    sink = ListSink()
    bench = Bench(tmp_path, sink)
    bench.recorder.start()
    for number in range(5):
        bench.recorder.record(a_receipt(number), None)
        until(lambda number=number: len(sink.rows) == number + 1)
    bench.recorder.stop(30)


async def test_holds_are_settled_before_drain_returns(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.recorder.start()
    bench.record(some_receipts(20))
    assert await bench.recorder.drain(30)
    assert len(bench.settled) == 20


def test_a_failing_sink_holds_up_nobody_and_gets_everything_later(tmp_path: Path) -> None:
    good, bad = ListSink(), ListSink(failures=3)
    bench = Bench(tmp_path, good, bad)
    bench.recorder.start()
    bench.record(some_receipts(10))
    until(lambda: len(good.rows) == 10)
    until(lambda: len(bad.rows) == 10)
    facts = bench.recorder.facts().sinks[1]
    assert facts.failures_total == 3
    bench.recorder.stop(30)
    assert "sink.failed" in bench.log.events
    assert "sink.recovered" in bench.log.events


def test_a_sink_that_hangs_holds_up_neither_the_spool_nor_another_sink(tmp_path: Path) -> None:
    import threading

    release = threading.Event()

    class Hanging(ListSink):
        def write(self, batch: Sequence[Receipt], position: int) -> None:
            release.wait(30)
            super().write(batch, position)

    good, slow = ListSink(), Hanging()
    bench = Bench(tmp_path, slow, good)
    bench.recorder.start()
    bench.record(some_receipts(10))
    until(lambda: len(good.rows) == 10)
    assert len(bench.settled) == 10
    assert slow.rows == []
    release.set()
    assert bench.recorder.stop(30)
    assert len(slow.rows) == 10


def test_what_a_sink_did_not_take_comes_after_the_next_start(tmp_path: Path) -> None:
    away, good = ListSink(failures=10**6), ListSink()
    bench = Bench(tmp_path, away, good)
    bench.recorder.start()
    bench.record(some_receipts(10))
    until(lambda: len(good.rows) == 10)
    assert bench.recorder.stop(30)
    assert away.rows == []
    away.failures = 0
    again = Bench(tmp_path, away, good)
    again.recorder.start()
    until(lambda: len(away.rows) == 10)
    again.recorder.stop(30)
    assert away.rows == good.rows == some_receipts(10)


def test_a_sink_that_cannot_be_opened_is_tried_again(tmp_path: Path) -> None:
    sink = ListSink()
    tries: list[int] = []

    def opened() -> ListSink:
        tries.append(1)
        if len(tries) < 3:
            raise OSError("no such host")
        return sink

    log = Log()
    spool = Spool(tmp_path, SpoolSettings(), SystemClock())
    recorder = Recorder(
        spool, Outlets([Seat("late", opened, every_s=0.01)], (), log), lambda _: None, SystemClock(), RecorderSettings()
    )
    recorder.start()
    recorder.record(a_receipt(1), None)
    until(lambda: len(sink.rows) == 1)
    recorder.stop(30)
    assert len(tries) == 3


def test_refuse_says_full_while_the_disk_is_and_keeps_what_was_under_way(tmp_path: Path) -> None:
    sink = ListSink()
    bench = Bench(tmp_path, sink, spool=StubbornSpool, on_full="refuse")
    bench.recorder.start()
    bench.record(some_receipts(10))
    until(lambda: bench.recorder.full)
    assert bench.settled == []
    cast(StubbornSpool, bench.spool).broken = False
    until(lambda: not bench.recorder.full)
    assert bench.recorder.stop(30)
    assert sink.rows == some_receipts(10)
    assert bench.recorder.facts().dropped == 0


def test_drop_serves_on_counts_and_settles(tmp_path: Path) -> None:
    bench = Bench(tmp_path, spool=StubbornSpool, on_full="drop")
    bench.recorder.start()
    bench.record(some_receipts(10))
    until(lambda: len(bench.settled) == 10)
    assert not bench.recorder.full
    assert bench.recorder.facts().dropped == 10
    assert bench.seen == some_receipts(10), "metrics still know of them"
    cast(StubbornSpool, bench.spool).broken = False
    bench.recorder.stop(30)


def test_memory_is_bounded_when_the_writer_cannot_keep_up(tmp_path: Path) -> None:
    bench = Bench(tmp_path, max_queued=5)
    bench.record(some_receipts(8))  # the thread has not begun
    facts = bench.recorder.facts()
    assert (facts.queued, facts.dropped) == (5, 3)
    assert len(bench.settled) == 3
    bench.recorder.start()
    bench.recorder.stop(30)
    assert bench.seen == some_receipts(5)


def test_what_is_lost_at_shutdown_is_told_and_its_holds_are_closed(tmp_path: Path) -> None:
    bench = Bench(tmp_path, spool=StubbornSpool, on_full="refuse")
    bench.recorder.start()
    bench.record(some_receipts(4))
    assert not bench.recorder.stop(0.05)
    assert "receipts.lost_at_shutdown" in bench.log.events
    assert bench.recorder.facts().dropped == 4
    assert len(bench.settled) == 4


def test_one_receipt_with_a_broken_text_does_not_hold_up_its_batch(tmp_path: Path) -> None:
    sink = ListSink()
    bench = Bench(tmp_path, sink)
    bench.record([a_receipt(0), a_receipt(1, model="\ud800"), a_receipt(2)])
    bench.recorder.start()
    assert bench.recorder.stop(30)
    assert [receipt.model for receipt in sink.rows] == ["gpt-4o-mini", "?", "gpt-4o-mini"]
    assert len(bench.settled) == 3


def test_an_observer_that_fails_does_not_stop_the_recording(tmp_path: Path) -> None:
    def broken(_: Sequence[Receipt]) -> None:
        raise OSError("the log disk is full")

    sink = ListSink()
    bench = Bench(tmp_path, sink, observers=(broken,))
    bench.recorder.start()
    bench.record(some_receipts(3))
    assert bench.recorder.stop(30)
    assert len(sink.rows) == len(bench.seen) == 3
    assert "receipts.observer_failed" in bench.log.events


def test_a_hold_that_cannot_be_settled_does_not_keep_the_others_open(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    settled: list[Hold] = []
    poison = hold()

    def settle(each: Hold) -> None:
        if each is poison:
            raise KeyError("gone")
        settled.append(each)

    recorder = Recorder(bench.spool, Outlets((), (), bench.log), settle, SystemClock(), RecorderSettings())
    recorder.record(a_receipt(0), poison)
    recorder.record(a_receipt(1), hold())
    recorder.start()
    assert recorder.stop(30)
    assert len(settled) == 1


def test_passed_segments_are_deleted_while_running(tmp_path: Path) -> None:
    sink = ListSink()
    clock = SystemClock()
    spool = Spool(tmp_path, SpoolSettings(segment_mb=0), clock)
    recorder = Recorder(
        spool,
        Outlets([Seat("list", lambda: sink, every_s=0.0)], (), Log()),
        lambda _: None,
        clock,
        RecorderSettings(flush_s=0.001),
    )
    recorder.start()
    for number in range(20):
        recorder.record(a_receipt(number), None)
        until(lambda number=number: len(sink.rows) == number + 1)
    assert recorder.stop(30)
    assert len(list(tmp_path.glob("*.spool"))) == 1


def test_a_sink_that_is_ahead_of_the_spool_loses_nothing(tmp_path: Path) -> None:
    sink = ListSink()
    bench = Bench(tmp_path, sink)
    sink.position = ahead = bench.spool.head + 10**9
    bench.recorder.start()
    bench.record(some_receipts(3))
    until(lambda: len(sink.rows) == 3)
    assert "sink.ahead_of_spool" in bench.log.events
    bench.record(some_receipts(3, since=3))
    assert bench.recorder.stop(30)
    assert sink.rows == some_receipts(6)
    assert sink.position > ahead - 10**9


@pytest.mark.parametrize("count", [1, 255, 256, 257, 3000])
def test_any_number_of_receipts_is_spooled_whole(tmp_path: Path, count: int) -> None:
    bench = Bench(tmp_path)
    bench.recorder.start()
    bench.record(some_receipts(count))
    assert bench.recorder.stop(30)
    assert len(bench.seen) == count


class Away:
    """A sink that takes nothing until it is back."""

    name = "away"

    def __init__(self) -> None:
        self.back = False
        self.rows: list[Receipt] = []

    def written(self) -> int:
        return 0

    def write(self, batch: Sequence[Receipt], position: int) -> None:
        if not self.back:
            raise ConnectionError("away")
        self.rows.extend(batch)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("may_lose", [True, False])
def test_a_sink_that_may_lose_some_takes_no_room_from_the_others(tmp_path: Path, may_lose: bool) -> None:
    near, away, log = ListSink(), Away(), Log()
    spool = Spool(tmp_path, SpoolSettings(max_mb=1, segment_mb=0, recent=10), SystemClock())
    seats = [
        Seat("near", lambda: near, every_s=0.0),
        Seat("away", lambda: away, every_s=0.0, longest_pause_s=0.01, may_lose=may_lose),
    ]
    recorder = Recorder(spool, Outlets(seats, (), log), None, SystemClock(), RecorderSettings(flush_s=0.0))
    recorder.start()
    for batch in range(40):
        for number in range(50):
            recorder.record(a_receipt(batch * 50 + number), None)
        until(lambda batch=batch: recorder.facts().queued == 0)
        until(lambda: recorder.facts().sinks[0].lag == 0)
    away.back = True
    until(lambda: recorder.facts().sinks[1].lag == 0)
    facts = recorder.facts()
    recorder.stop(20)
    missed = facts.sinks[1].missed
    if may_lose:
        assert (len(near.rows), facts.dropped) == (2000, 0)
        assert 0 < missed < 2000
        assert [one.receipt_id for one in away.rows] == [one.receipt_id for one in near.rows[missed:]]
    else:
        assert missed == 0
        assert facts.dropped > 0
        assert len(near.rows) == len(away.rows) == 2000 - facts.dropped
