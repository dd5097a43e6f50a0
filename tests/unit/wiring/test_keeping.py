from __future__ import annotations

import textwrap
from contextlib import closing
from pathlib import Path

from tests.receipts import a_receipt
from tests.unit.wiring.offer import read, written
from torana.sinks import database
from torana.stores import sql
from torana.stores.sql.own_times import Shorter
from torana.testing.clock import FakeClock
from torana.wiring.keeping import by_policies, retention

DAY = 86_400.0
NOW = 20_000 * DAY


def test_a_sweep_keeps_what_the_settings_say(database_url: str, tmp_path: Path) -> None:
    with closing(database.open(database.Settings(url=database_url), sql.connect)) as sink:
        sink.write([a_receipt(n, at=NOW - n * DAY) for n in range(20)], 20)
    settings = read(written(tmp_path, f'database_url: "{database_url}"\naudit: {{retention_days: 7}}')).settings
    retention(lambda: settings, FakeClock(NOW))()
    with closing(sql.connect(database_url)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM usage_facts").fetchone() == (8,)
        assert connection.execute("SELECT SUM(requests) FROM usage_daily").fetchone()[0] == 20


def test_there_is_nothing_to_sweep_where_there_is_no_schema(empty_url: str, tmp_path: Path) -> None:
    settings = read(written(tmp_path, f'database_url: "{empty_url}"')).settings
    assert retention(lambda: settings, FakeClock(NOW))() == (0, 0)
    assert sql.revision(empty_url) is None


def test_policies_in_force_say_whose_rows_are_kept_for_a_shorter_time(tmp_path: Path) -> None:
    text = """
        tenants: [{id: acme, teams: [red]}]
        keys: [{name: The Robot, key_hash: "%s", tenant: acme}]
        policies:
          - {name: all, retention_days: 20}
          - {name: some, retention_days: 9, attach: [{tenant: acme, team: red}, {key: The Robot}]}
          - {name: trial, retention_days: 1, shadow: true}
          - {name: silent}
    """ % ("0" * 64)
    settings = read(written(tmp_path, textwrap.dedent(text))).settings
    assert list(by_policies(settings)) == [
        Shorter(20, {}),
        Shorter(9, {"tenant": "acme", "team": "red"}),
        Shorter(9, {"key_id": "file-the-robot"}),
    ]
