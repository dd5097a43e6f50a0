"""A process that records until it is killed, and tells on stdout which Receipts were in the spool by then."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any, cast

from tests.receipts import a_receipt
from torana.core.clock import SystemClock
from torana.core.ids import id_maker
from torana.core.tickets import Hold
from torana.records.feed import Seat
from torana.records.recorder import Outlets, Recorder, RecorderSettings
from torana.records.spool import Spool, SpoolSettings
from torana.sinks import database, jsonl
from torana.stores import sql


class Quiet:
    """A log for nobody."""

    def info(self, event: str, **fields: object) -> None: ...

    warning = error = info


def a_recorder(folder: Path, url: str, settled: Any) -> Recorder:
    """On the folder's spool, with both sinks."""
    seats = [
        Seat("jsonl", lambda: jsonl.open(jsonl.Settings(str(folder / "audit.jsonl"))), every_s=0.0, batch=40),
        Seat("database", lambda: database.open(database.Settings(url), sql.connect), every_s=0.0, batch=70),
    ]
    spool = Spool(folder / "spool", SpoolSettings(segment_mb=0, recent=50), SystemClock())
    return Recorder(
        spool, Outlets(seats, (), Quiet()), settled, SystemClock(), RecorderSettings(flush_s=0.002, wake_at=20)
    )


def main() -> None:
    """Record for ever."""
    new_id = id_maker("rcp-", time.time)

    def settled(hold: Any) -> None:
        os.write(1, (cast(Any, hold.trail) + "\n").encode())

    recorder = a_recorder(Path(sys.argv[1]), sys.argv[2], settled)
    recorder.start()
    number = 0
    while True:
        for _ in range(1 + number % 13):
            number += 1
            receipt = a_receipt(number, receipt_id=new_id(), user=f"user-{number % 7}", cost_nano=number)
            recorder.record(receipt, Hold(cast(Any, None), cast(Any, receipt.receipt_id), 0, "USD"))
        time.sleep(0.001)


if __name__ == "__main__":
    main()
