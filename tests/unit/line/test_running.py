"""What outlives its request is waited for, and ended when it takes too long."""

from __future__ import annotations

import asyncio

from torana.line.running import Running


async def test_with_nothing_under_way_nobody_waits() -> None:
    assert await Running().ended(60.0)


async def test_what_ends_in_time_is_waited_for() -> None:
    running = Running()
    closed: list[str] = []

    async def close() -> None:
        await asyncio.sleep(0)
        closed.append("connection")

    running.start(close())
    assert await running.ended(60.0)
    assert closed == ["connection"]


async def test_what_does_not_end_is_cancelled_and_has_ended_then() -> None:
    running = Running()
    task = running.start(asyncio.Event().wait())
    assert not await running.ended(0.0)
    assert task.cancelled()


async def test_a_failure_of_what_was_given_up_is_nobodys() -> None:
    running = Running()

    async def fail() -> None:
        raise OSError("reset")

    task = running.start(fail())
    assert await running.ended(60.0)
    assert isinstance(task.exception(), OSError)
