"""How requests were judged, read back: verdicts and findings, tenant by tenant, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.receipts import AT, a_receipt
from torana.core.tickets import Found
from torana.sinks import database
from torana.stores import sql
from torana.stores.sql.connections import Connection
from torana.stores.sql.judged import findings, latest
from torana.stores.sql.usage_queries import Place

EMAIL = Found("pii@1", "email", "input", "messages[0].content", 3, 9, "abcd", "redact")
WORD = Found("words@1", "keyword", "output", "choices[0].message.content", 0, 6, "ef01", "flag")


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    rows = [
        a_receipt(1, verdicts=["pii@1:redact"], findings=[EMAIL]),
        a_receipt(2, verdicts=[], findings=[]),
        a_receipt(3, verdicts=["pii@1:redact", "words@1:flag:output"], findings=[EMAIL, WORD]),
        a_receipt(4, tenant="globex", verdicts=["pii@1:redact"], findings=[EMAIL]),
    ]
    with closing(database.open(database.Settings(url=database_url), sql.connect)) as sink:
        sink.write(rows, len(rows))
    with closing(sql.connect(database_url)) as opened:
        yield opened


def test_the_latest_requests_of_a_tenant_come_with_what_was_said_of_them(connection: Connection) -> None:
    found = latest(connection, "acme", 10)
    assert [one.row["at_ms"] for one in found] == [int((AT + number) * 1000) for number in (3, 2, 1)]
    assert found[0].verdicts == ["pii@1:redact", "words@1:flag:output"]
    assert found[0].findings == [EMAIL._asdict(), WORD._asdict()]
    assert found[1].findings in ([], ())
    assert len(latest(connection, "acme", 2)) == 2
    assert latest(connection, "nobody", 5) == []


def test_findings_are_the_tenants_newest_first_with_who_asked(connection: Connection) -> None:
    found, after = findings(connection, "acme", 50, None, {})
    assert [(one["guardrail"], one["does"], one["user"], one["policy"]) for one in found] == [
        ("pii@1", "redact", "priya", "default@1"), ("words@1", "flag", "priya", "default@1"),
        ("pii@1", "redact", "priya", "default@1"),
    ]  # fmt: skip
    assert after is None


def test_a_page_ends_with_a_whole_request_and_the_next_goes_on_behind_it(connection: Connection) -> None:
    first, after = findings(connection, "acme", 1, None, {})
    assert len(first) == 2 and isinstance(after, Place)
    second, _ = findings(connection, "acme", 1, after, {})
    assert [one["guardrail"] for one in second] == ["pii@1"]
    assert second[0]["request_id"] != first[0]["request_id"]


@pytest.mark.parametrize(
    ("where", "count"),
    [({"guardrail": "pii"}, 2), ({"kind": "keyword"}, 1), ({"guardrail": "pii", "kind": "keyword"}, 0)],
)
def test_findings_are_filtered_by_guardrail_and_kind(connection: Connection, where: dict[str, str], count: int) -> None:
    assert len(findings(connection, "acme", 50, None, where)[0]) == count
