from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar

import pytest

from torana.guardrails.nemo.loop import OwnLoop, at_home

WHO: ContextVar[str] = ContextVar("who")


async def test_work_runs_in_another_thread_in_the_callers_context_and_can_go_home() -> None:
    home = asyncio.get_running_loop()
    WHO.set("caller")

    async def ours() -> tuple[asyncio.AbstractEventLoop, str]:
        return asyncio.get_running_loop(), WHO.get()

    async def work() -> tuple[str, str, tuple[asyncio.AbstractEventLoop, str]]:
        assert asyncio.get_running_loop() is not home
        return threading.current_thread().name, WHO.get(), await at_home(ours)

    assert await OwnLoop().run(work) == ("guardrail-loop", "caller", (home, "caller"))


async def test_faults_come_back_from_both_sides() -> None:
    async def wrong() -> None:
        raise LookupError("there")

    for work in (wrong, lambda: at_home(wrong)):
        with pytest.raises(LookupError, match="there"):
            await OwnLoop().run(work)
    with pytest.raises(ZeroDivisionError):
        OwnLoop().call(lambda: 1 / 0)


async def test_work_that_is_given_up_is_cancelled_there_and_at_home() -> None:
    ended: list[str] = []

    async def waits(where: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(where)

    async def work() -> None:
        try:
            await at_home(lambda: waits("home"))
        finally:
            ended.append("there")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await OwnLoop().run(work)
    async with asyncio.timeout(5):
        while len(ended) < 2:
            await asyncio.sleep(0.001)
    assert sorted(ended) == ["home", "there"]


def test_all_calls_share_one_thread() -> None:
    loop = OwnLoop()
    assert loop.call(threading.get_ident) == loop.call(threading.get_ident) != threading.get_ident()
