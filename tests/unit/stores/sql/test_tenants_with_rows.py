from __future__ import annotations

from contextlib import closing

from tests.receipts import a_receipt
from torana.sinks import database
from torana.stores import sql
from torana.stores.sql.tenants_with_rows import tenants_named, tenants_of

TABLES = ("usage_facts", "usage_hourly", "usage_daily_by_team", "latency_daily")


def test_each_tenant_with_rows_is_told_once(database_url: str) -> None:
    with closing(sql.connect(database_url)) as connection:
        assert [connection.execute(tenants_of(table)).fetchall() for table in TABLES] == [[]] * len(TABLES)
    with closing(database.open(database.Settings(url=database_url), sql.connect)) as sink:
        sink.write([a_receipt(n, tenant=("acme", "globex", "initech")[n % 3]) for n in range(9)], 9)
    with closing(sql.connect(database_url)) as connection:
        named = "SELECT id FROM names WHERE text IN ('acme', 'globex', 'initech') ORDER BY id"
        there = connection.execute(named).fetchall()
        assert len(there) == 3
        for table in TABLES:
            assert connection.execute(tenants_of(table)).fetchall() == there
            assert tenants_named(connection, table) == ["acme", "globex", "initech"]
