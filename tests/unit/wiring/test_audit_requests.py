"""What the audit trail keeps of a request: each value of its Receipt under its own name."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from tests.receipts import a_receipt
from torana.core.chain import entries_of
from torana.core.tickets import Attempted, Found
from torana.stores import sql
from torana.stores.sql.audit_chain import REQUESTS, links
from torana.testing.clock import FakeClock
from torana.wiring.audit_requests import REQUEST_FIELDS, TOLD
from torana.wiring.database import open_sink


def test_every_value_of_an_entry_stands_under_its_own_name(tmp_path: Path) -> None:
    told: dict[str, Any] = {name: f"of {name}" for name in TOLD}
    told |= {"at": 1_750_000_000.5, "stream": True, "status": 201, "snapshot": 7}
    told |= {"cost_nano": 1001, "input_tokens": 1002, "output_tokens": 1003}
    receipt = a_receipt(
        1,
        **told,
        attempts=[Attempted("p", "m", "503", 1), Attempted("q", "m", "ok", 2)],
        verdicts=["pii@1:flag"],
        findings=[Found("pii@1", "email", "input", "messages[0].content", 3, 17, "ab12", "mask")],
    )
    url = f"sqlite:///{tmp_path}/torana.db"
    sink = open_sink(url, "UTC", clock=FakeClock())
    sink.write([receipt], 1)
    sink.close()
    with closing(sql.connect(url)) as connection:
        (link,) = links(connection, "acme", REQUESTS)
    entry = dict(zip(REQUEST_FIELDS, msgspec.json.decode(*entries_of(link)), strict=True))
    assert {name: entry[name] for name in TOLD} == told
    assert (entry["attempts"], entry["verdicts"]) == (2, ["pii@1:flag"])
    assert entry["findings"] == [["pii@1", "email", "input", "ab12", "mask"]]
    assert entry["who"].startswith("p_") and entry["sealed"]
