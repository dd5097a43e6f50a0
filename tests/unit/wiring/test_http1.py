"""When a connection at rest is closed. What requests are answered with is shown by tests/e2e."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, cast

import pytest
import uvicorn
from uvicorn.server import ServerState

from torana.edge.house import CLEAN
from torana.wiring.http1 import Http1

ASK = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n"
KEEP_ALIVE_S = 75


class HandMade:
    """A loop whose time is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Any:
        timer = (self.now + seconds, callback)
        self.timers.append(timer)
        loop = self

        class Handle:
            def cancel(self) -> None:
                with contextlib.suppress(ValueError):
                    loop.timers.remove(timer)

        return Handle()

    def create_task(self, work: Any, **_: Any) -> asyncio.Task[Any]:
        return asyncio.get_running_loop().create_task(work)

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        for timer in [one for one in self.timers if one[0] <= self.now]:
            self.timers.remove(timer)
            timer[1]()


class Wire(asyncio.Transport):
    """Keeps what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        """Nothing is read."""

    def resume_reading(self) -> None:
        """Nothing is read."""


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")], CLEAN: 2})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def loop() -> HandMade:
    return HandMade()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def connection(loop: HandMade, wire: Wire) -> Http1:
    config = uvicorn.Config(app, timeout_keep_alive=KEEP_ALIVE_S, log_config=None, ws="none", lifespan="off")
    config.load()
    made = Http1(config=config, server_state=ServerState(), app_state={}, _loop=cast(Any, loop))
    made.connection_made(wire)
    return made


async def ask(connection: Http1) -> None:
    connection.data_received(ASK)
    await asyncio.gather(*connection.tasks)


async def test_a_connection_that_rests_for_as_long_as_is_kept_is_closed(
    connection: Http1, loop: HandMade, wire: Wire
) -> None:
    await ask(connection)
    loop.pass_by(KEEP_ALIVE_S - 1)
    assert not wire.closed
    loop.pass_by(1)
    assert wire.closed


async def test_each_request_begins_the_rest_anew(connection: Http1, loop: HandMade, wire: Wire) -> None:
    await ask(connection)
    loop.pass_by(50)
    await ask(connection)
    loop.pass_by(50)
    assert not wire.closed
    loop.pass_by(25)
    assert wire.closed


async def test_a_request_under_way_is_no_rest(connection: Http1, loop: HandMade, wire: Wire) -> None:
    await ask(connection)
    connection.data_received(ASK[:20])
    loop.pass_by(1000)
    assert not wire.closed
    connection.data_received(ASK[20:])
    await asyncio.gather(*connection.tasks)
    loop.pass_by(KEEP_ALIVE_S)
    assert wire.closed


async def test_many_requests_set_one_timer(connection: Http1, loop: HandMade, wire: Wire) -> None:
    for _ in range(5):
        await ask(connection)
    assert len(loop.timers) == 1
    assert wire.written.count(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok") == 5


async def test_a_connection_that_is_gone_leaves_no_timer(connection: Http1, loop: HandMade) -> None:
    await ask(connection)
    connection.connection_lost(None)
    assert not loop.timers
