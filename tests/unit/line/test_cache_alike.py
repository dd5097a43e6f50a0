"""The same question in other words is answered from the cache where everything else is equal, and only where policies say so."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.line.caching import EXACT, PLAIN_SCRIPT, WHOLE, asked, body, means, upstream
from tests.line.world import HASH_KEY, KEY_ENTRY, ScriptedProvider, World, snapshot
from torana.core.cache_entry import Where
from torana.core.keys import key_digest
from torana.core.policies import Attachment, Document, Stance
from torana.line.cache import CacheRoom
from torana.line.cache_alike import TIGHTER, Alike, Semantic, question_of
from torana.line.guard_threads import Crew
from torana.stores.memory_vectors import MemoryVectors
from torana.testing.clock import FakeClock

OPEN = Semantic(by_policy=False)
FRANCE, SAME, SPAIN = "What is the capital of France?", "What's France's capital?", "What is the capital of Spain?"


class Vector(list[float]):
    """As much of a vector as is asked of one."""

    def __matmul__(self, other: Any) -> float:
        return sum(a * b for a, b in zip(self, other, strict=True))


class Model:
    """Finds every two texts as similar as it is told to."""

    def __init__(self, similarity: float = 0.97) -> None:
        self.similarity = similarity
        self.texts: list[str] = []
        self.threads: set[int] = set()

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        self.threads.add(threading.get_ident())
        self.texts += texts
        first = len(self.texts) == 1
        return [Vector([1.0, 0.0]) if first else Vector([self.similarity, (1 - self.similarity**2) ** 0.5])]


def stage(semantic: Semantic = OPEN, model: Model | None = None, **facts: Any) -> World:
    clock = FakeClock()
    found = World(
        facts.pop("seen", None) or snapshot(),
        {"p": ScriptedProvider(PLAIN_SCRIPT)},
        clock=clock,
        caching=means(clock),
        exact=EXACT,
    )
    assert found.caching is not None
    found.caching.alike = Alike((model or Model()).embed, crew=Crew(1))
    found.rooms = found.build(cache=CacheRoom(found.caching, EXACT, semantic))
    return found


async def test_the_same_question_in_other_words_gets_the_answer() -> None:
    model = Model()
    world = stage(model=model)
    await asked(world, body(FRANCE))
    assert model.texts == []  # nothing is embedded before there is something to compare it with
    wire, hit = await asked(world, body(SAME))
    assert (wire, hit.cache, hit.cost_nano, upstream(world)) == (WHOLE, "semantic-hit", 0, 1)
    assert hit.saved_nano > 0
    assert threading.get_ident() not in model.threads


async def test_another_question_does_not_however_similar_it_is_found() -> None:
    model = Model(similarity=1.0)
    world = stage(model=model)
    await asked(world, body(FRANCE))
    for text in (
        SPAIN,
        "What is not the capital of France?",
        "What was the capital of France?",
        "capital of France or Spain?",
    ):
        assert (await asked(world, body(text)))[1].cache == "miss"
    assert model.texts == []


async def test_equal_words_are_not_enough_either() -> None:
    world = stage(model=Model(similarity=0.91))
    await asked(world, body(FRANCE))
    assert (await asked(world, body(SAME)))[1].cache == "miss"


@pytest.mark.parametrize(
    "more",
    [
        {"temperature": 0.3},
        {"seed": 4},
        {"max_tokens": 9},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"response_format": {"type": "json_object"}},
        {"messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": SAME}]},
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hi"}, {"role": "user", "content": SAME}]},
        {"messages": [{"role": "assistant", "content": SAME}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": SAME}, {"type": "text", "text": "x"}]}]},
        {"unheard_of": True},
    ],
)  # fmt: skip
async def test_all_around_the_question_must_be_equal(more: dict[str, Any]) -> None:
    world = stage()
    await asked(world, body(FRANCE))
    assert (await asked(world, body(SAME, **more)))[1].cache == "miss"


async def test_it_never_crosses_tenants_nor_policies() -> None:
    keys = {
        key_digest(HASH_KEY, name): replace(KEY_ENTRY, tenant=name[:4], key_id=name)
        for name in ("acme-1", "acme-2", "bolt-1")
    }
    policy = Document("own", "1", Stance({"assumed_max_tokens": 7}), (Attachment("acme", key="acme-2"),))
    world = stage(seen=replace(snapshot(policies=(policy,)), keys=keys))
    await asked(world, body(FRANCE), key="acme-1")
    for key, cache in (("bolt-1", "miss"), ("acme-2", "miss"), ("acme-1", "semantic-hit")):
        assert (await asked(world, body(SAME), key=key))[1].cache == cache


async def test_only_those_are_served_whose_policies_say_so() -> None:
    said = Document("semantic", "1", Stance({"semantic_cache": True}), (Attachment("acme", key="key-2"),))
    keys = {key_digest(HASH_KEY, f"key-{n}"): replace(KEY_ENTRY, key_id=f"key-{n}") for n in (1, 2)}
    world = stage(Semantic(), seen=replace(snapshot(policies=(said,)), keys=keys))
    for key, cache in (("key-1", "miss"), ("key-2", "semantic-hit")):
        await asked(world, body(FRANCE), key=key)
        assert (await asked(world, body(SAME), key=key))[1].cache == cache


async def test_on_trial_it_is_written_down_and_not_served() -> None:
    world = stage(OPEN._replace(shadow=True))
    await asked(world, body(FRANCE))
    _, receipt = await asked(world, body(SAME))
    assert (receipt.cache, receipt.verdicts, upstream(world)) == ("miss", ["cache:would_hit@0.970"], 2)
    assert world.caching is not None
    assert world.caching.alike is not None
    (trial,) = world.caching.alike.trials
    assert (trial.tenant, trial.asked, trial.answered) == ("acme", SAME, FRANCE)


async def test_a_wrong_answer_leads_nowhere_again_and_more_is_asked_of_likeness() -> None:
    world = stage()
    await asked(world, body(FRANCE))
    await asked(world, body(SAME))
    assert world.caching is not None
    alike = world.caching.alike
    assert alike is not None
    (known,) = alike._questions.values()
    assert alike.wrong("bolt", known.id) == (0, None)
    questions, least = alike.wrong("acme", known.id)
    assert (questions, least) == (1, pytest.approx(0.97 + TIGHTER))
    await asked(world, body(FRANCE + " "))
    assert (await asked(world, body(SAME + " ")))[1].cache == "miss"


async def test_a_model_that_fails_costs_nobody_an_answer() -> None:
    class Broken(Model):
        def embed(self, texts: Sequence[str]) -> list[Vector]:
            raise RuntimeError("no model")

    world = stage(model=Broken())
    await asked(world, body(FRANCE))
    assert (await asked(world, body(SAME)))[1].cache == "miss"
    assert world.caching is not None
    assert world.caching.alike is not None
    assert world.caching.alike.faults == 1
    assert world.caching.flights == {}


async def test_questions_are_bounded_and_cleared_with_their_answers() -> None:
    alike = Alike(Model().embed, most_questions=3)
    world = stage()
    await asked(world, body(FRANCE))
    assert world.caching is not None
    (entry,) = [one for one, _ in world.caching.entries._entries.values()]  # type: ignore[attr-defined]
    for number in range(5):
        question = question_of("acme", "m", "s", b"", f"question {number}")
        assert question is not None
        alike.add(question, entry)
    assert (len(alike), alike.bytes > 0) == (3, True)
    assert alike.drop(Where("bolt")) == 0
    assert alike.drop(Where("acme", model="other")) == 0
    assert alike.drop(Where("acme", id=entry.id)) == 3


async def test_a_stream_is_answered_in_other_words_too() -> None:
    world = stage()
    await asked(world, body(FRANCE))
    wire, hit = await asked(world, body(SAME, stream=True))
    assert (hit.cache, b"Paris it is" in wire) == ("semantic-hit", True)
    assert json.loads(WHOLE)["choices"]


def near(model: Any, semantic: Semantic = OPEN, **facts: Any) -> tuple[World, MemoryVectors]:
    """With an index of vectors."""
    world = stage(semantic, model, **facts)
    assert world.caching is not None
    index = MemoryVectors(np, 1 << 20)
    world.caching.alike = Alike(model.embed, crew=Crew(1), index=index)
    return world, index


class Plain(Model):
    """Like ``Model``, with the vectors that an index takes."""

    def embed(self, texts: Sequence[str]) -> Any:
        return np.array(super().embed(texts), dtype=np.float32)


async def remembered(index: MemoryVectors, questions: int) -> None:
    """It is done in a thread."""
    async with asyncio.timeout(10):
        while index.sizes()[0] < questions:
            await asyncio.sleep(0.001)


SORT, SORT_TOO = "How do I sort a list in Python?", "In Python, how can I sort a list?"


async def test_a_question_is_found_by_what_it_means_where_all_that_decides_agrees() -> None:
    world, index = near(Plain())
    await asked(world, body(SORT))
    await remembered(index, 1)
    wire, hit = await asked(world, body(SORT_TOO))
    assert (wire, hit.cache, upstream(world)) == (WHOLE, "semantic-hit", 1)


@pytest.mark.parametrize(
    "text",
    [
        "In Java, how can I sort a list?",
        "In Python, how can I not sort a list?",
        "In Python, how can I sort 2 lists?",
        "What is a list in Python?",
    ],
)
async def test_however_near_it_is_what_does_not_agree_is_another_question(text: str) -> None:
    world, index = near(Plain(similarity=1.0))
    await asked(world, body(SORT))
    await remembered(index, 1)
    assert (await asked(world, body(text)))[1].cache == "miss"


async def test_what_is_not_near_enough_is_another_question() -> None:
    world, index = near(Plain(similarity=0.91))
    await asked(world, body(SORT))
    await remembered(index, 1)
    assert (await asked(world, body(SORT_TOO)))[1].cache == "miss"


async def test_the_index_crosses_neither_tenants_nor_system_prompts() -> None:
    keys = {
        key_digest(HASH_KEY, name): replace(KEY_ENTRY, tenant=name[:4], key_id=name) for name in ("acme-1", "bolt-1")
    }
    world, index = near(Plain(similarity=1.0), seen=replace(snapshot(), keys=keys))
    await asked(world, body(SORT), key="acme-1")
    await remembered(index, 1)
    assert (await asked(world, body(SORT_TOO), key="bolt-1"))[1].cache == "miss"
    said = [{"role": "system", "content": "Be brief"}, {"role": "user", "content": SORT_TOO}]
    assert (await asked(world, body(SORT_TOO, messages=said), key="acme-1"))[1].cache == "miss"


async def test_a_wrong_answer_by_the_index_leads_nowhere_again() -> None:
    world, index = near(Plain())
    await asked(world, body(SORT))
    await remembered(index, 1)
    _, hit = await asked(world, body(SORT_TOO))
    assert hit.cache == "semantic-hit"
    assert world.caching is not None
    alike = world.caching.alike
    assert alike is not None
    (known,) = alike._questions.values()
    questions, least = alike.wrong("acme", known.id)
    assert (questions, least) == (2, pytest.approx(0.97 + TIGHTER))
    assert (await asked(world, body(SORT_TOO)))[1].cache == "miss"


async def test_an_index_that_fails_costs_nobody_an_answer() -> None:
    class Away(MemoryVectors):
        def near(self, *_: Any) -> Any:
            raise OSError("away")

    model = Plain()
    world, _ = near(model)
    assert world.caching is not None
    world.caching.alike = Alike(model.embed, crew=Crew(1), index=Away(np, 1 << 20))
    await asked(world, body(SORT))
    await remembered(world.caching.alike.index, 1)  # type: ignore[arg-type]
    assert (await asked(world, body(SORT_TOO)))[1].cache == "miss"
    assert world.caching.alike.faults == 1
