"""Several gateway processes and one Valkey: limits and budgets are those of one gateway, whoever is killed and whatever is lost."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.gateway import Gateway, configuration, model, provider
from tests.e2e.process import Process, answers, bare_environment, free_port, until
from tests.e2e.talker import MODELS, Talker
from tests.e2e.wire import chat, exchange, parse
from tests.unit.stores.valkey.process import fields
from tests.valkey import Server

CAP_NANO = 400_000_000
PRICES = {"input": "10.00", "output": "20.00"}


@pytest.fixture
def store() -> Iterator[Server]:
    found = Server()
    yield found
    found.stop()


@pytest.fixture
def durable_store() -> Iterator[Server]:
    found = Server(durable=True)
    yield found
    found.stop()


@pytest.fixture
def talker(room: Path) -> Iterator[Talker]:
    found = Talker(room / f"talker-of-counters-{os.getpid()}-{free_port()}.log")
    yield found
    found.process.kill()


def shared(talker: Talker, store: Server, **more: Any) -> Mapping[str, object]:
    models = [model(name, "talker", prices=PRICES) for name in MODELS]
    budget = {"id": "cap", "scope": "team", "limit": "0.4", "per": "year"}
    config = configuration([provider("talker", talker.origin)], models)
    return {**config, "redis_url": store.url, "budgets": [budget], **more}


def counter(store: Server) -> dict[str, int]:
    """The budget in the store: settled, held, unknown."""
    keys = [key for key in store.ask("KEYS", "*spend/*").decode().split("\r\n") if key.startswith("torana")]
    assert len(keys) <= 1
    there = fields(store, keys[0]) if keys else {}
    return {name: int(there.get(name, 0)) for name in "shu"}


def audited(*gateways: Gateway) -> int:
    return sum(int(str(row["cost_nano"])) for gateway in gateways for row in gateway.audit())


def recorded(gateway: Gateway) -> int:
    """How many rows its database has; 0 before it has tables."""
    if (gateway.data / "torana.db").exists():
        with contextlib.suppress(sqlite3.OperationalError):
            return int(gateway.rows("select count(*) as n from usage_facts")[0]["n"])
    return 0


async def ask(port: int) -> int:
    """The status of one request; 0 when there was no answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(chat("brief", "Connection: close", max_tokens=200))
        return int((await reader.readuntil(b"\r\n")).split()[1])
    finally:
        writer.close()


async def load(ports: Callable[[], list[int]], ended: Callable[[], bool], each: int = 4) -> list[int]:
    """Requests to all ports until all are refused for money, or told to end; their statuses."""
    statuses: list[int] = []

    async def client(number: int) -> None:
        refused = 0
        while refused < 3 and not ended():
            open_ports = ports()
            try:
                status = await asyncio.wait_for(ask(open_ports[number % len(open_ports)]), 20)
            except (OSError, asyncio.IncompleteReadError, TimeoutError, IndexError):
                await asyncio.sleep(0.05)
                continue
            statuses.append(status)
            refused += status == 402
            if status == 503:
                await asyncio.sleep(0.05)

    await asyncio.gather(*(client(number) for number in range(each * 2)))
    return statuses


def test_two_gateways_share_one_hard_budget_to_the_last_unit(talker: Talker, store: Server, tmp_path: Path) -> None:
    config = shared(talker, store)
    one, two = Gateway(tmp_path / "one", config), Gateway(tmp_path / "two", config)
    try:
        for gateway in (one, two):  # both take part, however late a busy machine makes one of them
            assert until(lambda gateway=gateway: asyncio.run(ask(gateway.port)) == 200, 20)  # type: ignore[misc]
        statuses = asyncio.run(load(lambda: [one.port, two.port], lambda: False))
        # A machine under load may be later than a decision may wait: then a hard budget refuses with 503.
        assert set(statuses) - {503} == {200, 402}
        assert [gateway.process.stop() for gateway in (one, two)] == [0, 0]
    finally:
        for gateway in (one, two):
            gateway.process.kill()
    spent = audited(one, two)
    assert CAP_NANO * 0.8 < spent <= CAP_NANO
    assert counter(store) == {"s": spent, "h": 0, "u": 0}
    assert all(audited(gateway) for gateway in (one, two)), "both took part"


def test_gateways_that_are_killed_under_load_spend_no_more_than_the_cap_and_leave_nothing_held(
    talker: Talker, durable_store: Server, tmp_path: Path
) -> None:
    config = shared(talker, durable_store)
    everyone = [Gateway(tmp_path / name, config) for name in ("one", "two")]

    async def killing() -> None:
        loading = asyncio.ensure_future(load(lambda: [one.port for one in everyone], lambda: False))
        for turn in range(3):
            await asyncio.sleep(0.4)
            gateway = everyone[turn % 2]
            gateway.process.kill()
            await asyncio.to_thread(gateway.start)
            assert counter(durable_store)["s"] <= CAP_NANO
        durable_store.kill()
        durable_store.start()
        await loading

    try:
        asyncio.run(killing())
        assert [gateway.process.stop() for gateway in everyone] == [0, 0]
    finally:
        for gateway in everyone:
            gateway.process.kill()
    assert not [one.process.output() for one in everyone if "background.failed" in one.process.output()]
    spent = audited(*everyone)
    assert spent <= CAP_NANO
    stored = sum(gateway.rows("select sum(cost_nano) as nano from usage_facts")[0]["nano"] for gateway in everyone)
    assert stored == spent
    assert counter(durable_store) == {"s": spent, "h": 0, "u": 0}


def test_a_store_that_lost_everything_is_told_from_the_database_what_was_spent(
    talker: Talker, store: Server, tmp_path: Path
) -> None:
    gateway = Gateway(tmp_path / "one", shared(talker, store))
    try:
        for _ in range(5):
            assert until(lambda: parse(exchange(gateway.port, chat("brief", max_tokens=200))).status == 200, 20)
        assert until(lambda: recorded(gateway) == len(gateway.audit()), 20)
        spent = audited(gateway)
        store.kill()
        store.start()
        assert until(lambda: parse(exchange(gateway.port, chat("brief", max_tokens=200))).status == 200, 20)
        assert until(lambda: counter(store)["s"] == audited(gateway) > spent, 20)
        assert gateway.process.stop() == 0
        assert counter(store) == {"s": audited(gateway), "h": 0, "u": 0}
    finally:
        gateway.process.kill()


def test_readiness_tells_of_counters_that_are_away_and_hard_budgets_refuse_meanwhile(
    talker: Talker, store: Server, tmp_path: Path
) -> None:
    gateway = Gateway(tmp_path / "one", shared(talker, store))
    try:
        store.kill()
        refused = parse(exchange(gateway.port, chat("brief", max_tokens=200)))
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        assert json.loads(refused.body)["details"] == {"rule": "cap", "counters": "unavailable"}
        assert json.loads(gateway.get("/health/ready"))["dependencies"]["counters"] == {"status": "away"}
        assert gateway.metric("ai_gateway_shared_counters_away") == 1
        assert gateway.metric("ai_gateway_decided_without_counters") == 1
        store.start()
        assert until(lambda: parse(exchange(gateway.port, chat("brief", max_tokens=200))).status == 200, 20)
        assert json.loads(gateway.get("/health/ready"))["dependencies"]["counters"] == {"status": "ok"}
        assert gateway.process.stop() == 0
    finally:
        gateway.process.kill()


def lines_of(data: Path) -> list[str]:
    """The Receipts of all workers, but for those of requests that the store did not decide."""
    lines = [line for path in data.glob("audit*.jsonl") for line in path.read_text().splitlines()]
    return [line for line in lines if '"OVERLOADED"' not in line]


def decided(port: int) -> int:
    """The status of a request that the store decided; a machine under load may keep a decision waiting for too long."""
    statuses = (parse(exchange(port, chat("brief", "Connection: close"))).status for _ in range(50))
    return next(status for status in statuses if status != 503)


def children(process: Process) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(process.child.pid)], capture_output=True, text=True)
    return [int(line) for line in found.stdout.split()]


def test_workers_behind_one_port_share_limits_and_one_that_is_killed_is_started_again(
    talker: Talker, store: Server, tmp_path: Path
) -> None:
    limits = [{"scope": "key", "requests": 30, "per": "1h", "on_store_failure": "deny"}]
    file = tmp_path / "torana.yaml"
    file.write_text(json.dumps({**shared(talker, store), "budgets": [], "limits": limits}))
    port = free_port()
    argv = [sys.executable, "-m", "torana.wiring.cli", "serve", "--config", str(file), "--port", str(port)]
    argv += ["--workers", "2", "--data-dir", str(tmp_path / "data")]
    process = Process(argv, tmp_path / "output.log", bare_environment(), tmp_path)
    try:
        process.wait_ready(lambda: answers(port, "/health/ready"))
        # One of them answers for both: who is killed before it serves would never have said so.
        assert until(lambda: process.output().count('"serving"') == 2, 20)
        statuses = [decided(port) for _ in range(20)]
        first = children(process)
        assert len(first) == 2
        data = tmp_path / "data"
        # What was answered in the last moments before a kill may have no Receipt where nothing was held.
        assert until(lambda: len(lines_of(data)) == 20, 20)
        os.kill(first[0], signal.SIGKILL)
        assert until(lambda: len(children(process)) == 2 and first[0] not in children(process), 20)
        assert until(lambda: process.output().count('"serving"') == 3, 20)
        statuses += [decided(port) for _ in range(20)]
        assert (statuses.count(200), statuses.count(429)) == (30, 10)
        assert process.stop() == 0
        assert {path.name for path in data.glob("audit*.jsonl")} == {"audit-1.jsonl", "audit.jsonl"}
        assert len(lines_of(data)) == 40
    finally:
        process.kill()


def test_workers_end_with_a_parent_that_is_killed(talker: Talker, store: Server, tmp_path: Path) -> None:
    file = tmp_path / "torana.yaml"
    file.write_text(json.dumps(shared(talker, store)))
    port = free_port()
    argv = [sys.executable, "-m", "torana.wiring.cli", "serve", "--config", str(file), "--port", str(port)]
    argv += ["--workers", "2", "--data-dir", str(tmp_path / "data")]
    process = Process(argv, tmp_path / "output.log", bare_environment(), tmp_path)
    try:
        process.wait_ready(lambda: answers(port, "/health/ready"))
        os.kill(process.child.pid, signal.SIGKILL)
        process.child.wait(10)

        def nobody_answers() -> bool:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return False
            return True

        assert until(nobody_answers, 40)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.child.pid, signal.SIGKILL)
