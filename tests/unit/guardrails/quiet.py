"""Runs a program in a process of its own, in which packages do not know that they are tested, and notes what it connects to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

WATCH = """
import sys
seen = []

def watch(event, args):
    if event == "socket.getaddrinfo" or (event == "socket.connect" and isinstance(args[1], tuple)):
        seen.append(f"{event} {args[1:] if event == 'socket.connect' else args[:2]}")

sys.addaudithook(watch)
"""
KNOWN = ("CI", "PYTEST", "DO_NOT_TRACK", "NEMO", "TEST")
"""Beginnings of environment names by which packages see that they are tested, or asked to be silent."""


def connections(program: str, home: Path) -> str:
    """What the program connected to, a line for each; empty: to nothing. Raises when it fails."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(KNOWN)} | {"HOME": str(home)}
    ending = "\nimport time\ntime.sleep(0.3)\nprint('\\n'.join(seen))\n"
    command = [sys.executable, "-c", WATCH + program + ending]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()
