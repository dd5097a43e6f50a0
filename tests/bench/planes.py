"""What admin traffic at full speed does to the latency of AI requests: both planes in one process, and each in its own.

The upstream alone is measured beside them while the same admin traffic runs: what moves there is the machine's share. That
is most of it where all share a few processors, so the planes are measured once more with processors of their own.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.bench import gateways, wire
from tests.bench.figures import ratios, spread
from tests.bench.processes import Failed, Fleet, free_port, module
from tests.bench.rounds import figures_of, open_loop

START_S = 10.0
DIRECT, TOGETHER, APART = "direct", "one process", "two processes"
OWN_CORES = ", processors of their own"
"""AI requests, their upstream and the data plane on one; admin requests and the control plane on the others."""
Cores = frozenset[int]


class Arrangement(NamedTuple):
    """Where AI requests and where admin requests go."""

    name: str
    port: int
    admin_port: int
    front: Cores
    """Where what sends AI requests runs."""
    behind: Cores
    """Where what sends admin requests runs."""


@contextmanager
def on(cores: Cores) -> Iterator[None]:
    """What is started meanwhile runs on these processors."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def arranged(fleet: Fleet, targets: dict[str, int]) -> list[Arrangement]:
    """Start all, and name the upstream alone beside them. Raises Failed."""
    every = frozenset(os.sched_getaffinity(0))
    both = gateways.start_torana(fleet, targets)
    gateways.first_office_answer(both.port, patience_s=START_S)
    data, control = pair(fleet, targets, every, every)
    made = [
        Arrangement(DIRECT, targets[wire.ONCE], control, every, every),
        Arrangement(TOGETHER, both.port, both.port, every, every),
        Arrangement(APART, data, control, every, every),
    ]
    return made + arranged_apart(fleet, every)


def arranged_apart(fleet: Fleet, every: Cores) -> list[Arrangement]:
    """Both planes with processors of their own, and an upstream beside the data plane's; none where there is one processor."""
    if len(every) == 1:
        return []
    front = frozenset([min(every)])
    behind = every - front
    with on(front):
        near = gateways.start_upstreams(fleet)
    data, control = pair(fleet, near, front, behind)
    return [
        Arrangement(DIRECT + OWN_CORES, near[wire.ONCE], control, front, behind),
        Arrangement(APART + OWN_CORES, data, control, front, behind),
    ]


def pair(fleet: Fleet, targets: dict[str, int], front: Cores, behind: Cores) -> tuple[int, int]:
    """The ports of a data plane and of a control plane beside it. Raises Failed."""
    control = free_port()
    with on(front):
        data = gateways.start_torana(fleet, targets, role="data").port
    with on(behind):
        fleet.listening(fleet.start(gateways.beside(fleet, data, control, role="control"), "torana-control"), control)
    gateways.first_office_answer(control, patience_s=START_S)
    return data, control


@contextmanager
def administered(fleet: Fleet, one: Arrangement, rates: list[float], load: str = "admin_load") -> Iterator[None]:
    """While it lasts, admin traffic at full speed; ``rates`` gets its requests a second. Raises Failed when any was refused."""
    with on(one.behind):
        child = fleet.start(module(load, "--port", one.admin_port), load.replace("_", "-"), talk=True)
    try:
        if fleet.line(child, patience_s=START_S) != "running":
            raise Failed(f"the admin traffic did not start: {fleet.last_words(child)}")
        yield
        child.send_signal(signal.SIGINT)
        said, _ = child.communicate(timeout=START_S)
        seen: dict[str, Any] = figures_of(said.decode())
        if seen["refused"] or seen["lost"]:
            raise Failed(f"admin requests were refused: {seen}")
        rates.append(seen["a_second"])
    except subprocess.TimeoutExpired:
        raise Failed("the admin traffic does not end") from None
    finally:
        fleet.stop(child)


def effect(
    fleet: Fleet, targets: dict[str, int], rate: float, seconds: float, rounds: int
) -> dict[str, dict[str, float]]:
    """p50 and p99 in microseconds, without and with admin traffic in turn, and how much it moved them, round by round."""
    arrangements = arranged(fleet, targets)
    for one in arrangements:
        with administered(fleet, one, []):
            open_loop(fleet, one.port, rate, 1.0)
    return in_turn(fleet, arrangements, rate, seconds, rounds)


def in_turn(
    fleet: Fleet,
    arrangements: Sequence[Arrangement],
    rate: float,
    seconds: float,
    rounds: int,
    load: str = "admin_load",
) -> dict[str, dict[str, float]]:
    """Each without and with the load, round by round."""
    quiet: defaultdict[str, list[dict[str, float]]] = defaultdict(list)
    loud: defaultdict[str, list[dict[str, float]]] = defaultdict(list)
    rates: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for one in arrangements:
            with on(one.front):
                quiet[one.name].append(open_loop(fleet, one.port, rate, seconds))
            with administered(fleet, one, rates[one.name], load), on(one.front):
                loud[one.name].append(open_loop(fleet, one.port, rate, seconds))
    made = {one.name: row(quiet[one.name], loud[one.name], rates[one.name]) for one in arrangements}
    for name, figures in made.items():
        alone = DIRECT + OWN_CORES if name.endswith(OWN_CORES) else DIRECT
        if name != alone:
            figures["p99_own"] = own(*(_moved(quiet[one], loud[one]) for one in (name, alone)))
    return made


def own(moved: Sequence[float], alone: Sequence[float]) -> float:
    """How much more the gateway's p99 moved than that of the upstream alone, which is the machine's share: round by round."""
    return spread(ratios(moved, alone)).median


def _moved(quiet: list[dict[str, float]], loud: list[dict[str, float]]) -> list[float]:
    return ratios([one["p99"] for one in loud], [one["p99"] for one in quiet])


def row(quiet: list[dict[str, float]], loud: list[dict[str, float]], rates: list[float]) -> dict[str, float]:
    """The figures of one arrangement."""
    made = {"admin_a_second": spread(rates).median, "rounds": float(len(rates))}
    for mark in ("p50", "p99"):
        without, with_it = [one[mark] for one in quiet], [one[mark] for one in loud]
        moved = spread(ratios(with_it, without))
        made |= {
            f"{mark}_quiet": spread(without).median,
            f"{mark}_loud": spread(with_it).median,
            f"{mark}_times": moved.median,
            f"{mark}_times_low": moved.low,
            f"{mark}_times_high": moved.high,
        }
    return made
