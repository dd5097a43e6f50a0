"""Starts the gateways that are compared, all over the same upstreams: nginx, the bare proxy, Torana."""

from __future__ import annotations

import http.client
import json
import string
import sys
import time
from pathlib import Path
from typing import NamedTuple

from tests.bench import wire, yardstick
from tests.bench.processes import ROOT, Failed, Fleet, free_port, module
from tests.valkey import SERVER as VALKEY

HERE = Path(__file__).parent
_EVERYTHING = "# --- everything on ---"
_BUDGETS = "# --- budgets ---"
_GUARDED = "# --- guarded ---"
PLAIN, USUAL, CACHED, BUDGETS, SHARED, GUARDED = (
    "torana plain", "torana", "torana cached", "torana budgets", "torana shared", "torana guarded"
)  # fmt: skip
"""A key and nothing else; limits and records too; the same answered from the cache; hard budgets too; these counted in Valkey;
guardrails on top of budgets.
"""
_ENDS = {PLAIN: _EVERYTHING, USUAL: _BUDGETS, CACHED: _BUDGETS, BUDGETS: _GUARDED, SHARED: _GUARDED}
"""Where the configuration of a variant ends."""


class Gateway(NamedTuple):
    """A running gateway: the process to measure and the port to ask for each model."""

    name: str
    pid: int
    ports: dict[str, int]

    @property
    def port(self) -> int:
        """Where plain requests go."""
        return self.ports[wire.ONCE]


def start_upstreams(fleet: Fleet) -> dict[str, int]:
    """The upstream of each model: nginx for plain answers, a scripted server each for timed and for long streams."""
    targets = {
        wire.ONCE: yardstick.start_fixed(fleet, wire.answer()),
        wire.CLAUDE: yardstick.start_fixed(fleet, wire.message()),
    }
    streams = (
        (wire.STREAM, ("--events", wire.EVENTS, "--gap-ms", 5)),
        (wire.CLAUDE_STREAM, ("--events", wire.EVENTS, "--gap-ms", 5, "--messages")),
        (wire.HOLD, ("--events", 120, "--gap-ms", 1000)),
    )
    for model, arguments in streams:
        targets[model] = port = free_port()
        command = module("stream_upstream", "--port", port, *arguments)
        fleet.listening(fleet.start(command, model), port)
    return targets


def start_nginx(fleet: Fleet, targets: dict[str, int]) -> Gateway:
    """The yardstick."""
    pid, ports = yardstick.start_proxy(fleet, targets)
    return Gateway("nginx", pid, ports)


def start_bare(fleet: Fleet, targets: dict[str, int]) -> Gateway:
    """The bare uvicorn and aiohttp proxy."""
    port = free_port()
    child = fleet.start(module("bare_proxy", "--port", port, "--targets", json.dumps(targets)), "bare")
    fleet.listening(child, port)
    return Gateway("bare", child.pid, dict.fromkeys(targets, port))


def data_folder(fleet: Fleet, port: int) -> Path:
    """Where the Torana that listens on ``port`` keeps its files."""
    return fleet.folder / f"torana-{port}" / "data"


def torana_command(
    fleet: Fleet, targets: dict[str, int], port: int, *, role: str = "all", variant: str = USUAL
) -> list[str]:
    """``torana serve`` with the configuration of the bench, or a part of it, in an empty data folder of its own."""
    folder = data_folder(fleet, port).parent
    folder.mkdir()
    written = folder / "torana.yaml"
    values = {
        "key": wire.VIRTUAL_KEY,
        "admin_key": wire.ADMIN_KEY,
        "jwt_secret": wire.JWT_SECRET,
        "once": targets[wire.ONCE],
        "stream": targets[wire.STREAM],
        "hold": targets[wire.HOLD],
        "claude": targets[wire.CLAUDE],
        "claude_stream": targets[wire.CLAUDE_STREAM],
    }
    wanted = (HERE / "torana.yaml").read_text()
    if variant in _ENDS:
        wanted = wanted.partition(_ENDS[variant])[0]
    if variant == SHARED:
        wanted += f"redis_url: valkey://127.0.0.1:{start_valkey(fleet)}/0\n"
    if variant == CACHED:
        wanted += "cache: {exact: {enabled: true, ttl_s: 86400}}\n"
    written.write_text(string.Template(wanted).substitute(values))
    return _command(written, port, role)


def beside(fleet: Fleet, port: int, own: int, *, role: str) -> list[str]:
    """One more ``torana serve``, that listens on ``own``, with the configuration and the data folder of the one at ``port``."""
    return _command(data_folder(fleet, port).parent / "torana.yaml", own, role)


def _command(written: Path, port: int, role: str) -> list[str]:
    beside = Path(sys.executable).parent / "torana"
    program = [str(beside)] if beside.exists() else [sys.executable, "-m", "torana.wiring.cli"]
    serve = ["serve", "--config", str(written), "--host", "127.0.0.1", "--port", str(port), "--role", role]
    # env, and not our own environment: it gives way to the program, so the process id stays the child's.
    # A bench must measure this tree, also where another torana is installed.
    return ["env", f"PYTHONPATH={ROOT / 'src'}", *program, *serve, "--data-dir", str(written.parent / "data")]


def start_valkey(fleet: Fleet) -> int:
    """A Valkey for shared counters; its port."""
    port = free_port()
    child = fleet.start([str(VALKEY), "--port", str(port), "--bind", "127.0.0.1", "--save", ""], "valkey")
    fleet.listening(child, port)
    return port


def start_torana(fleet: Fleet, targets: dict[str, int], *, role: str = "all", variant: str = USUAL) -> Gateway:
    """Torana in one of its variants. Raises Failed when it does not answer."""
    port = free_port()
    child = fleet.start(torana_command(fleet, targets, port, role=role, variant=variant), "torana")
    fleet.listening(child, port)
    first_answer(port, patience_s=10)
    return Gateway(variant, child.pid, dict.fromkeys(targets, port))


def first_answer(port: int, *, patience_s: float) -> None:
    """Ask for one chat completion until it is answered with 200. Raises Failed with the last refusal."""
    deadline = time.monotonic() + patience_s
    told = "nothing"
    while time.monotonic() < deadline:
        try:
            status, told = ask_once(port)
        except (OSError, http.client.HTTPException):
            time.sleep(0.005)
            continue
        if status == 200:
            return
        time.sleep(0.02)
    raise Failed(f"no answer with 200 within {patience_s:.0f} s; the last was: {told[:600]}")


def first_office_answer(port: int, *, patience_s: float) -> None:
    """Wait until the control plane there is loaded. Raises Failed."""
    deadline = time.monotonic() + patience_s
    status = 0
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        headers = {"Authorization": f"Bearer {wire.ADMIN_KEY}"}
        connection.request("GET", "/api/v1/admin/features/status", headers=headers)
        status = connection.getresponse().status
        connection.close()
        if status == 200:
            return
        time.sleep(0.05)
    raise Failed(f"the control plane does not answer within {patience_s:.0f} s: {status}")


def ask_once(port: int) -> tuple[int, str]:
    """Ask for one chat completion on a connection of its own: the status and the body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {wire.KEY}"}
        connection.request("POST", wire.PATH, wire.request(wire.ONCE), headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()
