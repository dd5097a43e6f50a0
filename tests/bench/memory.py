"""Memory and start-up: idle RSS, what an open stream keeps, whether RSS grows with requests, time to the first answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from tests.bench import cpu, wire
from tests.bench.figures import slope
from tests.bench.gateways import Gateway, first_answer, torana_command
from tests.bench.load import burst
from tests.bench.processes import Failed, Fleet, free_port, module

_KB = 1024


def cold_start(fleet: Fleet, targets: dict[str, int]) -> float:
    """Milliseconds from the start of ``torana serve``, data folder empty, to the first chat answer with 200."""
    port = free_port()
    command = torana_command(fleet, targets, port)
    began = time.perf_counter()
    child = fleet.start(command, "cold")
    try:
        first_answer(port, patience_s=30)
        return (time.perf_counter() - began) * 1e3
    except Failed as fault:
        raise Failed(f"{fault}; {fleet.last_words(child)}") from None
    finally:
        fleet.stop(child)


def idle(gateway: Gateway) -> int:
    """Resident bytes of a gateway that has answered and then rested."""
    first_answer(gateway.port, patience_s=10)
    cpu.settled(gateway.pid)
    time.sleep(1)
    return cpu.resident(gateway.pid)


class Held(NamedTuple):
    """Resident bytes of one gateway process before, while and after it held ``streams`` open streams."""

    streams: int
    before: int
    during: int
    after: int

    @property
    def kb_each(self) -> float:
        """Growth for each open stream."""
        return (self.during - self.before) / self.streams / _KB


def open_streams(fleet: Fleet, gateway: Gateway, streams: int) -> Held:
    """Hold ``streams`` slow streams open through a gateway. Raises Failed unless every one had its first event."""
    warm = ("--port", gateway.ports[wire.STREAM], "--streams", 50)
    fleet.ask(module("stream_client", *warm), "warm", patience_s=60)
    cpu.settled(gateway.pid)
    before = cpu.resident(gateway.pid)
    arguments = ("--port", gateway.ports[wire.HOLD], "--streams", streams, "--model", wire.HOLD, "--hold")
    client = fleet.start(module("stream_client", *arguments, "--patience", 40), "hold", talk=True)
    said = fleet.line(client, patience_s=80)
    opened = int(said.split()[1]) if said.startswith("OPEN ") else 0
    time.sleep(2)
    during = cpu.resident(gateway.pid)
    if opened < streams:
        ending, _ = client.communicate(timeout=20)
        fleet.stop(client)
        raise Failed(f"{gateway.name}: {opened} of {streams} streams opened; {ending.decode()[-400:]}")
    fleet.stop(client)
    cpu.settled(gateway.pid, patience_s=5)
    return Held(streams, before, during, cpu.resident(gateway.pid))


class Growth(NamedTuple):
    """RSS over many requests: the slope after the first fifth, in bytes for 1,000 requests, and both ends in bytes."""

    requests: int
    slope: float
    first: int
    last: int


def growth(fleet: Fleet, gateway: Gateway, requests: int, steps: int, tell: Callable[[str], None]) -> Growth:
    """Load a gateway in bursts until ``requests`` are answered; RSS is read between bursts. At most ten minutes."""
    trial = burst(fleet, gateway.port, 1).proven(gateway.name)
    seconds = max(1.0, requests / steps / (trial.answered / trial.seconds))
    points: list[tuple[float, float]] = []
    answered = 0
    deadline = time.monotonic() + 600
    while answered < requests and time.monotonic() < deadline:
        answered += burst(fleet, gateway.port, seconds).proven(gateway.name).answered
        points.append((answered, cpu.resident(gateway.pid)))
        tell(f"  {answered:,} requests, {points[-1][1] / _KB / _KB:.1f} MB")
    # Pools, caches and the allocator fill up first; that is not growth.
    steady = [point for point in points if point[0] > answered / 5]
    return Growth(answered, slope(steady) * 1000, int(points[0][1]), int(points[-1][1]))
