"""One run of the bench: what is asked on the command line, the parts in order, the report at the end."""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

from tests.bench import floors, gateways, load, machine, memory, planes, proof, report, rounds, sampling, scanning, wire
from tests.bench.gateways import Gateway
from tests.bench.plan import FULL, LONG, PARTS, QUICK, Plan
from tests.bench.processes import Failed, Fleet, free_port, raise_file_limit

_MB = 1024 * 1024
LADDER = [gateways.CACHED, gateways.BUDGETS, gateways.SHARED, gateways.GUARDED]


def tell(line: str) -> None:
    """One line for whoever watches."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Bench:
    """The gateways of one run and what was measured of them."""

    def __init__(self, fleet: Fleet, plan: Plan, result: dict[str, Any]) -> None:
        self.fleet = fleet
        self.plan = plan
        self.result = result
        self.targets = gateways.start_upstreams(fleet)
        self.compared = [gateways.start_nginx(fleet, self.targets), gateways.start_bare(fleet, self.targets)]
        self.torana: Gateway | None = None

    def add_torana(self, ladder: bool) -> None:
        """Start Torana beside the others; when it does not serve, the run goes on and says so."""
        variants = [gateways.PLAIN, gateways.USUAL, *(LADDER if ladder else [])]
        try:
            started = [gateways.start_torana(self.fleet, self.targets, variant=variant) for variant in variants]
        except Failed as fault:
            self.result["missing"].append(f"torana: {fault}")
        else:
            self.torana = started[1]
            self.compared += started
        tell(f"running: {', '.join(gateway.name for gateway in self.compared)}")

    def request(self) -> None:
        """CPU a request, after a short burst to warm everybody up."""
        for gateway in self.compared:
            load.burst(self.fleet, gateway.port, 1).proven(gateway.name)
        once = partial(rounds.cpu_per_request, self.fleet, seconds=self.plan.burst_s)
        self.result["request"] = rounds.interleaved(self.compared, self.plan.rounds, once)
        if self.torana is not None:
            proof.audited(self.fleet, self.torana)

    def event(self) -> None:
        """CPU a streamed event."""
        for gateway in self.compared:
            rounds.streamed(self.fleet, gateway, 1)
        once = partial(rounds.cpu_per_event, self.fleet, repeat=self.plan.repeats)
        self.result["event"] = rounds.interleaved(self.compared, self.plan.rounds, once)

    def translated(self) -> None:
        """CPU a request that is translated, beside one that is not."""
        roads = self._roads(wire.ONCE, wire.CLAUDE)
        for road in roads:
            load.burst(self.fleet, road.gateway.port, 1, road.ask, road.model).proven(road.name)
        once = partial(rounds.road_per_request, self.fleet, seconds=self.plan.burst_s)
        if roads:
            self.result["translated"] = rounds.interleaved(roads, self.plan.rounds, once)

    def translated_event(self) -> None:
        """CPU an event of a stream that is translated, beside one that is not."""
        roads = self._roads(wire.STREAM, wire.CLAUDE_STREAM)
        once = partial(rounds.road_per_event, self.fleet, repeat=self.plan.repeats)
        for road in roads:
            rounds.road_per_event(self.fleet, road, 1)
        if roads:
            self.result["translated_event"] = rounds.interleaved(roads, self.plan.rounds, once)

    def _roads(self, openai: str, anthropic: str) -> list[rounds.Road]:
        """The same dialect first: it is the yardstick of the others. None when Torana does not serve."""
        if self.torana is None:
            return []
        return [
            rounds.Road("same dialect", self.torana, wire.CHAT, openai),
            rounds.Road("messages to chat", self.torana, wire.MESSAGES, openai),
            rounds.Road("chat to messages", self.torana, wire.CHAT, anthropic),
        ]

    def latency(self) -> None:
        """p50 and p99 at a fixed rate, with the upstream alone as zero."""
        ports = {"direct": self.targets[wire.ONCE]} | {gateway.name: gateway.port for gateway in self.compared}
        plan = self.plan
        table = rounds.latencies(self.fleet, ports, plan.rate, plan.latency_s, plan.latency_rounds)
        self.result |= {"latency": table, "rate": plan.rate}

    def cold(self) -> None:
        """Time to the first answer."""
        if self.torana is not None:
            runs = [memory.cold_start(self.fleet, self.targets) for _ in range(self.plan.cold_starts)]
            self.result["cold"] = {"median_ms": statistics.median(runs), "runs_ms": runs}

    def memory(self) -> None:
        """Idle RSS in both roles, and what open streams keep in a fresh process."""
        starts: list[Callable[[], Gateway]] = [partial(gateways.start_bare, self.fleet, self.targets)]
        if self.torana is not None:
            starts.append(partial(gateways.start_torana, self.fleet, self.targets))
            self.result["idle"] = {role: self._idle(role) for role in ("all", "data")}
        for start in starts:
            fresh = start()
            held = memory.open_streams(self.fleet, fresh, self.plan.held)
            self.fleet.end(fresh.pid)
            self.result.setdefault("streams", {})[fresh.name] = {
                "streams": held.streams,
                "kb_each": held.kb_each,
                "before_mb": held.before / _MB,
                "during_mb": held.during / _MB,
                "after_mb": held.after / _MB,
            }

    def _idle(self, role: str) -> float:
        fresh = gateways.start_torana(self.fleet, self.targets, role=role)
        megabytes = memory.idle(fresh) / _MB
        self.fleet.end(fresh.pid)
        return megabytes

    def slope(self) -> None:
        """Whether RSS grows with requests; the bare proxy stands in when Torana does not serve."""
        gateway = self.torana or self.compared[-1]
        grown = memory.growth(self.fleet, gateway, self.plan.slope_requests, self.plan.slope_steps, tell)
        self.result.setdefault("slope", {})[gateway.name] = {
            "requests": grown.requests,
            "bytes_per_1000": grown.slope,
            "first_mb": grown.first / _MB,
            "last_mb": grown.last / _MB,
        }

    def floors(self) -> None:
        """HTTP servers alone, those that are installed."""
        alone = [self.compared[0]]
        for server in filter(find_spec, ("uvicorn", "granian")):
            port = free_port()
            child = self.fleet.start(floors.command(server, port), server)
            try:
                self.fleet.listening(child, port)
            except Failed as fault:
                self.result["missing"].append(f"{server} alone: {fault}")
            else:
                alone.append(Gateway(f"{server}, no upstream", child.pid, {wire.ONCE: port}))
        once = partial(rounds.cpu_per_request, self.fleet, seconds=self.plan.burst_s)
        self.result["floors"] = rounds.interleaved(alone, self.plan.rounds, once)

    def admin(self) -> None:
        """What admin traffic does to AI requests, with both planes in one process and in two."""
        if self.torana is None:
            return
        plan = self.plan
        self.result["admin"] = planes.effect(self.fleet, self.targets, plan.rate, plan.latency_s, plan.admin_rounds)
        self.result["rate"] = plan.rate

    def files(self) -> None:
        """What reading files does to AI requests."""
        if self.torana is None:
            return
        plan = self.plan
        self.result["files"] = scanning.effect(self.fleet, self.targets, plan.rate, plan.latency_s, plan.admin_rounds)
        self.result["rate"] = plan.rate

    def profile(self) -> None:
        """Where the gateway's time goes, for requests and for streams."""
        gateway = self.torana or self.compared[-1]
        loads: dict[str, Callable[[], object]] = {
            "requests": partial(load.burst, self.fleet, gateway.port, sampling.SECONDS),
            "streams": partial(rounds.streamed, self.fleet, gateway, 2 * sampling.SECONDS),
        }
        for name, work in loads.items():
            report.JSON.parent.mkdir(parents=True, exist_ok=True)
            top = sampling.profile(self.fleet, gateway, work)
            report.JSON.with_name(f"profile-{name}.txt").write_text(top + "\n")
            tell(f"\nself time of {gateway.name}, {name}\n{top}")


def _measure(given: argparse.Namespace, plan: Plan, result: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, Fleet(Path(folder)) as fleet:
        bench = Bench(fleet, plan, result)
        if not given.yardsticks:
            bench.add_torana(given.ladder)
        for part in given.parts:
            began = time.monotonic()
            try:
                getattr(bench, part)()
            except (Failed, subprocess.TimeoutExpired) as fault:
                result["missing"].append(f"{part}: {fault}")
            tell(f"{part}: {time.monotonic() - began:.0f} s")
        if given.profile:
            try:
                bench.profile()
            except (Failed, subprocess.TimeoutExpired) as fault:
                result["missing"].append(f"profile: {fault}")


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="What the gateway costs, beside nginx and a bare proxy.")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="about 150 seconds; the page is not written")
    size.add_argument("--long", action="store_true", help="300,000 requests for the memory slope")
    parser.add_argument("--date", default="", help="what to write as the date; default: today")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--yardsticks", action="store_true", help="only nginx and the bare proxy")
    parser.add_argument("--profile", action="store_true", help="also list where the time goes (py-spy or perf)")
    parser.add_argument("--jwt", action="store_true", help="requests carry a token, not a virtual key; no page")
    parser.add_argument("--ladder", action="store_true", help="also with budgets, with Valkey, with guardrails")
    parser.add_argument("--no-docs", action="store_true", help="leave docs/benchmarks.md alone")
    return parser.parse_args(words)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(words: list[str]) -> int:
    """Run the bench. 0: everything asked was measured; 1: something was not; 130: interrupted."""
    given = _arguments(words)
    if given.jwt:
        wire.KEY = os.environ[wire.JWT_NAME] = wire.token()  # of this process, and of the programs it starts
    plan = QUICK if given.quick else LONG if given.long else FULL
    raise_file_limit()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _interrupt)
    date = given.date or time.strftime("%Y-%m-%d")
    result: dict[str, Any] = {"machine": machine.facts(date), "plan": plan.name, "missing": []}
    try:
        _measure(given, plan, result)
    except KeyboardInterrupt:
        tell("interrupted; everything that was started has been ended")
        return 130
    except Failed as fault:
        tell(f"the yardsticks did not start: {fault}")
        return 1
    report.write_json(result)
    tell("\n" + "\n".join(report.lines(result)))
    complete = list(given.parts) == list(PARTS) and not result["missing"] and load.has_wrk()
    if complete and not (given.quick or given.jwt or given.no_docs):
        report.write_page(result)
    return 1 if result["missing"] else 0
