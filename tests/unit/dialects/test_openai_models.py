"""openai_models: OpenAI's list, with what callers of ours want to know beside it."""

from __future__ import annotations

import json

from torana.core.prices import Prices, with_finer
from torana.core.snapshot import Deployment, ModelEntry
from torana.dialects.openai_models import model_list, one_model

FULL = ModelEntry(
    "gpt", (Deployment("openai", "gpt-x"),), prices=Prices("INR", input_nano=150_000_000, output_nano=10**10),
    capabilities=frozenset({"vision", "tools"}), context_tokens=128_000, created=7,
)  # fmt: skip


def test_a_model_shows_prices_as_decimal_strings_with_their_currency() -> None:
    shown = json.loads(one_model(FULL))
    assert shown["prices"] == {
        "currency": "INR", "per_tokens": 1_000_000, "input": "0.15", "cache_read": "0.00", "cache_write": "0.00",
        "output": "10.00", "request": "0.00", "source": "config",
    }  # fmt: skip
    assert (shown["id"], shown["object"], shown["created"], shown["owned_by"]) == ("gpt", "model", 7, "openai")
    assert shown["capabilities"] == ["tools", "vision"]
    assert shown["context_tokens"] == 128_000


def test_what_is_not_known_is_absent() -> None:
    assert not {"prices", "context_tokens", "max_output_tokens"} & json.loads(one_model(ModelEntry("m", ()))).keys()


def test_a_list_is_the_models_in_order() -> None:
    out = json.loads(model_list([FULL, ModelEntry("a", ())]))
    assert out["object"] == "list"
    assert [model["id"] for model in out["data"]] == ["gpt", "a"]


def test_prices_of_the_first_deployment_are_shown_with_finer_kinds_and_tiers() -> None:
    tier = Prices("USD", input_nano=2_000_000_000)
    prices = with_finer(Prices("USD", input_nano=10**9), (("audio_ms", 360_000_000),), ((200_000, tier),))
    shown = json.loads(one_model(ModelEntry("m", (Deployment("p", "x", prices=prices),))))["prices"]
    assert shown["kinds"] == {"audio_ms": {"price": "0.36", "per": 3_600_000}}
    assert [(one["above"], one["input"]) for one in shown["tiers"]] == [(200_000, "2.00")]
