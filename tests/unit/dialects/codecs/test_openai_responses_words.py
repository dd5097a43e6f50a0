"""Words of the Responses API both ways."""

from __future__ import annotations

import msgspec
import pytest

from torana.core.events import Choice, Format, Reasoning, Tool
from torana.dialects.codecs import openai_responses_words as words


@pytest.mark.parametrize(
    ("signature", "data", "sealed"), [("sig", "", "signature:sig"), ("", "gAAAAx", "gAAAAx"), ("", "", "")]
)
def test_what_is_sealed_can_be_unsealed(signature: str, data: str, sealed: str) -> None:
    assert words.seal(signature, data) == sealed
    assert words.unseal(sealed) == (signature, data)


@pytest.mark.parametrize(
    ("budget", "effort"), [(0, "none"), (1, "low"), (2048, "low"), (8192, "medium"), (8193, "high")]
)
def test_a_budget_is_an_effort(budget: int, effort: str) -> None:
    assert words.effort_of_budget(budget) == effort
    assert words.reasoning_of(Reasoning(budget=budget, shown=False)) == {"effort": effort}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (None, {}),
        (Reasoning("off"), {"effort": "none"}),
        (Reasoning("high"), {"effort": "high", "summary": "auto"}),
        (Reasoning("low", budget=9000, shown=False), {"effort": "low"}),
        (Reasoning(), {"summary": "auto"}),
    ],
)
def test_reasoning_is_said_as_asked(asked: Reasoning | None, said: dict[str, object]) -> None:
    assert words.reasoning_of(asked) == said


def test_a_choice_is_a_word_or_a_function() -> None:
    assert [words.choice_of(Choice(kind)) for kind in ("auto", "none", "any")] == ["auto", "none", "required"]
    assert words.choice_of(Choice("tool", "look")) == {"type": "function", "name": "look"}


def test_a_function_is_flat_keeps_its_schema_and_says_that_it_is_not_strict() -> None:
    schema = b'{ "type":"object" }'
    assert msgspec.json.encode(words.tool_of(Tool("f", "what", schema))) == (
        b'{"type":"function","name":"f","description":"what","parameters":' + schema + b',"strict":false}'
    )
    assert words.tool_of(Tool("f", strict=True))["strict"] is True


def test_a_format_is_text_json_or_a_schema() -> None:
    assert words.format_of(None) == {"type": "text"}
    assert words.format_of(Format("json")) == {"type": "json_object"}
    said = words.format_of(Format("schema", "n", b"{}", True, "what"))
    assert said == {
        "type": "json_schema", "name": "n", "schema": msgspec.Raw(b"{}"), "strict": True, "description": "what",
    }  # fmt: skip
