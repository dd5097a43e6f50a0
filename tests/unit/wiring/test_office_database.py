from __future__ import annotations

import sys
from pathlib import Path

import pytest

from torana.wiring.office_database import OfficeDatabase
from torana.wiring.short_turns import SHORT_S


async def test_its_work_takes_short_turns_with_the_event_loop(tmp_path: Path) -> None:
    database = OfficeDatabase(f"sqlite:///{tmp_path / 'rows.db'}")
    try:
        assert await database.read(lambda _: sys.getswitchinterval()) == pytest.approx(SHORT_S)
    finally:
        database.close()
