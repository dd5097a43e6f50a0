"""Providers are probed apart from requests: in turn by the clock, each alone, and their deployments told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.line.world import ScriptedProvider, model, snapshot
from torana.core.faults import ConnectFailed, StatusFault, UpstreamFault
from torana.core.snapshot import Deadlines, Deployment, Probe, Snapshot
from torana.line.health import Health
from torana.line.prober import LONGEST_NAP_S, Prober
from torana.testing.clock import FakeClock

PROBE = Probe(interval_s=10.0, timeout_s=2.0, failures=2)
HERE = Deployment("p", "up-m")
THERE = Deployment("p", "up-n")
ELSEWHERE = Deployment("q", "up-m")


class Asked(ScriptedProvider):
    """A provider that can be probed."""

    def __init__(self, clock: FakeClock, *finds: UpstreamFault | bool) -> None:
        super().__init__()
        self._clock = clock
        self._finds = list(finds) or [True]
        self.at: list[float] = []
        self.deadlines: Deadlines | None = None
        self.under_way = 0

    async def probe(self, deadlines: Deadlines) -> bool:
        assert self.under_way == 0, "probed twice at the same time"
        self.at.append(self._clock.monotonic())
        self.deadlines = deadlines
        self.under_way += 1
        await asyncio.sleep(0)
        self.under_way -= 1
        found = self._finds.pop(0) if len(self._finds) > 1 else self._finds[0]
        if isinstance(found, UpstreamFault):
            raise found
        return found


class Room:
    """A prober by a fake clock."""

    def __init__(
        self, *finds: UpstreamFault | bool, probe: Probe = PROBE, draw: Callable[[], float] = lambda: 0.5
    ) -> None:
        self.clock = FakeClock()
        self.health = Health(self.clock)
        self.provider = Asked(self.clock, *finds)
        self.providers: dict[str, object] = {"p": self.provider, "q": ScriptedProvider()}
        self.snapshot: Snapshot = snapshot(model(providers=("p", "q")), model("n"), probes={"p": probe, "q": probe})
        self.prober = Prober(lambda: (self.snapshot, self.providers), self.health, self.clock, draw)  # type: ignore[arg-type, return-value]

    async def go_on(self, seconds: float) -> None:
        """Let the prober work for so long."""
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:
            self.clock.advance(max(0.001, await self.prober.round()))


async def test_a_provider_that_answers_is_up_and_asked_once_an_interval() -> None:
    room = Room()
    await room.go_on(51.0)
    assert [round(at - 1000.0) for at in room.provider.at] == [5, 15, 25, 35, 45]
    assert room.provider.deadlines == Deadlines(2.0, 2.0, 2.0, 2.0)
    assert room.health.rest(HERE) is None
    assert room.health.condition(HERE).probe == room.health.condition(THERE).probe == "up"
    assert room.prober.counts == {("p", "ok"): 5}


async def test_two_failures_in_a_row_bring_every_deployment_of_it_down_and_one_answer_brings_them_up() -> None:
    room = Room(ConnectFailed(), ConnectFailed(), StatusFault(503, b""), True)
    await room.go_on(6.0)
    assert room.health.rest(HERE) is None
    await room.go_on(10.0)
    for one in (HERE, THERE):
        rest = room.health.rest(one)
        assert rest is not None and rest.reason == "down: its probe failed (connect)"
        assert room.health.condition(one).probe == "down"
    await room.go_on(10.0)
    rest = room.health.rest(HERE)
    assert rest is not None and "(503)" in rest.reason
    await room.go_on(10.0)
    assert (room.health.rest(HERE), room.health.condition(HERE).probe) == (None, "up")
    assert room.prober.counts == {("p", "connect"): 2, ("p", "503"): 1, ("p", "ok"): 1}


async def test_a_failure_between_answers_is_none() -> None:
    room = Room(ConnectFailed(), True, ConnectFailed(), True, ConnectFailed(), True)
    await room.go_on(60.0)
    assert room.health.condition(HERE).breaker == "closed"
    assert room.health.rest(HERE) is None


async def test_what_was_found_is_believed_only_while_probes_go_on() -> None:
    room = Room(ConnectFailed(), probe=Probe(10.0, 2.0, 1))
    await room.go_on(6.0)
    assert room.health.rest(HERE) is not None
    room.clock.advance(29.0)
    assert room.health.rest(HERE) is None


async def test_a_probe_ends_no_rest_that_a_request_led_to() -> None:
    room = Room(ConnectFailed(), True, probe=Probe(10.0, 2.0, 1))
    room.health.of(HERE).cool(1000.0, room.clock.monotonic())
    await room.go_on(20.0)
    rest = room.health.rest(HERE)
    assert rest is not None and rest.reason.startswith("cooling down")
    assert room.health.rest(THERE) is None


async def test_an_answer_to_a_request_brings_a_deployment_up_again() -> None:
    room = Room(ConnectFailed(), probe=Probe(10.0, 2.0, 1))
    await room.go_on(6.0)
    started = room.clock.monotonic()
    vitals = room.health.begin(HERE, started)
    room.clock.advance(0.1)
    vitals.content(started, room.clock.monotonic())
    assert room.health.rest(HERE) is None
    assert room.health.rest(THERE) is not None


async def test_while_every_credential_is_parked_nothing_is_found() -> None:
    room = Room(False)
    await room.go_on(40.0)
    assert room.provider.at
    assert room.health.condition(HERE).probe is None
    assert room.prober.counts == {}


async def test_moments_are_spread_by_a_fifth() -> None:
    late = Room(draw=lambda: 1.0)
    await late.go_on(60.0)
    gaps = [after - before for before, after in zip(late.provider.at, late.provider.at[1:], strict=False)]
    assert all(abs(gap - 12.0) < 0.1 for gap in gaps)


async def test_a_configuration_without_probes_asks_nobody_and_a_new_one_is_seen_soon() -> None:
    room = Room()
    probing, room.snapshot = room.snapshot, snapshot()
    assert await room.prober.round() == LONGEST_NAP_S
    await room.go_on(30.0)
    assert room.provider.at == []
    room.snapshot = probing
    await room.go_on(6.0)
    assert len(room.provider.at) == 1


async def test_a_provider_that_cannot_be_probed_is_left_alone() -> None:
    room = Room()
    await room.go_on(20.0)
    assert room.health.condition(ELSEWHERE).probe is None


async def test_it_goes_on_until_it_is_cancelled() -> None:
    room = Room()
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        room.clock.advance(seconds)
        if len(slept) > 20:
            raise asyncio.CancelledError

    task = asyncio.ensure_future(room.prober.watch(sleep))
    await asyncio.wait([task])
    assert task.cancelled()
    assert max(slept) <= LONGEST_NAP_S
    assert len(room.provider.at) == 2
