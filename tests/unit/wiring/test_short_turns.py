from __future__ import annotations

import asyncio
import sys
from threading import Event
from typing import Any

import pytest

from torana.wiring import serve
from torana.wiring.short_turns import SHORT_S, ShortTurns


def test_turns_are_short_while_somebody_works_and_usual_again_afterwards() -> None:
    usual_s = sys.getswitchinterval()
    first, second, go = Event(), Event(), Event()

    def work(begun: Event) -> float:
        begun.set()
        go.wait(10)
        return sys.getswitchinterval()

    with ShortTurns(2) as threads:
        found = [threads.submit(work, one) for one in (first, second)]
        assert first.wait(10) and second.wait(10)
        assert sys.getswitchinterval() == pytest.approx(SHORT_S)
        go.set()
        assert found[0].result(10) == pytest.approx(SHORT_S)
    assert sys.getswitchinterval() == pytest.approx(usual_s)


def test_a_fault_of_the_work_ends_its_turn_too() -> None:
    usual_s = sys.getswitchinterval()
    with ShortTurns(1) as threads, pytest.raises(ZeroDivisionError):
        threads.submit(lambda: 1 // 0).result(10)
    assert sys.getswitchinterval() == pytest.approx(usual_s)


async def test_it_is_an_executor_for_the_event_loop() -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ShortTurns(1))
    assert await asyncio.to_thread(sys.getswitchinterval) == pytest.approx(SHORT_S)


async def test_the_gateway_works_beside_its_event_loop_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Begun(Exception):
        pass

    def laid(options: Any) -> None:
        raise Begun

    monkeypatch.setattr(serve, "laid", laid)
    with pytest.raises(Begun):
        await serve.build(serve.ServeOptions())
    assert await asyncio.to_thread(sys.getswitchinterval) == pytest.approx(SHORT_S)
