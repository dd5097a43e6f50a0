"""Closed-loop load: 32 kept-alive connections, the next request when the answer is in. By wrk, or else by our own.

A client only has to keep the gateway busy: its own CPU is not counted.
"""

from __future__ import annotations

import json
import shutil
from typing import NamedTuple

from tests.bench import wire
from tests.bench.processes import Failed, Fleet, module

CONNECTIONS = 32

_SCRIPT = """
wrk.method = "POST"
wrk.body = [==[{body}]==]
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {key}"
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('BENCH {{"answered": %d, "refused": %d, "broken": %d, "microseconds": %d}}\\n',
    summary.requests, e.status, e.connect + e.read + e.write + e.timeout, summary.duration))
end
"""


class Load(NamedTuple):
    """What one burst of load saw. ``refused``: answers other than 2xx or 3xx; ``broken``: socket faults."""

    answered: int
    refused: int
    broken: int
    seconds: float

    def proven(self, name: str) -> Load:
        """Itself. Raises Failed when any answer was not a good one: such figures would mean nothing."""
        if self.refused or self.broken or not self.answered:
            raise Failed(f"{name}: {self.answered} answered, {self.refused} refused, {self.broken} broken")
        return self


def has_wrk() -> bool:
    """Whether wrk is on the path."""
    return shutil.which("wrk") is not None


def burst(fleet: Fleet, port: int, seconds: float, ask: str = wire.CHAT, model: str = wire.ONCE) -> Load:
    """Load ``port`` for ``seconds`` (whole seconds with wrk) and tell what came back."""
    path, body = wire.ASKS[ask]
    patience_s = seconds + 30
    if has_wrk():
        script = fleet.folder / f"{ask}-{model}.lua"
        script.write_text(_SCRIPT.format(body=body(model).decode(), key=wire.KEY))
        url = f"http://127.0.0.1:{port}{path}"
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "-s", str(script), url]
    else:
        asked = ("--ask", ask, "--model", model)
        command = module("closed_loop", "--port", port, "--seconds", seconds, "--connections", CONNECTIONS, *asked)
    said = fleet.ask(command, "load", patience_s=patience_s)
    line = next((line for line in said.splitlines() if line.startswith("BENCH ")), None)
    if line is None:
        raise Failed(f"the load generator gave no figures: {said[-500:]}")
    seen = json.loads(line.removeprefix("BENCH "))
    return Load(seen["answered"], seen["refused"], seen["broken"], seen["microseconds"] / 1e6)
