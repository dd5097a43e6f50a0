"""The settings decide where answers are kept, and are refused where the extra is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.unit.wiring.offer import read, written
from torana.line.shadow import Pool
from torana.stores.memory_entries import MemoryEntries
from torana.testing.clock import FakeClock
from torana.wiring import caching
from torana.wiring.caching import caching_of, exact_of, semantic_of
from torana.wiring.problems import ConfigError
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
    assert list(found.work) == ["sentence-model"]
    model = caching.Model()
    with pytest.raises(RuntimeError):
        model.embed(["x"])


def test_a_shared_store_needs_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        read(written(tmp_path, "cache: {exact: {enabled: true, store: shared}}\n"))
    assert "cache.exact.store" in str(refused.value)
