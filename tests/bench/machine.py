"""The facts about the machine and the tree that belong beside every figure."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

from tests.bench.load import has_wrk
from tests.bench.processes import ROOT


def facts(date: str) -> dict[str, str]:
    """Cores, processor, Python, commit, load generator; the date is the caller's word."""
    return {
        "date": date,
        "commit": commit(),
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": platform.system(),
        "load": "wrk -t1 -c32" if has_wrk() else "own generator in Python, 32 connections",
    }


def commit() -> str:
    """The short commit id, with a plus when the source differs from it; ``unknown`` without git."""
    head = _git("rev-parse", "--short", "HEAD")
    if not head:
        return "unknown"
    return head + ("+" if _git("status", "--porcelain", "--", "src") else "")


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
