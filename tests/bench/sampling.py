"""A profile of a gateway under load: the functions that take the most time themselves, by py-spy or else by perf."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.bench.gateways import Gateway
from tests.bench.processes import Failed, Fleet

TOP = 30
SECONDS = 8


def profile(fleet: Fleet, gateway: Gateway, load: Callable[[], object]) -> str:
    """The top list as text, taken while ``load`` runs. Raises Failed when neither tool is there."""
    beside = Path(sys.executable).parent / "py-spy"
    spy = str(beside) if beside.exists() else shutil.which("py-spy")
    raw = fleet.folder / "profile.raw"
    pid = str(gateway.pid)
    if spy is not None:
        sampler = [spy, "record", "-p", pid, "-d", str(SECONDS), "-r", "500", "-f", "raw", "-o", str(raw)]
        _sample(fleet, [*sampler, "--nonblocking", "--function"], load)
        return _top_of_stacks(raw.read_text())
    if shutil.which("perf") is None:
        raise Failed("neither py-spy (pip install py-spy) nor perf is here")
    _sample(fleet, ["perf", "record", "-F", "999", "-p", pid, "-o", str(raw), "--", "sleep", str(SECONDS)], load)
    report = ["perf", "report", "--stdio", "--no-children", "--sort", "symbol,dso", "-i", str(raw)]
    said = fleet.ask(report, "perf-report", patience_s=60)
    lines = [line.rstrip() for line in said.splitlines() if line.strip() and not line.startswith("#")]
    return "\n".join(lines[:TOP])


def _sample(fleet: Fleet, command: list[str], load: Callable[[], object]) -> None:
    child = fleet.start(command, "profile")
    load()
    code = child.wait(SECONDS + 30)
    words = fleet.last_words(child)
    fleet.stop(child)
    if code != 0:
        raise Failed(f"the profiler ended with {code}: {words}")


def _top_of_stacks(raw: str) -> str:
    """Folded stacks (``outer;inner count``) as shares of self time, the largest first."""
    own: Counter[str] = Counter()
    for line in raw.splitlines():
        stack, _, count = line.rpartition(" ")
        own[stack.rpartition(";")[2] or "(not known)"] += int(count)
    total = sum(own.values()) or 1
    rows = [f"{count / total:6.1%}  {frame}" for frame, count in own.most_common(TOP)]
    return "\n".join(["self    function", *rows])
