"""Spans on their way: batched, tried again, dropped with a count when nobody takes them."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence

from tests.receipts import a_receipt
from torana.core.clock import SystemClock
from torana.ports.receipt import Receipt
from torana.ports.sink import Answered
from torana.records.traces import MOST_WAITING, Collector, Traces
from torana.upstream.posting import judged

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Log:
    def __init__(self) -> None:
        self.events: list[str] = []

    def info(self, event: str, **fields: object) -> None:
        self.events.append(event)

    warning = error = info


class Far:
    """Answers with the statuses given, then with 200."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.spans: list[str] = []
        self.posts = 0
        self.came = threading.Event()

    def __call__(
        self, url: str, headers: Sequence[tuple[str, str]], body: bytes, /, *, compressed: bool = False
    ) -> Answered:
        self.posts += 1
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            (one,) = json.loads(body)["resourceSpans"]
            self.spans += [span["spanId"] for span in one["scopeSpans"][0]["spans"]]
        self.came.set()
        return Answered(status, {}, b"")

    def close(self) -> None: ...


def traces(far: Far, log: Log) -> Traces:
    collector = Collector("http://127.0.0.1:1/v1/traces", (), far, judged, {"attributes": []}, "1.0")
    return Traces(collector, SystemClock(), log)


def some(count: int) -> list[Receipt]:
    return [a_receipt(number, trace=TRACE) for number in range(count)]


def end(one: Traces) -> None:
    one.stop(SystemClock().monotonic() + 20)
    assert one.join()


def test_what_is_traced_is_sent_and_nothing_else() -> None:
    far, log = Far(), Log()
    one = traces(far, log)
    one.start()
    one.take([*some(300), a_receipt(999)])
    end(one)
    assert len(set(far.spans)) == 300
    assert far.posts == 2
    assert one.facts()[0].sent == 300


def test_a_collector_that_fails_for_a_moment_gets_it_all_the_same() -> None:
    far, log = Far(503, 503), Log()
    one = traces(far, log)
    one.take(some(3))
    one.start()
    end(one)
    assert (len(far.spans), far.posts) == (3, 3)
    assert log.events == ["traces.failed", "traces.recovered"]
    assert one.facts()[0].failures == 0


def test_what_nobody_takes_is_dropped_with_a_count() -> None:
    far, log = Far(*[400] * 4), Log()
    one = traces(far, log)
    one.take(some(5))
    one.start()
    end(one)
    facts = one.facts()[0]
    assert (far.spans, facts.set_aside, facts.lag, facts.failures) == ([], 5, 0, 4)
    assert "400" in facts.last_error


def test_no_more_wait_than_there_is_room_for() -> None:
    one = traces(Far(), Log())
    one.take(some(1) * (MOST_WAITING + 7))
    assert (one.facts()[0].lag, one.facts()[0].set_aside) == (MOST_WAITING, 7)
