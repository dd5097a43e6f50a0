"""Whoever reads files runs when nobody else wants the processor; what else the sandbox holds is asked of a worker in ``test_pool``."""

from __future__ import annotations

import subprocess
import sys

import pytest

ASKED = (
    "import os; from torana.files import sandbox; sandbox.give_way();"
    " print(os.nice(0), os.sched_getscheduler(0) == os.SCHED_IDLE)"
)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such class")
def test_who_reads_files_gives_way_to_everything_else() -> None:
    said = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=True).stdout.split()
    assert said == ["19", "True"]
