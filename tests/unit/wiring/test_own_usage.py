from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.line.world import KEY_ENTRY
from tests.receipts import a_receipt
from torana.core.errors import GatewayError
from torana.core.snapshot import KeyEntry
from torana.core.tickets import Caller
from torana.ports.receipt import Receipt
from torana.records.spool import Spool, SpoolSettings
from torana.sinks import database
from torana.stores import sql
from torana.testing.clock import FakeClock
from torana.wiring.own_usage import OwnUsage
from torana.wiring.recorded import Source, receipts_from

NOW = 1_750_000_000.0
"""15 June 2025, 15:06 UTC."""
DAY = 86_400.0


def caller(user: str, key: KeyEntry = KEY_ENTRY, **facts: Any) -> Caller:
    return Caller(**{"tenant": "acme", "key_id": key.key_id, "key": key, "user": user, **facts})


def of(number: int, cost: int, **facts: Any) -> Receipt:
    known = {"at": NOW - 60, "user": "ann", "key_id": "key-1", "model": "m", "cost_nano": cost}
    return a_receipt(number, **{**known, **facts})


@pytest.fixture
def source(database_url: str, tmp_path: Path) -> Source:
    spool = Spool(tmp_path / "spool", SpoolSettings(fsync="never"), FakeClock(NOW - 2 * DAY))
    spool.append(
        [
            of(1, 1),
            of(2, 2, model="n", key_id="key-2", ending="refused"),
            of(3, 4, at=NOW - 3 * DAY),
            of(4, 8, at=NOW - 20 * DAY),
            of(5, 16, user="bob"),
            of(6, 32, tenant="globex"),
            of(7, 64, user=""),
            of(8, 128, currency="INR"),
        ]
    )
    with closing(database.open(database.Settings(url=database_url), sql.connect)) as sink:
        sink.write(list(receipts_from(spool, 0)), spool.head)
    spool.append([of(9, 256), of(10, 512, user="bob")])
    return Source(database_url, spool, "main", None)


async def usage(source: Source, who: Caller) -> Any:
    return await OwnUsage(source, "USD", FakeClock(NOW))(who)


async def test_a_user_sees_todays_and_this_months_requests_of_all_its_keys_and_no_others(source: Source) -> None:
    told = await usage(source, caller("ann"))
    assert (told["user"], told["currency"], told["time_zone"]) == ("ann", "USD", "UTC")
    today, month = told["today"], told["month"]
    assert (today["since"][:10], month["since"][:10]) == ("2025-06-15", "2025-06-01")
    assert (today["requests"], today["errors"], today["cost"]) == (4, 1, "0.000000259")
    assert (month["requests"], month["cost"]) == (5, "0.000000263")
    assert today["input_tokens"] == 400
    rows = [(row["model"], row["currency"], row["requests"], row["cost"]) for row in today["models"]]
    assert rows == [("m", "USD", 2, "0.000000257"), ("m", "INR", 1, "0.000000128"), ("n", "USD", 1, "0.000000002")]


async def test_a_key_without_a_user_sees_its_own(source: Source) -> None:
    told = await usage(source, caller(""))
    assert (told["user"], told["key_id"], told["month"]["cost"]) == (None, "key-1", "0.000000064")
    told = await usage(source, caller("", replace(KEY_ENTRY, key_id="key-2")))
    assert told["month"]["requests"] == 0
    assert told["month"]["cost"] == "0.00"


async def test_what_cannot_be_read_is_told_with_when_to_try_again(source: Source) -> None:
    away = source._replace(url="postgresql://127.0.0.1:1/nobody?connect_timeout=1")
    with pytest.raises(GatewayError) as refused:
        await usage(away, caller("ann"))
    assert (refused.value.code, refused.value.status) == ("OVERLOADED", 503)
    assert refused.value.retry_after_s
