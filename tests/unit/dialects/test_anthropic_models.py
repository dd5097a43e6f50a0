"""Models as Anthropic's API lists them, in pages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic.types import ModelInfo

from torana.core.errors import GatewayError
from torana.core.snapshot import ModelEntry
from torana.dialects.anthropic_models import model_page, one_model

MODELS = [ModelEntry(f"m{number}", ()) for number in range(5)]


def page(**query: str) -> tuple[list[str], dict[str, Any]]:
    said = json.loads(model_page(MODELS, {name: [value] for name, value in query.items()}))
    return [one["id"] for one in said.pop("data")], said


def test_a_model_is_what_the_sdk_takes_for_one() -> None:
    body = one_model(ModelEntry("claude", (), context_tokens=9, max_output_tokens=3, created=1_700_000_000))
    told = json.loads(body)
    assert (told["max_input_tokens"], told["max_tokens"]) == (9, 3)
    known = ModelInfo.model_validate_json(body)
    assert (known.id, known.type, known.display_name) == ("claude", "model", "claude")
    assert known.created_at is not None and known.created_at.timestamp() == 1_700_000_000


@pytest.mark.parametrize(
    ("query", "names", "more"),
    [
        ({}, ["m0", "m1", "m2", "m3", "m4"], False),
        ({"limit": "2"}, ["m0", "m1"], True),
        ({"limit": "2", "after_id": "m1"}, ["m2", "m3"], True),
        ({"limit": "2", "after_id": "m3"}, ["m4"], False),
        ({"limit": "2", "before_id": "m4"}, ["m2", "m3"], True),
        ({"before_id": "m1"}, ["m0"], False),
        ({"after_id": "m4"}, [], False),
    ],
)
def test_a_page_is_what_is_asked_for(query: dict[str, str], names: list[str], more: bool) -> None:
    found, said = page(**query)
    ends = {"first_id": names[0] if names else None, "last_id": names[-1] if names else None}
    assert (found, said) == (names, {"has_more": more, **ends})


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "x"}, {"limit": "1001"}, {"after_id": "m9"}, {"before_id": "?"}]
)
def test_what_makes_no_sense_is_refused_by_its_name(query: dict[str, str]) -> None:
    with pytest.raises(GatewayError) as caught:
        page(**query)
    assert caught.value.param == next(iter(query))
