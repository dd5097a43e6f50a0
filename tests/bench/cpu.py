"""CPU seconds and memory of a process and all that descend from it, read from /proc (Linux only)."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_KB = 1024


def _stat(pid: str) -> list[str] | None:
    """The fields of /proc/<pid>/stat after the command name, state first; None when the process has gone."""
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def family(root: int) -> list[int]:
    """``root`` and its living descendants."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(entry.name)) is not None:
            children[int(fields[1])].append(int(entry.name))
    found, open_ends = [], [root]
    while open_ends:
        pid = open_ends.pop()
        found.append(pid)
        open_ends.extend(children[pid])
    return found


def seconds(root: int) -> float:
    """User and system CPU so far of the family: all threads, children already reaped included. Steps of 10 ms."""
    ticks = 0
    for pid in family(root):
        fields = _stat(str(pid))
        if fields is not None:
            ticks += sum(int(field) for field in fields[11:15])  # utime stime cutime cstime, proc(5)
    return ticks / _TICKS


def settled(root: int, *, patience_s: float = 3.0) -> float:
    """The family's CPU seconds once it has come to rest, so that work put off until after the answer is counted."""
    before = seconds(root)
    deadline = time.monotonic() + patience_s
    quiet = 0
    while time.monotonic() < deadline and quiet < 3:
        time.sleep(0.1)
        now = seconds(root)
        quiet = quiet + 1 if now - before <= 1 / _TICKS else 0
        before = now
    return before


def resident(root: int) -> int:
    """Resident bytes of the family; pages shared by several of its processes are counted once (PSS)."""
    pids = family(root)
    if len(pids) == 1:
        return _kilobytes(Path("/proc", str(root), "status"), "VmRSS:")
    return sum(_kilobytes(Path("/proc", str(pid), "smaps_rollup"), "Pss:") for pid in pids)


def _kilobytes(file: Path, field: str) -> int:
    try:
        lines = file.read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * _KB for line in lines if line.startswith(field))
