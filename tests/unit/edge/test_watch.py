"""A watch cancels the request of a caller who hung up, never one that is finished."""

from __future__ import annotations

import asyncio

import pytest

from torana.core.trail import Trail
from torana.edge.house import Message
from torana.edge.watch import GRACE_S, Lookout, Watch


class Line:
    """A connection that may report a disconnect."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self.asked = 0

    async def receive(self) -> Message:
        self.asked += 1
        if self.asked == 1:
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}


class Watched:
    """A request that runs until it is cancelled, and its watch."""

    def __init__(self) -> None:
        self.line = Line()
        self.trail = Trail("r", "i", 0.0, 0.0)
        self.task = asyncio.create_task(self.run())
        self.watch = Watch(self.line.receive, self.task, self.trail, Lookout())

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def end(self) -> None:
        self.watch.stop()
        self.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.task
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_hang_up_cancels_the_request_and_says_why() -> None:
    watched = Watched()
    await asyncio.sleep(GRACE_S * 2)
    assert not watched.task.done()
    watched.line.gone.set()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(watched.task, 5)
    assert watched.trail.leaving == "client_gone"


async def test_within_the_grace_nobody_looks() -> None:
    watched = Watched()
    watched.line.gone.set()
    await asyncio.sleep(0)
    assert watched.line.asked == 0
    await watched.end()


async def test_a_hang_up_within_the_grace_is_noticed_after_it() -> None:
    watched = Watched()
    watched.line.gone.set()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(watched.task, 5)
    assert watched.trail.leaving == "client_gone"


async def test_a_watch_that_is_stopped_before_its_grace_never_starts() -> None:
    watched = Watched()
    watched.watch.stop()
    watched.line.gone.set()
    await asyncio.sleep(GRACE_S * 2)
    assert watched.line.asked == 0
    assert not watched.task.done()
    await watched.end()


async def test_a_watch_that_is_stopped_while_the_disconnect_is_under_way_cancels_nothing() -> None:
    watched = Watched()
    await asyncio.sleep(GRACE_S * 2)
    watched.line.gone.set()  # the watcher's task is ready to run with it …
    watched.watch.stop()  # … and the request finished first
    for _ in range(5):
        await asyncio.sleep(0)
    assert watched.trail.leaving is None
    assert not watched.task.done()
    await watched.end()


async def test_stopping_twice_is_harmless() -> None:
    watched = Watched()
    watched.watch.stop()
    await watched.end()


async def test_who_is_leaving_already_keeps_the_first_reason() -> None:
    watched = Watched()
    watched.trail.leaving = "shutdown"
    watched.line.gone.set()
    await asyncio.sleep(GRACE_S * 2)
    assert watched.trail.leaving == "shutdown"
    assert not watched.task.done(), "it was cancelled a second time"
    await watched.end()
