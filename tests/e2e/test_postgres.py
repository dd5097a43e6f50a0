"""A gateway on PostgreSQL: killed, and its database killed, under load; every Receipt is in the tables exactly once."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import mould
from tests.e2e.gateway import Gateway, configuration, model, provider
from tests.e2e.process import bare_environment, until
from tests.e2e.talker import MODELS, Talker
from tests.e2e.test_endings import assert_exactly_once, load_until_killed
from tests.e2e.wire import chat, exchange, parse, request
from tests.postgres import SAFE, Server
from torana.stores import sql


class Row(dict[str, Any]):
    """A row by its columns' names; as a tuple, its values."""

    def __iter__(self) -> Any:
        return iter(self.values())


class OnPostgres(Gateway):
    """Its rows are in PostgreSQL."""

    def __init__(self, folder: Path, config: Mapping[str, object], url: str) -> None:
        self.url = url
        super().__init__(folder, {**config, "database_url": url})

    def rows(self, query: str) -> list[Any]:
        """Rows of the database."""
        with closing(sql.connect(self.url)) as connection:
            cursor = connection.execute(query)
            names = [column[0] for column in cursor.description]
            return [Row(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture
def talker(room: Path) -> Iterator[Talker]:
    found = Talker(room / "talker-of-postgres.log")
    yield found
    found.process.kill()


@pytest.fixture
def server() -> Iterator[Server]:
    """A durable one of its own, to be killed."""
    found = Server(SAFE)
    yield found
    found.stop()


def test_after_kills_of_the_gateway_and_of_the_database_every_receipt_is_there_exactly_once(
    talker: Talker, server: Server, tmp_path: Path
) -> None:
    models = configuration([provider("talker", talker.origin)], [model(name, "talker") for name in MODELS])
    gateway = OnPostgres(tmp_path, models, server.fresh())
    spooled: list[str] = []

    async def while_the_database_dies(turn: str, seconds: float) -> list[str]:
        load = asyncio.ensure_future(load_until_killed(gateway, turn, seconds))
        await asyncio.sleep(seconds / 3)
        server.kill()
        await asyncio.sleep(seconds / 3)
        server.start()  # not in a thread: the server ends with the thread that started it
        return await load

    try:
        spooled += asyncio.run(load_until_killed(gateway, "kill-0", 3.0))
        gateway.start()
        spooled += asyncio.run(while_the_database_dies("kill-1", 3.0))
        gateway.start()
        assert len(spooled) > 50, "too little load to prove anything"
        assert parse(exchange(gateway.port, chat("brief", "X-Request-Id: after-the-kill"))).status == 200
        assert until(lambda: sql.revision(gateway.url) == sql.REVISION, 60)  # both kills may have come before
        assert until(lambda: len(gateway.rows("select 1 as one from usage_facts")) == len(gateway.audit()), 30)
        assert gateway.process.stop() == 0
    finally:
        gateway.process.kill()
    assert_exactly_once(gateway, spooled)


def test_traffic_flows_while_the_database_is_away_and_nothing_is_lost(
    talker: Talker, server: Server, tmp_path: Path
) -> None:
    url = server.fresh()
    server.kill()
    models = configuration([provider("talker", talker.origin)], [model(name, "talker") for name in MODELS])
    gateway = OnPostgres(tmp_path, models, url)
    try:
        for number in range(20):
            assert parse(exchange(gateway.port, chat("brief", f"X-Request-Id: away-{number}"))).status == 200
        server.start()
        assert parse(exchange(gateway.port, chat("brief", "X-Request-Id: after-the-kill"))).status == 200
        assert until(lambda: sql.revision(url) == sql.REVISION, 60)
        assert until(lambda: len(gateway.rows("select 1 as one from usage_facts")) == 21, 60)
        assert gateway.process.stop() == 0
    finally:
        gateway.process.kill()
    assert_exactly_once(gateway, [f"away-{number}" for number in range(20)])


def test_a_key_made_in_postgresql_is_known_and_ended_within_a_second(
    talker: Talker, postgres: Server, postgres_template: str, tmp_path: Path
) -> None:
    url = postgres.fresh(postgres_template)
    models = configuration([provider("talker", talker.origin)], [model(name, "talker") for name in MODELS])
    gateway = OnPostgres(tmp_path, models, url)
    options = ("--config", str(gateway.file), "--data-dir", str(gateway.data))

    def keys(*arguments: str) -> subprocess.CompletedProcess[str]:
        done = mould.ran(("keys", *arguments, *options), tmp_path, bare_environment())
        done.check_returncode()
        return done

    def status(key: str) -> int:
        body = b'{"model":"brief","messages":[{"role":"user","content":"hi"}]}'
        lines = ("Content-Type: application/json", f"Authorization: Bearer {key}")
        return parse(exchange(gateway.port, request(body, *lines, key=None))).status

    try:
        made = keys("create", "--name", "fresh", "--tenant", "acme")
        key = made.stdout.strip()
        assert until(lambda: status(key) == 200, 10)
        keys("revoke", made.stderr.split()[0])
        assert until(lambda: status(key) == 401, 10)
    finally:
        gateway.process.kill()
