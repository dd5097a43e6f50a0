"""The settings decide where answers are kept, and are refused where the extra is missing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from tests.postgres import Server
from tests.unit.wiring.offer import read, written
from torana.core.secret import Secret
from torana.line.cache_alike import Alike
from torana.line.shadow import Pool
from torana.stores.memory_entries import MemoryEntries
from torana.stores.memory_vectors import MemoryVectors
from torana.stores.sql.question_vectors import QuestionVectors
from torana.testing.clock import FakeClock
from torana.wiring import caching
from torana.wiring.caching import caching_of, exact_of, semantic_of
from torana.wiring.problems import ConfigError
from torana.wiring.question_index import Opening
from torana.wiring.settings import Settings
from torana.wiring.settings_rules import Cache, ExactCache, SemanticCache


def settings(exact: Any = None, semantic: Any = None) -> Settings:
    cache = Cache(exact=ExactCache(**(exact or {})), semantic=SemanticCache(**(semantic or {})))
    return msgspec.structs.replace(Settings(), cache=cache)


def test_nothing_is_kept_unless_it_is_asked_for() -> None:
    assert exact_of(settings()) is None
    assert semantic_of(settings()) is None


def test_the_semantic_cache_switches_the_exact_one_on() -> None:
    assert exact_of(settings(semantic={"enabled": True})) is not None
    found = semantic_of(settings(semantic={"enabled": True, "similarity": 0.95, "shadow": True, "by_policy": False}))
    assert found == (0.95, True, False, None)


def test_what_is_written_is_what_holds() -> None:
    found = exact_of(settings({"enabled": True, "ttl_s": 60.0, "max_answer_kb": 2, "price_share": 0.25, "wait_s": 0.0}))
    assert found is not None
    assert (found.ttl_s, found.most_bytes, found.price_millionths, found.wait_s) == (60.0, 2048, 250_000, 0.0)


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "NEEDED", ("numpy", "no_such_module"))
    with pytest.raises(ConfigError) as refused:
        semantic_of(settings(semantic={"enabled": True}))
    assert 'pip install "torana[semantic]"' in str(refused.value.problems[0])


async def test_without_a_shared_store_answers_and_keys_are_in_memory() -> None:
    found = caching_of(settings({"max_mb": 1}), b"k" * 32, FakeClock(), Pool(), None)
    assert isinstance(found.means.entries, MemoryEntries)
    assert (found.work, found.close) == ({}, None)
    assert found.gauges["ai_gateway_cache_entries"]() == 0
    await found.after(None)()


async def test_the_model_is_loaded_where_it_is_wanted() -> None:
    found = caching_of(settings(semantic={"enabled": True}), b"k" * 32, FakeClock(), Pool(), None)
    assert list(found.work) == ["sentence-model", "question-index"]
    model = caching.Model()
    with pytest.raises(RuntimeError):
        model.embed(["x"])


def test_a_shared_store_needs_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        read(written(tmp_path, "cache: {exact: {enabled: true, store: shared}}\n"))
    assert "cache.exact.store" in str(refused.value)


def test_an_index_in_postgresql_needs_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        read(written(tmp_path, "cache: {semantic: {enabled: true, index: postgres}}\n"))
    assert "cache.semantic.index" in str(refused.value) and "database_url" in refused.value.problems[0].suggestion


class Log:
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []

    def error(self, event: str, **facts: Any) -> None:
        self.said.append((event, facts))


async def opened(given: Settings, log: Log) -> tuple[Opening, Alike]:
    alike, opening = Alike(lambda texts: texts), Opening(given, b"k" * 32, FakeClock(), log)
    async with asyncio.TaskGroup() as group:
        kept = group.create_task(opening.keep(alike))
        while alike.index is None:
            await asyncio.sleep(0.001)
        kept.cancel()
    return opening, alike


async def test_the_index_is_in_memory_or_in_postgresql_as_it_is_written(postgres: Server) -> None:
    log = Log()
    _, alike = await opened(settings(semantic={"enabled": True}), log)
    assert isinstance(alike.index, MemoryVectors)
    shared = settings(semantic={"enabled": True, "index": "postgres"})
    shared = msgspec.structs.replace(shared, database_url=Secret(postgres.fresh()))
    _, alike = await opened(shared, log)
    assert isinstance(alike.index, QuestionVectors)
    assert log.said == []


async def test_where_pgvector_may_not_be_used_it_is_said_and_the_index_is_in_memory(postgres: Server) -> None:
    url = postgres.fresh()
    with psycopg.connect(url, autocommit=True) as driver:
        driver.execute("CREATE ROLE reader LOGIN")
    shared = settings(semantic={"enabled": True, "index": "postgres"})
    shared = msgspec.structs.replace(shared, database_url=Secret(url.replace("torana@", "reader@")))
    log = Log()
    opening, alike = await opened(shared, log)
    assert isinstance(alike.index, MemoryVectors) and opening.sizes() == (0, 0)
    ((event, facts),) = log.said
    assert event == "cache_index_not_offered" and "CREATE EXTENSION vector" in facts["problem"]
