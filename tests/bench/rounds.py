"""The interleaved rounds: every gateway in turn, again and again, so that a slow minute hits all alike."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from tests.bench import cpu, wire
from tests.bench.figures import ratios, spread
from tests.bench.gateways import Gateway
from tests.bench.load import burst
from tests.bench.processes import Failed, Fleet, module

Table = dict[str, dict[str, float]]
STREAMS = 50


class Road(NamedTuple):
    """One way through one gateway: how its client asks, for which model."""

    name: str
    gateway: Gateway
    ask: str
    model: str


Measured = TypeVar("Measured", Gateway, Road)


def interleaved(gateways: Sequence[Measured], rounds: int, once: Callable[[Measured], float]) -> Table:
    """Measure each gateway or road ``rounds`` times in turn; the first one given is the yardstick of the ratios."""
    seen: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for gateway in gateways:
            seen[gateway.name].append(once(gateway))
    yardstick = seen[gateways[0].name]
    table: Table = {}
    for name, values in seen.items():
        figure, ratio = spread(values), spread(ratios(values, yardstick))
        table[name] = {
            "median": figure.median,
            "low": figure.low,
            "high": figure.high,
            "ratio": ratio.median,
            "ratio_low": ratio.low,
            "ratio_high": ratio.high,
            "rounds": figure.rounds,
        }
    return table


def cpu_per_request(fleet: Fleet, gateway: Gateway, seconds: float) -> float:
    """Microseconds of the gateway's CPU for each request answered."""
    before = cpu.settled(gateway.pid)
    seen = burst(fleet, gateway.port, seconds).proven(gateway.name)
    return (cpu.settled(gateway.pid) - before) / seen.answered * 1e6


def cpu_per_event(fleet: Fleet, gateway: Gateway, repeat: int) -> float:
    """Microseconds of the gateway's CPU for each streamed event that arrived; 50 streams at once, ``repeat`` over."""
    before = cpu.settled(gateway.pid)
    seen = streamed(fleet, gateway, repeat)
    return (cpu.settled(gateway.pid) - before) / float(seen["events"]) * 1e6


def streamed(fleet: Fleet, gateway: Gateway, repeat: int) -> dict[str, Any]:
    """Run the streams; what the client saw. Raises Failed unless every event of every stream came."""
    arguments = ("--port", gateway.ports[wire.STREAM], "--streams", STREAMS, "--repeat", repeat)
    said = fleet.ask(module("stream_client", *arguments), "streams", patience_s=90)
    seen = figures_of(said)
    expected = STREAMS * repeat * wire.EVENTS
    if seen["faults"] or seen["events"] != expected:
        raise Failed(f"{gateway.name}: {seen['events']} of {expected} events; {seen['faults']} faults: {seen['fault']}")
    return seen


def road_per_request(fleet: Fleet, road: Road, seconds: float) -> float:
    """Microseconds of the gateway's CPU for each request answered on this road."""
    gateway = road.gateway
    before = cpu.settled(gateway.pid)
    seen = burst(fleet, gateway.port, seconds, road.ask, road.model).proven(road.name)
    return (cpu.settled(gateway.pid) - before) / seen.answered * 1e6


def road_per_event(fleet: Fleet, road: Road, repeat: int) -> float:
    """Microseconds of the gateway's CPU for each event that the provider sent on this road.

    A translation may make more or fewer events of them, so streams are counted here, not their events.
    """
    gateway = road.gateway
    before = cpu.settled(gateway.pid)
    arguments = ("--port", gateway.port, "--streams", STREAMS, "--repeat", repeat, "--ask", road.ask)
    said = fleet.ask(module("stream_client", *arguments, "--model", road.model), "streams", patience_s=90)
    seen = figures_of(said)
    if seen["faults"] or seen["complete"] != STREAMS * repeat:
        raise Failed(f"{road.name}: {seen['complete']} of {STREAMS * repeat} streams; the first fault: {seen['fault']}")
    return (cpu.settled(gateway.pid) - before) / (STREAMS * repeat * wire.EVENTS) * 1e6


def latencies(fleet: Fleet, ports: dict[str, int], rate: float, seconds: float, rounds: int) -> Table:
    """p50 and p99 in microseconds at a fixed rate, and what each adds to the ``direct`` upstream in the same round."""
    seen: defaultdict[str, list[dict[str, float]]] = defaultdict(list)
    for _ in range(rounds):
        for name, port in ports.items():
            seen[name].append(open_loop(fleet, port, rate, seconds))
    table: Table = {}
    for name, values in seen.items():
        table[name] = {}
        for mark in ("p50", "p99"):
            added = [one[mark] - direct[mark] for one, direct in zip(values, seen["direct"], strict=True)]
            table[name] |= {mark: spread([one[mark] for one in values]).median, f"added_{mark}": spread(added).median}
    return table


def open_loop(fleet: Fleet, port: int, rate: float, seconds: float) -> dict[str, float]:
    """The figures of requests at a fixed rate. Raises Failed when one was refused."""
    command = module("open_loop", "--port", port, "--rate", rate, "--seconds", seconds)
    figures = figures_of(fleet.ask(command, "open-loop", patience_s=seconds + 40))
    if figures["refused"]:
        raise Failed(f"{figures['refused']} of the open-loop requests at port {port} failed")
    return figures


def figures_of(said: str) -> dict[str, Any]:
    """What a program of the bench said at its end. Raises Failed when it said nothing."""
    line = next((line for line in said.splitlines() if line.startswith("BENCH ")), None)
    if line is None:
        raise Failed(f"no figures: {said[-500:]}")
    figures: dict[str, Any] = json.loads(line.removeprefix("BENCH "))
    return figures
