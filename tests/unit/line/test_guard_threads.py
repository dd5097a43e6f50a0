"""A guardrail that hangs keeps its own few threads and nobody else's, and what it cannot do is said at once."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from torana.line.guard_threads import MOST_CREWS, Crew, Crews, Full


async def settled(crew: Crew, given_up: int) -> None:
    while crew.given_up != given_up:
        await asyncio.sleep(0.001)


async def hang(crew: Crew, until: threading.Event) -> None:
    started = threading.Event()

    def hanging() -> None:
        started.set()
        until.wait()

    call = asyncio.ensure_future(crew.run(hanging))
    while not started.is_set():
        await asyncio.sleep(0.001)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_a_call_gives_what_its_function_returns_or_raises() -> None:
    crew = Crew()
    assert await crew.run(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await crew.run(divmod, 7, 0)
    assert await crew.run(threading.get_ident) != threading.get_ident()


async def test_calls_at_once_share_the_threads_there_may_be() -> None:
    crew = Crew(threads=3)
    seen: set[int] = set()
    together = threading.Barrier(3)

    def look() -> None:
        together.wait()
        seen.add(threading.get_ident())

    await asyncio.gather(*(crew.run(look) for _ in range(9)))
    assert len(seen) == 3


async def test_when_all_its_threads_hang_it_is_refused_at_once_and_taken_again_when_one_comes_back() -> None:
    crew, until = Crew(threads=2), threading.Event()
    await hang(crew, until)
    assert (crew.given_up, await crew.run(int, "7")) == (1, 7)
    await hang(crew, until)
    with pytest.raises(Full):
        await crew.run(int, "7")
    assert (crew.given_up, crew.refused) == (2, 1)
    until.set()
    await settled(crew, 0)
    assert await crew.run(int, "7") == 7


async def test_no_more_wait_than_may_and_who_gives_up_waits_no_more() -> None:
    crew, until = Crew(threads=1, longest_queue=1), threading.Event()
    first = asyncio.ensure_future(crew.run(until.wait))
    await asyncio.sleep(0.01)
    waiting = asyncio.ensure_future(crew.run(int, "1"))
    await asyncio.sleep(0)
    with pytest.raises(Full):
        await crew.run(int, "2")
    waiting.cancel()
    await asyncio.wait([waiting])
    assert crew.given_up == 0
    again = asyncio.ensure_future(crew.run(int, "3"))
    await asyncio.sleep(0)
    until.set()
    assert (await first, await again) == (True, 3)


async def test_threads_without_work_end_and_new_ones_come() -> None:
    crew = Crew(threads=1, idle_s=0.001)
    for number in range(20):
        assert await crew.run(int, str(number)) == number
        if number % 2:
            while not crew.is_asleep:
                await asyncio.sleep(0.001)


async def test_what_nobody_foresaw_reaches_who_waits_and_costs_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    class Strange(Exception):
        pass

    def fail() -> None:
        raise Strange

    monkeypatch.setattr(threading, "excepthook", lambda said: None)
    crew = Crew(threads=1)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            await crew.run(fail)
        while not crew.is_asleep:
            await asyncio.sleep(0.001)
    assert await crew.run(int, "7") == 7


async def test_one_that_hangs_takes_nothing_from_another_nor_from_its_next_version() -> None:
    crews, until = Crews(), threading.Event()
    for _ in range(8):
        await hang(crews.of("slow@1"), until)
    with pytest.raises(Full):
        await crews.of("slow@1").run(int, "7")
    assert await crews.of("other@1").run(int, "7") == 7
    assert await crews.of("slow@2").run(int, "7") == 7
    assert (crews.given_up, crews.refused) == (8, 1)
    until.set()


def test_names_of_old_versions_are_forgotten_and_what_they_refused_is_not() -> None:
    crews = Crews()
    crews.of("first").refused = 5
    for number in range(MOST_CREWS + 1):
        crews.of(str(number))
    assert crews.refused == 5
    assert crews.of("first").refused == 0


def test_a_process_ends_though_a_guardrail_hangs() -> None:
    program = """
import asyncio, threading
from torana.line.guard_threads import Crew
async def main():
    try:
        async with asyncio.timeout(0.05):
            await Crew().run(threading.Event().wait)
    except TimeoutError:
        pass
asyncio.run(main())
"""
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0
