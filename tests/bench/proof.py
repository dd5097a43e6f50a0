"""Proof that the measured gateway did its whole work: a line in the audit file for every request it answered."""

from __future__ import annotations

import time
from pathlib import Path

from tests.bench.gateways import Gateway, data_folder
from tests.bench.load import burst
from tests.bench.processes import Failed, Fleet


def audited(fleet: Fleet, gateway: Gateway, seconds: float = 1) -> int:
    """Load for ``seconds`` and wait until the audit file has grown by what was answered; by how much it did.

    Raises Failed when it has not after twenty seconds: the CPU figure would leave work out.
    """
    file = data_folder(fleet, gateway.port) / "audit.jsonl"
    before = _lines(file)
    answered = burst(fleet, gateway.port, seconds).proven(gateway.name).answered
    deadline = time.monotonic() + 20
    while (grown := _lines(file) - before) < answered:
        if time.monotonic() > deadline:
            raise Failed(f"{gateway.name}: {answered} answered, {grown} in the audit file")
        time.sleep(0.2)
    return grown


def _lines(file: Path) -> int:
    if not file.exists():
        return 0
    with file.open("rb") as content:
        return sum(block.count(b"\n") for block in iter(lambda: content.read(1 << 20), b""))
