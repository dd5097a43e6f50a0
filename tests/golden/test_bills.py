"""Golden bills: what each provider's answers say of their usage, and what that costs, to the nano-unit.

Every case is checked against the catalogue's own reading and arithmetic; where these differ, the case says by how much and
why. Answers are in the shape of the provider's public API documentation (``source``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from genai_prices.data import providers
from genai_prices.types import Usage as CatalogueUsage

from torana.core.call import Ask, Usage
from torana.core.events import Counted
from torana.core.money import nearest_nano
from torana.dialects import (
    anthropic_messages,
    embeddings,
    gemini_content,
    image_generations,
    openai_chat,
    openai_responses,
    rerank,
    speech,
    transcriptions,
)
from torana.dialects.codecs import bedrock_converse_answer, cohere_chat_answer
from torana.line.worth import cost_of
from torana.wiring.prices import catalogue

FOLDER = Path(__file__).parent / "bills"
CASES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def by(dialect: ModuleType) -> Callable[[Mapping[str, Any]], Usage | None]:
    return lambda case: dialect.read_answer(json.dumps(case["answer"]).encode(), Ask("m")).usage


def by_codec(codec: ModuleType) -> Callable[[Mapping[str, Any]], Usage | None]:
    def read(case: Mapping[str, Any]) -> Usage | None:
        events = codec.read_whole(json.dumps(case["answer"]).encode())
        return next((one.usage for one in events if isinstance(one, Counted)), None)

    return read


def by_request(dialect: ModuleType) -> Callable[[Mapping[str, Any]], Usage | None]:
    return lambda case: Usage(extra=dialect.read(json.dumps(case["request"]).encode()).units)


READERS = {
    "anthropic_messages": by(anthropic_messages),
    "bedrock_converse": by_codec(bedrock_converse_answer),
    "cohere_chat": by_codec(cohere_chat_answer),
    "embeddings": by(embeddings),
    "gemini_content": by(gemini_content),
    "image_generations": by(image_generations),
    "openai_chat": by(openai_chat),
    "openai_responses": by(openai_responses),
    "rerank": by(rerank),
    "speech": by_request(speech),
    "transcriptions": by(transcriptions),
}


def moment(case: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(case["at"]).astimezone(UTC)


def our_cost(case: Mapping[str, Any]) -> int:
    usage = READERS[case["reader"]](case)
    assert usage is not None
    prices = catalogue.quote(case["provider"], case["model"], moment(case).timestamp(), case.get("context"))
    assert prices is not None
    return cost_of(prices, usage)


def catalogue_cost(case: Mapping[str, Any]) -> Decimal:
    """The cost by the catalogue's own reader and arithmetic, in dollars."""
    provider = next(one for one in providers if one.id == case["provider"])
    model = provider.find_model(case["model"], all_providers=providers)
    assert model is not None
    if case.get("flavor"):
        _, usage = provider.extract_usage(case["answer"], api_flavor=case["flavor"])
    else:
        usage = CatalogueUsage(**case["genai_usage"])
    context = case.get("context") or case.get("genai_context")
    return model.calc_price(usage, provider, genai_request_timestamp=moment(case), price_context=context).total_price


@pytest.mark.parametrize("name", CASES)
def test_a_bill_is_exact_to_the_nano_unit(name: str) -> None:
    assert our_cost(CASES[name]) == CASES[name]["cost_nano"]


@pytest.mark.parametrize("name", CASES)
def test_a_bill_is_the_catalogues_own_or_the_case_says_why_not(name: str) -> None:
    case = CASES[name]
    theirs = nearest_nano(catalogue_cost(case))
    if "differs" in case:
        assert case["differs"]["why"]
        assert theirs == case["differs"]["genai_nano"] != case["cost_nano"]
    else:
        assert theirs == case["cost_nano"]


def test_every_kind_of_bill_is_there() -> None:
    kinds = [
        "cached",
        "reasoning",
        "audio",
        "batch",
        "5m_and_1h",
        "thoughts",
        "picture",
        "images",
        "embeddings",
        "bedrock",
        "cohere",
    ]
    assert [kind for kind in kinds if not any(kind in name for name in CASES)] == []


def test_a_batch_costs_half() -> None:
    case = CASES["openai_chat_batch"]
    assert our_cost(case) * 2 == our_cost({**case, "context": None})
