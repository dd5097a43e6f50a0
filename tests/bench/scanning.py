"""What reading files does to the latency of AI requests: with and without a running stream of scans, in the same process and,
where there are two processors, beside it on another.

The upstream alone is measured too while the same files are read: what moves there is the machine's share.
"""

from __future__ import annotations

import os

from tests.bench import gateways, planes, wire
from tests.bench.planes import DIRECT, START_S, Arrangement, administered
from tests.bench.processes import Fleet
from tests.bench.rounds import open_loop

LOAD = "file_load"
NAME = "torana"


def effect(
    fleet: Fleet, targets: dict[str, int], rate: float, seconds: float, rounds: int
) -> dict[str, dict[str, float]]:
    """p50 and p99 in microseconds, without and with scans in turn, and how much they moved them, round by round."""
    gateway = gateways.start_torana(fleet, targets)
    gateways.first_office_answer(gateway.port, patience_s=START_S)
    every = frozenset(os.sched_getaffinity(0))
    arrangements = [
        Arrangement(DIRECT, targets[wire.ONCE], gateway.port, every, every),
        Arrangement(NAME, gateway.port, gateway.port, every, every),
        *planes.arranged_apart(fleet, every),
    ]
    for one in arrangements:
        with administered(fleet, one, [], LOAD):  # the workers start
            open_loop(fleet, one.port, rate, 3.0)
    return planes.in_turn(fleet, arrangements, rate, seconds, rounds, LOAD)
