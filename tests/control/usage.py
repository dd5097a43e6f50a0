"""Rows of usage for tests of the control plane: planted into a running gateway's database, as the recorder writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC

from tests.control.standing import Standing
from tests.receipts import a_receipt
from torana.control.metering import Metering
from torana.ports.receipt import Receipt
from torana.sinks import database
from torana.stores import sql
from torana.stores.sql import request_log, roll_up_rows, usage_queries
from torana.wiring.metering import Tailing

DAY = 86_400


def url_of(standing: Standing) -> str:
    """The gateway's database."""
    return str(json.loads(standing.file.read_text())["database_url"])


def plant(standing: Standing, *receipts: Receipt, zone: str = "UTC") -> None:
    """Write them as a process with a spool of its own would."""
    settings = database.Settings(url=url_of(standing), spool="planted", time_zone=zone)
    with closing(database.open(settings, sql.connect)) as sink:
        sink.write(receipts, sink.written() + len(receipts))


@contextmanager
def opened(standing: Standing) -> Iterator[sql.Connection]:
    """A connection to the gateway's database."""
    with closing(sql.connect(url_of(standing))) as connection:
        yield connection


def spread(number: int, at: float, **fields: object) -> Receipt:
    """A Receipt of this number at this time, with ids that no other test has."""
    receipt = a_receipt(number)
    named = {
        "receipt_id": f"rcp-{int(at * 1000):012x}{number:016x}",
        "request_id": f"planted-{int(at)}-{number}",
        "at": at,
        "team": "books",
        "user": "ann",
    }
    return a_receipt(number, **{**named, **fields, "tenant": fields.get("tenant", receipt.tenant)})


def idle_metering() -> Metering:
    """For offices that read no usage."""
    return Metering(
        sums=usage_queries,
        log=request_log,
        rows=roll_up_rows,
        tail=Tailing(lambda: False),
        zone=UTC,
        zone_name="UTC",
        currency="USD",
        price=lambda rated: None,
        rates=tuple,
    )
