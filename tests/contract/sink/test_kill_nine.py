"""A process is killed again and again in the middle of its work: nothing that was in the spool is lost or counted twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.contract.sink.killed import a_recorder
from torana.sinks.database import SUMMED
from torana.stores import sql

ROOT = Path(__file__).parents[3]


def run_until_killed(folder: Path, url: str, dice: random.Random) -> list[str]:
    """The ids that the process acknowledged before SIGKILL, at a random one of them."""
    path = os.pathsep.join((str(ROOT), str(ROOT / "src")))
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.contract.sink.killed", str(folder), url],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert process.stdout is not None
    acknowledged = [process.stdout.readline().decode() for _ in range(dice.randrange(1, 900))]
    process.send_signal(signal.SIGKILL)
    acknowledged += [line.decode() for line in process.stdout]
    process.wait(30)
    process.stdout.close()
    return [line.strip() for line in acknowledged if line.endswith("\n")]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_acknowledged_receipt_is_everywhere_once_after_any_number_of_kills(
    tmp_path: Path, database_url: str, seed: int
) -> None:
    dice = random.Random(seed)
    acknowledged: list[str] = []
    for _ in range(8):
        acknowledged += run_until_killed(tmp_path, database_url, dice)
    recorder = a_recorder(tmp_path, database_url, lambda _: None)
    recorder.start()
    assert recorder.stop(60)
    assert all(sink.lag == 0 for sink in recorder.facts().sinks)

    with closing(sql.connect(database_url)) as connection:
        in_database = Counter(row[0] for row in connection.execute("SELECT receipt_id FROM usage_facts"))
        columns = ", ".join(f"SUM({column})" for column in SUMMED)
        facts = connection.execute(f"SELECT COUNT(*), {columns} FROM usage_facts").fetchone()
        sums = [
            connection.execute(f"SELECT SUM(requests), {columns} FROM {t}").fetchone()
            for t in (
                "usage_hourly",
                "usage_daily",
                "usage_hourly_by_team",
                "usage_daily_by_team",
                "usage_hourly_by_model",
            )
        ]
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    in_file = Counter(line["receipt_id"] for line in lines)
    assert len(acknowledged) >= 8
    assert set(in_database.values()) == set(in_file.values()) == {1}
    assert set(acknowledged) <= set(in_database)
    assert in_database == in_file
    assert sums == [facts] * 5
    positions = [line["position"] for line in lines]
    assert positions == sorted(set(positions))
