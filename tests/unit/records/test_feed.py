from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from tests.receipts import some_receipts
from torana.core.clock import SystemClock
from torana.ports.receipt import Receipt
from torana.ports.sink import Rewound, Unreachable
from torana.records.feed import MANY, MANY_WAIT, Feed, Seat, told
from torana.records.spool import Spool, SpoolSettings


class Log:
    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []

    def info(self, event: str, **fields: object) -> None:
        self.lines.append((event, fields))

    warning = error = info


class Half:
    """A sink that takes a batch and breaks before it remembers; its close breaks too."""

    name = "half"

    def __init__(self) -> None:
        self.batches: list[Sequence[Receipt]] = []

    def written(self) -> int:
        return 0

    def write(self, batch: Sequence[Receipt], position: int) -> None:
        self.batches.append(batch)
        raise TimeoutError("no answer")

    def close(self) -> None:
        raise OSError("already gone")


def test_a_batch_that_failed_comes_again_whole_and_pauses_grow(tmp_path: Path) -> None:
    clock, log, sink = SystemClock(), Log(), Half()
    spool = Spool(tmp_path, SpoolSettings(), clock)
    spool.append(some_receipts(3))
    feed = Feed(Seat("half", lambda: sink, every_s=0.0), spool, clock, log)
    feed.start()
    give_up = clock.monotonic() + 30
    while feed.facts().failures < 3 and clock.monotonic() < give_up:
        pass
    feed.stop(clock.monotonic() + 30)
    assert feed.join()
    assert all(list(batch) == some_receipts(3) for batch in sink.batches)
    pauses = [fields["pause_s"] for event, fields in log.lines if event == "sink.failed"]
    assert pauses[:3] == [0.2, 0.4, 0.8]
    assert ("sink.close_failed", {"sink": "half", "error": "OSError: already gone"}) in log.lines
    facts = feed.facts()
    assert (facts.lag, facts.last_error) == (3, "TimeoutError: no answer")
    spool.close()


class Tired:
    """A far side that asks to be left alone once."""

    name = "tired"

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)

    def written(self) -> int:
        return 0

    def write(self, batch: Sequence[Receipt], position: int) -> None:
        if self.faults:
            raise self.faults.pop(0)

    def close(self) -> None:
        pass


def test_pauses_have_some_chance_in_them_and_heed_what_the_far_side_asks(tmp_path: Path) -> None:
    clock, log = SystemClock(), Log()
    sink = Tired(OSError("a"), OSError("b"), Unreachable("c", 1.5), Unreachable("d"))
    spool = Spool(tmp_path, SpoolSettings(), clock)
    spool.append(some_receipts(3))
    feed = Feed(Seat("tired", lambda: sink, draw=lambda: 0.5, set_aside=lambda: 7), spool, clock, log)
    feed.start()
    give_up = clock.monotonic() + 30
    while feed.facts().lag and clock.monotonic() < give_up:
        time.sleep(0.01)
    feed.stop(clock.monotonic() + 30)
    assert feed.join()
    pauses = [fields["pause_s"] for event, fields in log.lines if event == "sink.failed"]
    assert pauses == [0.2 * 0.75, 0.4 * 0.75, 1.5, 1.6 * 0.75]
    facts = feed.facts()
    assert (facts.sent, facts.set_aside, facts.away_s, facts.failures_total) == (3, 7, 0.0, 4)
    spool.close()


def test_a_fault_is_told_in_one_short_line() -> None:
    assert told(ValueError("x" * 1000)) == "ValueError: " + "x" * 188


class Forgetful:
    """A sink that loses everything once, after its second batch."""

    name = "forgetful"

    def __init__(self) -> None:
        self.rows: list[Receipt] = []
        self.position = 0
        self.lost = False

    def written(self) -> int:
        return self.position

    def write(self, batch: Sequence[Receipt], position: int) -> None:
        if len(self.rows) >= 4 and not self.lost:
            self.lost, self.rows, self.position = True, [], 0
            raise Rewound("gone")
        self.rows.extend(batch)
        self.position = position

    def close(self) -> None:
        pass


def test_a_sink_that_lost_what_it_had_gets_everything_again_that_the_spool_still_has(tmp_path: Path) -> None:
    clock, sink = SystemClock(), Forgetful()
    spool = Spool(tmp_path, SpoolSettings(), clock)
    for receipt in some_receipts(6):
        spool.append([receipt])
    feed = Feed(Seat("forgetful", lambda: sink, every_s=0.0, batch=2, longest_pause_s=0.01), spool, clock, Log())
    feed.start()
    give_up = clock.monotonic() + 30
    while len(sink.rows) < 6 and clock.monotonic() < give_up:
        pass
    feed.stop(clock.monotonic() + 30)
    assert feed.join()
    assert sink.lost
    assert sink.rows == some_receipts(6)
    spool.close()


def test_after_a_large_batch_the_next_one_may_gather_for_longer(tmp_path: Path) -> None:
    waits: list[float] = []
    spool = Spool(tmp_path, SpoolSettings(), SystemClock())
    feed = Feed(Seat("slow", Tired, every_s=0.2), spool, SystemClock(), Log())

    def wait(seconds: float) -> None:
        waits.append(seconds)
        spool.append(some_receipts(MANY if len(waits) % 2 else MANY - 1))
        feed._stopping = len(waits) == 4

    for _ in range(4):
        feed._nudges.put(None)
    feed._pause = wait  # type: ignore[method-assign]
    feed._run()
    assert waits == [0.0, 0.2 * MANY_WAIT, 0.2, 0.2 * MANY_WAIT]
    spool.close()
